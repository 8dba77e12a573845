"""``audittrail demo``: the real command, seen from the outside while it runs."""

from __future__ import annotations

import contextlib
import random
import re
import signal
import socket
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from audittrail.server.demo.capture import load_captures
from tests.api.sockets import opened
from tests.server.doctor import bare_environment
from tests.support.servers import AUDITTRAIL, Server, free_ports

LIMIT_S = 90
# Longer than any delay on the way of the version of a span that runs.
LONG_S = 1.0
NOT_GOOD = {
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
    "AUDITTRAIL_API_URL": "http://127.0.0.1:1",
    "AUDITTRAIL_API_KEY": "sk-at-" + "0" * 40,
    "OPENAI_API_KEY": "sk-none",
    "OPENAI_BASE_URL": "http://127.0.0.1:1",
}
# Imported by Python when it starts: LangGraph is not installed.
WITHOUT_LANGGRAPH = """
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "langgraph":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Hidden())
"""


class Show:
    """A demonstration that runs. What it says is in ``said`` once it has ended."""

    def __init__(self, folder: Path, *options: str, **variables: str) -> None:
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
                env={**bare_environment(), **NOT_GOOD, **variables},
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

    def trace_of(self, agent: str) -> dict[str, Any] | None:
        """The trace of this agent, once there is one."""
        found = [each for each in self.traces() if each["agent_name"] == agent]
        return found[0] if found else None

    def running(self, agent: str) -> dict[str, Any] | None:
        """A call of the model in that trace, if one runs just now."""
        trace = self.trace_of(agent)
        spans = self.get(f"/api/v1/traces/{trace['trace_id']}/spans") if trace else ()
        calls = [each for each in spans if each["span_type"] == "llm"]
        return next((each for each in calls if each["status"] == "running"), None)

    def watch_to_the_end(self, trace_id: str) -> tuple[datetime, list[str], dict[str, list[str]]]:
        """What the WebSocket tells until the trace is complete: since when, the trace's status in
        each message, and the statuses of each span in their order."""
        server = Server(self._out.parent, self.api, "", "", {}, ())
        traces: list[str] = []
        spans: dict[str, list[str]] = defaultdict(list)
        with opened(server, f"?trace_id={trace_id}") as watcher:
            assert watcher.next()["type"] == "ready"
            since = datetime.now(UTC)
            while "complete" not in traces:
                message = watcher.next()
                traces.append(message["trace"]["status"])
                for span in message["spans"]:
                    spans[span["span_id"]].append(span["status"])
        return since, traces, spans

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
def show(folder: Path, *options: str, **variables: str) -> Iterator[Show]:
    started = Show(folder, *options, **variables)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.process.send_signal(signal.SIGINT)
            started.process.wait(LIMIT_S)


@pytest.mark.slow
def test_an_agent_is_seen_while_it_runs(tmp_path: Path) -> None:
    """The agent with seven tools, at its real pace and without any key. While it runs, a call of
    its model has an input and no end yet; the WebSocket tells of every call of the model and every
    tool that takes its time first as running, then as ok, and never as running again. Then the
    command ends by itself, having said where to look."""
    with show(tmp_path, "--once") as demo:
        call = demo.wait_for(lambda: demo.running("coffee-buyer"))
        assert (call["end_time"], call["output"]) == (None, None)
        assert call["input"]
        trace_id = call["trace_id"]
        since, traces, told = demo.watch_to_the_end(trace_id)
        done = demo.get(f"/api/v1/traces/{trace_id}")
        spans = demo.get(f"/api/v1/traces/{trace_id}/spans")
        assert demo.end() == 0, demo.said
    assert set(traces[:-1]) == {"running"}
    assert (done["status"], done["error_count"], done["missing_parents"]) == ("complete", 0, 0)
    assert {each["span_type"] for each in spans} == {"agent", "chain", "llm", "tool"}
    assert len({each["name"] for each in spans if each["span_type"] == "tool"}) == 7
    assert not [each for each in spans if each["status"] != "ok"]
    assert_priced(done, spans)
    # What began before is known as running already.
    watched = [each for each in spans if datetime.fromisoformat(each["start_time"]) > since]
    long = [each for each in watched if seconds(each) > LONG_S]
    kinds = [each["span_type"] for each in long]
    assert kinds.count("llm") >= 5
    assert kinds.count("tool") >= 1
    for each in long:
        *before, last = told[each["span_id"]]
        assert (set(before), last) == ({"running"}, "ok"), each["name"]
    assert "[OK] No API key; a server in local mode needs none" in demo.said
    assert f"[LIVE] Open {demo.dashboard}/traces/{trace_id} to watch live" in demo.said
    assert f"{demo.api}/docs" in demo.said
    assert "[LIVE] All spans sent incrementally. Trace complete." in demo.said


@pytest.mark.slow
def test_the_same_without_pauses(tmp_path: Path) -> None:
    """One that shows its agent again and again, and asks for no pause. A port that is taken is
    said and replaced; links lead there. What was captured happens now. Ablations need no key. And
    between two runs of the agent Ctrl-C ends everything."""
    began = datetime.now(UTC)
    with (
        taken_port() as port,
        show(tmp_path, "--fast", "--every=3600", f"--port={port}") as demo,
    ):
        demo.wait_for(lambda: f"Port {port} (API) is taken" in demo.told)
        demo.api = assert_replaced(port, demo.told)
        demo.wait_for(lambda: "The agent runs again" in demo.told)
        traces = demo.traces()
        assert_replayed(traces, began)
        assert_explained(demo)
        assert f"{demo.api}/docs" in demo.told
        assert_interrupted(demo)


@contextlib.contextmanager
def taken_port() -> Iterator[int]:
    """Below those that the system gives to connections: the next one, which the command chooses, is
    not taken by somebody else before its server has it."""
    for port in random.SystemRandom().sample(range(20_000, 30_000, 2), 100):
        try:
            taken = socket.create_server(("127.0.0.1", port))
        except OSError:
            continue
        with taken:
            yield port
        return
    raise AssertionError("there is no port that can be taken")


def assert_replaced(port: int, told: str) -> str:
    """The address of the API that is used instead."""
    found = re.search(rf"Port {port} \(API\) is taken; this run uses (\d+) instead", told)
    assert found is not None
    return f"http://127.0.0.1:{found[1]}"


def assert_replayed(traces: list[dict[str, Any]], began: datetime) -> None:
    """Every trace is complete, has all its spans and costs what its calls cost."""
    assert len(traces) == 1 + sum(capture.trace_count for capture in load_captures())
    for trace in traces:
        assert trace["status"] in ("complete", "error")
        assert trace["missing_parents"] == 0
        assert datetime.fromisoformat(trace["start_time"]) >= began
    replayed = [trace for trace in traces if trace["tokens_in"]]
    assert {trace["cost_source"] for trace in replayed} == {"estimated"}
    # What the simulated model reports of each call.
    assert any(trace["tokens_in"] == 57 * trace["llm_calls"] for trace in replayed)


def assert_explained(demo: Show) -> None:
    """The script that plays the agent's model plays it for ablations too: the final answer rests on
    the terms, and no key of the shell is used. Of other traces it says what to do."""
    trace = demo.trace_of("coffee-buyer")
    assert trace is not None
    assert trace["status"] == "complete"
    path = f"/api/v1/traces/{trace['trace_id']}/ablation"
    assert demo.get(path)["endpoint"]["configured"] is True
    run = httpx.post(demo.api + path, json={}, timeout=30).json()["data"]
    done = demo.wait_for(lambda: ended(demo, path, run["id"]))
    assert done["state"] == "complete", done["error"]
    widest = max(done["graph"]["terminals"].items(), key=lambda each: each[1])[0]
    (node,) = [each for each in done["graph"]["nodes"] if each["id"] == widest]
    assert node["label"] == "read_file(monte-claro-terms.md)"
    other = next(each for each in demo.traces() if able(demo, each, trace))
    path = f"/api/v1/traces/{other['trace_id']}/ablation"
    run = httpx.post(demo.api + path, json={}, timeout=30).json()["data"]
    refused = demo.wait_for(lambda: ended(demo, path, run["id"]))
    assert refused["state"] == "failed"
    assert "audittrail serve --local" in refused["error"]


def ended(demo: Show, path: str, run_id: str) -> Any:
    found = demo.get(f"{path}/{run_id}")
    return found if found["state"] in ("complete", "failed", "cancelled") else None


def able(demo: Show, trace: dict[str, Any], but: dict[str, Any]) -> bool:
    """Whether another trace has a call that can be explained."""
    if trace["trace_id"] == but["trace_id"] or trace["service_name"] == "audittrail-ablation":
        return False
    return demo.get(f"/api/v1/traces/{trace['trace_id']}/ablation")["default_target"] is not None


def seconds(span: dict[str, Any]) -> float:
    start, end = (datetime.fromisoformat(span[name]) for name in ("start_time", "end_time"))
    return (end - start).total_seconds()


def assert_priced(trace: dict[str, Any], spans: list[dict[str, Any]]) -> None:
    """Every call of the model costs something, and the trace what they cost together."""
    calls = [each for each in spans if each["span_type"] == "llm"]
    for each in calls:
        assert each["cost"] > 0
        assert each["cost_source"] == "estimated"
    assert trace["cost"] == pytest.approx(sum(each["cost"] for each in calls))
    assert trace["cost_source"] == "estimated"


@pytest.mark.slow
def test_without_langgraph_a_scripted_agent_runs(tmp_path: Path) -> None:
    """The command says what to install; that agent's trace is whole, with all its types of spans
    and the one error that it has."""
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_LANGGRAPH)
    with show(tmp_path, "--fast", "--every=3600", PYTHONPATH=str(tmp_path)) as demo:
        demo.wait_for(lambda: "The agent runs again" in demo.told)
        done = demo.trace_of("trip-planner")
        assert done is not None
        spans = demo.get(f"/api/v1/traces/{done['trace_id']}/spans")
        assert_interrupted(demo)
    said = " ".join(demo.said.split())
    assert "needs langgraph: pip install 'audittrail-otel[server,examples]'. A scripted" in said
    assert done["status"] == "complete"
    assert {each["span_type"] for each in spans} == {"agent", "chain", "llm", "retriever", "tool"}
    assert not [each for each in spans if each["status"] == "running"]
    assert [each["name"] for each in spans if each["parent_span_id"] is None] == [
        "invoke_agent trip-planner"
    ]
    assert len([each for each in spans if each["span_type"] == "llm"]) == 3
    assert_priced(done, spans)
    assert [each["name"] for each in spans if each["status"] == "error"] == ["search_hotels"]
    assert f"{demo.dashboard}/traces/{done['trace_id']}" in demo.said


def assert_interrupted(demo: Show) -> None:
    """Ctrl-C ends the command well, and no process of it is left."""
    assert demo.children
    demo.process.send_signal(signal.SIGINT)
    assert demo.end() == 0, demo.said
    assert "Stopped." in demo.said
    assert "Traceback" not in demo.said
    assert [child for child in demo.children if child.is_running()] == []


def test_ctrl_c_while_it_starts(tmp_path: Path) -> None:
    """The server that is on its way goes as well."""
    with show(tmp_path) as demo:
        demo.wait_for(lambda: psutil.Process(demo.process.pid).children())
        assert_interrupted(demo)
