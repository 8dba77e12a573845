"""Agents that fork, as Celery and gunicorn do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.otel_exporter.processes import run_agent, spans
from tests.support.otlp import new_trace_id
from tests.support.people import Person

PROTOCOLS = pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])


def to(person: Person, protocol: str) -> dict[str, Any]:
    server = person.server
    endpoint = server.otlp_http if protocol == "http/protobuf" else server.otlp_grpc
    return {"endpoint": endpoint, "protocol": protocol, "api_key": person.key}


def names(person: Person, trace_id: str) -> list[str]:
    return sorted(span["name"] for span in person.spans(trace_id))


@PROTOCOLS
def test_each_span_of_parent_and_child_is_sent_once(person: Person, protocol: str) -> None:
    """What waits at the fork is sent by the parent alone; both go on."""
    trace_id = new_trace_id()
    before, after = [f"before {n}" for n in range(20)], [f"after {n}" for n in range(20)]
    run_agent(trace_id, *spans(*before), "fork", *spans(*after), "shutdown", **to(person, protocol))
    expected = [*before, *after, *(f"child {name}" for name in after)]
    assert names(person, trace_id) == sorted(expected)
    assert all(span["versions"] == 1 for span in person.spans(trace_id))


@PROTOCOLS
def test_a_fork_after_sending_works(person: Person, protocol: str) -> None:
    """A connection that is open at the fork stays the parent's."""
    trace_id = new_trace_id()
    run_agent(
        trace_id,
        *(*spans("1"), "flush", "fork", *spans("2"), "flush", *spans("3"), "flush", "shutdown"),
        **to(person, protocol),
    )
    assert names(person, trace_id) == ["1", "2", "3", "child 2", "child 3"]


@PROTOCOLS
def test_children_of_children_work(person: Person, protocol: str) -> None:
    trace_id = new_trace_id()
    run_agent(
        trace_id,
        *(*spans("1"), "flush", "fork", *spans("2"), "fork", *spans("3"), "flush", "shutdown"),
        **to(person, protocol),
    )
    three = ["3", "child 3", "child 3", "child child 3"]
    assert names(person, trace_id) == sorted(["1", "2", "child 2", *three])


@PROTOCOLS
def test_a_fork_during_an_outage_loses_nothing(person: Person, protocol: str, state: Path) -> None:
    """What is on disk stays the parent's; the child keeps its own in a folder of its own."""
    away = to(person, protocol) | {"endpoint": "http://127.0.0.1:1"}
    trace_id = new_trace_id()
    run_agent(
        trace_id,
        *(*spans("1"), "spooled", "fork", *spans("2"), "spooled", "shutdown"),
        **away,
    )
    files = list(state.rglob("*.otlp"))
    assert len(files) == 3
    assert len({file.parent for file in files}) == 2
    run_agent(trace_id, "span", "3", "shutdown", **away)
    assert len({file.parent for file in state.rglob("*.otlp")}) == 3


def test_grpc_works_after_a_fork_where_others_have_a_channel_open(person: Person) -> None:
    """Such as the exporter of metrics. gRPC comes back in the child by itself."""
    trace_id = new_trace_id()
    run_agent(
        trace_id,
        *("open", *spans("1"), "flush", "fork", *spans("2"), "flush", "shutdown"),
        **to(person, "grpc"),
    )
    assert names(person, trace_id) == ["1", "2", "child 2"]


def test_where_grpc_cannot_be_used_after_a_fork_spans_are_kept(
    person: Person, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """gRPC was told not to come back: the log says what to do, and the next process sends what
    waits on disk."""
    monkeypatch.setenv("GRPC_ENABLE_FORK_SUPPORT", "false")
    trace_id = new_trace_id()
    log = run_agent(
        trace_id,
        *("open", *spans("1"), "flush", "fork", *spans("2"), "spooled", "shutdown"),
        **to(person, "grpc"),
    )
    assert "Set GRPC_ENABLE_FORK_SUPPORT=true" in log
    assert names(person, trace_id) == ["1", "2"]
    assert len(list(state.rglob("*.otlp"))) == 1
    run_agent(trace_id, *spans("3"), "flush", "shutdown", **to(person, "grpc"))
    assert names(person, trace_id) == ["1", "2", "3", "child 2"]


def test_grpc_needs_no_preparation_where_nobody_else_uses_it(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our own channel is closed before a fork, and opened again on both sides."""
    monkeypatch.setenv("GRPC_ENABLE_FORK_SUPPORT", "false")
    trace_id = new_trace_id()
    run_agent(
        trace_id,
        *(*spans("1"), "flush", "fork", *spans("2"), "flush", "shutdown"),
        **to(person, "grpc"),
    )
    assert names(person, trace_id) == ["1", "2", "child 2"]
