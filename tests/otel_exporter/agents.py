"""Agents of their own processes, and what a server has of them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import httpx

from tests.otel_exporter.recorder import eventually
from tests.support.people import Person

# What every agent below begins with. Nothing but the end of the process sends its spans: the
# delay is an hour.
PREFACE = """
import os, sys, threading, time
from audittrail.otel_exporter import configure, get_tracer
configure()
tracer = get_tracer("agent")
def span(name):
    tracer.start_span(name).end()
"""


def environment_for(person: Person, **more: str) -> dict[str, str]:
    """Nothing of the tests' own, but where to send spans and how to find the packages."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OTEL_", "AUDITTRAIL_"))
    }
    return {
        **inherited,
        "AUDITTRAIL_ENDPOINT": person.server.otlp_http,
        "AUDITTRAIL_API_KEY": person.key,
        "AUDITTRAIL_SPOOL_DIR": "",
        "OTEL_BSP_SCHEDULE_DELAY": "3600000",
        "OTEL_SERVICE_NAME": "agent",
        # From Python 3.12 on, a fork beside a thread is warned of; agents do it all the same.
        "PYTHONWARNINGS": "error,ignore:This process:DeprecationWarning",
        **more,
    }


def script(folder: Path, body: str, preface: str = PREFACE) -> Path:
    path = folder / "agent.py"
    path.write_text(preface + textwrap.dedent(body))
    return path


def start_agent(
    person: Person, folder: Path, body: str, *, preface: str = PREFACE, **env: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, script(folder, body, preface)],
        env=environment_for(person, **env),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_agent(
    person: Person, folder: Path, body: str, *, status: int = 0, preface: str = PREFACE, **env: str
) -> tuple[str, str]:
    """Run it to its end; what it wrote to stdout and to stderr."""
    with start_agent(person, folder, body, preface=preface, **env) as agent:
        out, err = agent.communicate(timeout=90)
    assert agent.returncode == status, err
    return out, err


def stored(person: Person) -> dict[str, str]:
    """The status of each span that the server has of the person's agents. No name comes twice."""
    spans = [
        span for trace in person.pages("/api/v1/traces") for span in person.spans(trace["trace_id"])
    ]
    names = Counter(span["name"] for span in spans)
    assert not [name for name, count in names.items() if count > 1], names
    return {span["name"]: span["status"] for span in spans}


def eventually_stored(person: Person, *names: str) -> None:
    """For spans that nobody waits for."""
    eventually(lambda: set(names) <= set(stored(person)), f"all of {names}")


def is_up(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False
