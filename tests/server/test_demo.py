"""``audittrail demo``: the real command, seen from the outside while it runs."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from audittrail.server.demo.capture import Capture, load_captures, renewed
from tests.server.doctor import bare_environment
from tests.support.servers import AUDITTRAIL, free_ports

LIMIT_S = 90


class Show:
    """A demonstration that runs. What it says is in ``said`` once it has ended."""

    def __init__(self, folder: Path, *options: str) -> None:
        api, http, grpc, dashboard = free_ports(4)
        self.api = f"http://127.0.0.1:{api}"
        self.dashboard = f"http://127.0.0.1:{dashboard}"
        self.said = ""
        self._out = folder / "said"
        with self._out.open("wb") as out:
            self.process = subprocess.Popen(
                [
                    AUDITTRAIL,
                    "demo",
                    f"--port={api}",
                    f"--otlp-http-port={http}",
                    f"--otlp-grpc-port={grpc}",
                    f"--dashboard-port={dashboard}",
                    f"--data-dir={folder / 'data'}",
                    *options,
                ],
                # A key or an endpoint of the shell's own, here none that is good, is not used.
                env={**bare_environment(), "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
                cwd=folder,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self.children: list[psutil.Process] = []

    def get(self, path: str, **params: Any) -> Any:
        answer = httpx.get(self.api + path, params=params, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def traces(self) -> list[dict[str, Any]]:
        """Of all runs so far; none while there is no server."""
        with contextlib.suppress(httpx.TransportError):
            return list(self.get("/api/v1/traces", limit=200))
        return []

    def planned(self) -> dict[str, Any] | None:
        """The trace of the scripted agent, once there is one."""
        found = [each for each in self.traces() if each["agent_name"] == "trip-planner"]
        return found[0] if found else None

    @property
    def told(self) -> str:
        """What it has said so far."""
        return self._out.read_text()

    def wait_for(self, seen: Callable[[], Any]) -> Any:
        """What ``seen`` gives as soon as that is true; all processes are known from then on."""
        until = time.monotonic() + LIMIT_S
        while not (found := seen()):
            assert self.process.poll() is None, self.told
            assert time.monotonic() < until, self.told
            time.sleep(0.05)
        self.children = psutil.Process(self.process.pid).children(recursive=True)
        return found

    def end(self) -> int:
        """Wait for the end; the exit status."""
        status = self.process.wait(LIMIT_S)
        self.said = self.told
        return status


@contextlib.contextmanager
def show(folder: Path, *options: str) -> Iterator[Show]:
    started = Show(folder, *options)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.process.send_signal(signal.SIGINT)
            started.process.wait(LIMIT_S)


def test_an_agent_is_seen_while_it_runs(tmp_path: Path) -> None:
    """At its real pace: its trace is running, with a call of the model that has no end yet, before
    it is complete; then the command ends by itself, having said where to look."""
    with show(tmp_path, "--once") as demo:
        early = demo.wait_for(demo.planned)
        assert early["status"] == "running"
        trace_id = early["trace_id"]
        (call,) = (
            each
            for each in demo.get(f"/api/v1/traces/{trace_id}/spans")
            if each["span_type"] == "llm"
        )
        assert (call["status"], call["end_time"], call["output"]) == ("running", None, None)
        assert call["input"]
        done = demo.wait_for(lambda: (now := demo.planned()) and now["status"] != "running" and now)
        spans = demo.get(f"/api/v1/traces/{trace_id}/spans")
        assert demo.end() == 0
    assert done["trace_id"] == trace_id
    assert done["status"] in ("complete", "error")
    assert {each["span_type"] for each in spans} == {"agent", "chain", "llm", "retriever", "tool"}
    assert not [each for each in spans if each["status"] == "running"]
    assert [each["name"] for each in spans if each["parent_span_id"] is None] == [
        "invoke_agent trip-planner"
    ]
    calls = [each for each in spans if each["span_type"] == "llm"]
    assert len(calls) == 3
    for each in calls:
        assert each["cost"] > 0
        assert each["cost_source"] == "estimated"
    assert done["cost"] == pytest.approx(sum(each["cost"] for each in calls))
    assert done["cost_source"] == "estimated"
    assert [each["name"] for each in spans if each["status"] == "error"] == ["search_hotels"]
    assert f"{demo.dashboard}/traces/{trace_id}" in demo.said
    assert f"{demo.api}/docs" in demo.said
    assert "Trace complete." in demo.said


def assert_interrupted(demo: Show) -> None:
    """Ctrl-C ends the command well, and no process of it is left."""
    assert demo.children
    demo.process.send_signal(signal.SIGINT)
    assert demo.end() == 0
    assert "Stopped." in demo.said
    assert "Traceback" not in demo.said
    assert [child for child in demo.children if child.is_running()] == []


def test_replayed_agents_are_whole_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    """What was captured happens now: every trace is complete, has all its spans and costs what
    its calls cost. Between two runs of the agent Ctrl-C ends everything."""
    began = datetime.now(UTC)
    with show(tmp_path, "--fast", "--every=3600") as demo:
        demo.wait_for(lambda: "The agent runs again" in demo.told)
        traces = demo.traces()
        assert_interrupted(demo)
    assert len(traces) == 1 + sum(capture.trace_count for capture in load_captures())
    for trace in traces:
        assert trace["status"] in ("complete", "error")
        assert trace["missing_parents"] == 0
        assert datetime.fromisoformat(trace["start_time"]) >= began
    replayed = [trace for trace in traces if trace["tokens_in"]]
    assert {trace["cost_source"] for trace in replayed} == {"estimated"}
    # What the simulated model reports of each call.
    assert any(trace["tokens_in"] == 57 * trace["llm_calls"] for trace in replayed)


def test_ctrl_c_while_it_starts(tmp_path: Path) -> None:
    """The server that is on its way goes as well."""
    with show(tmp_path) as demo:
        demo.wait_for(lambda: psutil.Process(demo.process.pid).children())
        assert_interrupted(demo)


def test_a_taken_port_is_said_and_replaced(tmp_path: Path) -> None:
    """The run goes on with another, and ends well; its links lead there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with show(tmp_path, "--fast", "--once", f"--port={port}") as demo:
            assert demo.end() == 0
    found = re.search(rf"Port {port} \(API\) is taken; this run uses (\d+) instead", demo.said)
    assert found is not None
    assert f"http://127.0.0.1:{found[1]}/docs" in demo.said


@pytest.mark.parametrize("capture", load_captures(), ids=lambda capture: capture.title)
def test_each_replay_has_ids_of_its_own(capture: Capture) -> None:
    """Two replays share no id, and both keep who is whose parent, which log record is about which
    span, how long everything took, and all else."""
    first, second = renewed(capture, 10**18), renewed(capture, 2 * 10**18)
    assert not set(ids(first)) & set(ids(second))
    for again in (first, second):
        assert not set(ids(again)) & set(ids(capture))
        assert shape(again) == shape(capture)
        assert again.span_count == capture.span_count
        assert again.trace_count == capture.trace_count


def items(capture: Capture) -> Iterator[Any]:
    for request in capture.requests:
        yield from request.spans()
        yield from request.logs()


def ids(capture: Capture) -> Iterator[bytes]:
    """All ids in their order; an item without a parent has an empty one."""
    for item in items(capture):
        for name in ("trace_id", "span_id", "parent_span_id"):
            if value := getattr(item, name, b""):
                yield value


def shape(capture: Capture) -> list[tuple[Any, ...]]:
    """What is told, with ids by the place where they are met first and times from the start."""
    numbers: dict[bytes, int] = {}
    for each in ids(capture):
        numbers.setdefault(each, len(numbers))
    return [
        (
            *(
                numbers.get(getattr(item, name, b""))
                for name in ("trace_id", "span_id", "parent_span_id")
            ),
            *(
                getattr(item, name, 0) and getattr(item, name) - capture.start_ns
                for name in ("start_time_unix_nano", "end_time_unix_nano", "time_unix_nano")
            ),
            [(each.key, each.value.SerializeToString()) for each in item.attributes],
        )
        for item in items(capture)
    ]
