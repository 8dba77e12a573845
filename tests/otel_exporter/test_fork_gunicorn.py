"""Gunicorn forks its workers, and tells them to end by a signal of its own choice."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.otel_exporter.agents import PREFACE, environment_for, is_up, script, stored
from tests.otel_exporter.recorder import eventually
from tests.support.people import Person
from tests.support.servers import free_ports

APPLICATION = """
span(f"loaded by {os.getpid()}")
def application(environ, start_response):
    with tracer.start_as_current_span(environ["PATH_INFO"]):
        span("step of " + environ["PATH_INFO"])
    start_response("200 OK", [("content-type", "text/plain")])
    return [str(os.getpid()).encode()]
"""


@pytest.mark.parametrize("preload", [True, False])
def test_the_spans_of_all_workers_are_sent(person: Person, tmp_path: Path, preload: bool) -> None:
    """Whether the application is configured before the fork or after it."""
    script(tmp_path, APPLICATION, PREFACE)
    (port,) = free_ports(1)
    command = [
        *(sys.executable, "-m", "gunicorn", "agent:application"),
        *("--bind", f"127.0.0.1:{port}", "--workers", "2", "--log-level", "warning"),
        *(["--preload"] if preload else []),
    ]
    environment = environment_for(person, PYTHONWARNINGS="ignore")
    with subprocess.Popen(command, cwd=tmp_path, env=environment) as gunicorn:
        eventually(lambda: is_up(f"http://127.0.0.1:{port}/up"))
        workers = set()
        paths = []
        while len(workers) < 2:
            paths.append(f"/{len(paths)}")
            workers.add(httpx.get(f"http://127.0.0.1:{port}{paths[-1]}").text)
        gunicorn.send_signal(signal.SIGTERM)
        assert gunicorn.wait(60) == 0
    loaded = {str(gunicorn.pid)} if preload else workers
    expected = {
        *(f"loaded by {pid}" for pid in loaded),
        *(name for path in paths for name in (path, f"step of {path}")),
    }
    found = stored(person)
    assert {name for name in found if not name.endswith("/up")} == expected
    assert set(found.values()) == {"ok"}
