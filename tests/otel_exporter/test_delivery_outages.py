"""The server goes away and comes back, and so do agents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.clients.python_told import told_span
from tests.otel_exporter.conftest import MakeExporter
from tests.otel_exporter.finished import spans_of, trace_of, wait_until_spooled
from tests.otel_exporter.processes import run_agent, spans
from tests.otel_exporter.receivers import UNAVAILABLE, Answer, Receiver
from tests.support.otlp import new_trace_id
from tests.support.people import new_person
from tests.support.servers import Server, make_server

PROTOCOLS = ("http/protobuf", "grpc")
Code = grpc.StatusCode


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Server]:
    """A server of one test's own, to kill and start again on the same ports."""
    server = make_server(tmp_path / "server", LOGIN_ATTEMPTS_PER_MINUTE="1000")
    server.start()
    try:
        yield server
    finally:
        server.stop()


def to(server: Server, protocol: str) -> dict[str, Any]:
    endpoint = server.otlp_http if protocol == "http/protobuf" else server.otlp_grpc
    return {"endpoint": endpoint, "protocol": protocol}


@pytest.mark.slow
def test_a_server_that_is_killed_in_the_middle_has_every_span_once(
    mortal: Server, make_exporter: MakeExporter
) -> None:
    """By both protocols: those sent before, those on their way, those that waited on disk, and
    those after. What was stored and not acknowledged when it was killed is sent again, and is no
    second span."""
    people = {protocol: new_person(mortal) for protocol in PROTOCOLS}
    exporters = [
        make_exporter(api_key=person.key, **to(mortal, protocol))
        for protocol, person in people.items()
    ]
    traces = [trace_of([f"step {number}" for number in range(120)]) for _ in people]

    def stream(part: slice) -> None:
        for exporter, (_, trace) in zip(exporters, traces, strict=True):
            for span in trace[part]:
                exporter.export([span])

    stream(slice(0, 40))
    mortal.kill()
    stream(slice(40, 80))
    for exporter in exporters:
        wait_until_spooled(exporter)
    mortal.start()
    stream(slice(80, None))
    for exporter, person, (trace_id, trace) in zip(exporters, people.values(), traces, strict=True):
        assert exporter.force_flush(60_000)
        sent = sorted(str(told_span(span)["span_id"]) for span in trace)
        assert sorted(span["span_id"] for span in person.spans(trace_id)) == sent
        assert person.get(f"/api/v1/traces/{trace_id}")["span_count"] == len(trace)
        assert exporter.statistics.waiting == 0


def test_an_agent_that_restarts_in_an_outage_loses_nothing(mortal: Server, state: Path) -> None:
    """By both protocols: what it could not send is sent by the next one with the same key, before
    its own."""
    agents = [(new_trace_id(), new_person(mortal), protocol) for protocol in PROTOCOLS]

    def run_agents(*commands: str, expect: int = 0) -> None:
        for trace_id, person, protocol in agents:
            to_it = {"api_key": person.key, **to(mortal, protocol)}
            run_agent(trace_id, *commands, expect=expect, **to_it)

    mortal.kill()
    run_agents(*spans("1", "2"), "spooled", *spans("3"), "shutdown")
    run_agents(*spans("4", "5"), "spooled", "die", expect=9)
    mortal.start()
    run_agents(*spans("6"), "flush", "shutdown")
    for trace_id, person, _ in agents:
        assert sorted(span["name"] for span in person.spans(trace_id)) == list("123456")
    assert list(state.rglob("*.otlp")) == []


def test_what_waited_longest_is_sent_first(receiver: Receiver, make_exporter: MakeExporter) -> None:
    """Of two agents that are gone, then of the one that lives."""
    settings = receiver.settings()
    receiver.answers.extend([UNAVAILABLE] * 1000)
    run_agent(new_trace_id(), *spans("1"), "spooled", *spans("2"), "shutdown", **settings)
    run_agent(new_trace_id(), *spans("3", "4"), "spooled", "die", expect=9, **settings)
    exporter = make_exporter(**settings)
    exporter.export(spans_of(["5"]))
    exporter.force_flush(100)
    receiver.answers.clear()
    exporter.export(spans_of(["6"]))
    assert exporter.force_flush()
    assert receiver.names == list("123456")


def test_an_exporter_with_nothing_to_send_sends_what_was_left(
    make_exporter: MakeExporter, receiver: Receiver
) -> None:
    """An agent that starts does not need a span for that."""
    receiver.answers.extend([UNAVAILABLE] * 1000)
    run_agent(new_trace_id(), *spans("left"), "spooled", "die", expect=9, **receiver.settings())
    receiver.answers.clear()
    before = len(receiver.received)
    make_exporter(**receiver.settings())
    receiver.wait_for(before + 1)
    assert receiver.names == ["left"]


def test_two_agents_at_once_have_folders_of_their_own(
    make_exporter: MakeExporter, receiver: Receiver, state: Path
) -> None:
    """Neither takes what the other is about to send."""
    receiver.answers.extend([UNAVAILABLE] * 1000)
    exporters = [make_exporter(**receiver.settings()) for _ in range(2)]
    for number, exporter in enumerate(exporters):
        exporter.export(spans_of([f"agent {number}"]))
        wait_until_spooled(exporter)
    assert len({file.parent for file in state.rglob("*.otlp")}) == 2
    receiver.answers.clear()
    assert all(exporter.force_flush() for exporter in exporters)
    assert sorted(receiver.names) == ["agent 0", "agent 1"]


def test_without_a_spool_what_waits_is_kept_in_memory(
    make_exporter: MakeExporter, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDITTRAIL_SPOOL_DIR", "")
    receiver.answers.extend([UNAVAILABLE] * 1000)
    exporter = make_exporter(**receiver.settings())
    exporter.export(spans_of(["1", "2"]))
    assert not exporter.force_flush(200)
    assert (exporter.statistics.spooled, exporter.statistics.waiting) == (0, 2)
    receiver.answers.clear()
    assert exporter.force_flush()
    assert receiver.names == ["1", "2"]


def test_what_waits_on_disk_survives_a_kill(receiver: Receiver, state: Path) -> None:
    """It is there as soon as the server is known to be away, not only at the end."""
    receiver.answers.extend([UNAVAILABLE] * 1000)
    run_agent(new_trace_id(), *spans("1"), "spooled", "die", expect=9, **receiver.settings())
    assert len(list(state.rglob("*.otlp"))) == 1


def test_shutdown_while_the_server_is_away_tries_once_more(receiver: Receiver) -> None:
    """The server may be back; else what waits stays on disk."""
    receiver.answers.append(Answer(503, Code.UNAVAILABLE, retry_after=600))
    log = run_agent(new_trace_id(), *spans("1"), "spooled", "shutdown", **receiver.settings())
    assert receiver.names == ["1"]
    assert "wait on disk" not in log
    receiver.answers.extend([UNAVAILABLE] * 1000)
    log = run_agent(new_trace_id(), *spans("2"), "spooled", "shutdown", **receiver.settings())
    assert "1 spans for" in log
    assert "wait on disk" in log
