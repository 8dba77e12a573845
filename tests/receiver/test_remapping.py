"""Stored spans, mapped again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audittrail.receiver.mapping.dialects import DIALECTS
from audittrail.receiver.mapping.engine import Engine
from audittrail.receiver.otlp.protobuf import decode_traces
from audittrail.receiver.remapping import Remapping
from audittrail.receiver.spans import build_spans
from audittrail.storage import Store, TraceQuery
from audittrail.storage.duckdb.store import DuckDBStore
from tests.mapping.told import unpriced
from tests.support import otlp
from tests.support.truth import NAMES, payloads

# What differs between two that mean the same.
_OWN = ("seq", "received_ns", "versions")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = DuckDBStore(tmp_path / "spans.duckdb")
    yield opened
    opened.close()


def put(store: Store, owner: str, engine: Engine, *bodies: bytes) -> None:
    """Store requests as a server with this engine does that has them all at once."""
    batches = [
        build_spans(decode_traces(body), owner, time.time_ns(), engine, unpriced) for body in bodies
    ]
    for stored in [store.writer.append(batch) for batch in batches]:
        stored.result(30)


def remap(store: Store, engine: Engine) -> int:
    """How many versions changed."""
    return list(store.maintenance.remap(Remapping(unpriced, engine)))[-1][2]


def kept(store: Store, owner: str) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """(traces, spans) of an owner, by id, without what tells when they came."""
    with store.read(owner) as reader:
        ids = [row["trace_id"] for row in reader.list_traces(TraceQuery(limit=1000)).rows]
        traces = {each: plain(reader.get_trace(each)) for each in ids}
        spans = {
            (each, span["span_id"]): plain(span)
            for each in ids
            for span in reader.list_spans(each, payload=True, limit=5000, after=None).rows
        }
    return traces, spans


def plain(row: Any) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in _OWN and "seq" not in key}


def bodies(name: str) -> list[bytes]:
    return [body for signal, body in payloads(name) if signal == "traces"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_mapped_already_stays_as_it_is(store: Store, name: str) -> None:
    """Of a capture no span changes, so nothing of it was lost when it was stored."""
    put(store, "ada", Engine(), *bodies(name))
    before = kept(store, "ada")
    assert remap(store, Engine()) == 0
    assert kept(store, "ada") == before


@pytest.mark.parametrize("name", NAMES[::4])
def test_a_release_that_knows_more_catches_up(store: Store, name: str) -> None:
    """Spans that were stored before any dialect was known become what they are for one who sends
    them now; so do the sums of their traces."""
    put(store, "early", Engine(()), *bodies(name))
    assert remap(store, Engine()) > 0
    early = kept(store, "early")
    put(store, "late", Engine(), *bodies(name))
    traces, spans = kept(store, "late")
    assert early[1] == spans
    for key, trace in traces.items():
        told = early[0][key]
        assert {each for each in trace if trace[each] != told[each]} <= {
            "owner",
            "last_received_ns",
        }
    assert store.maintenance.check().problems == []
    assert remap(store, Engine()) == 0


def test_names_failures_and_placeholders_go_back(store: Store) -> None:
    """What one release shows otherwise than it was sent, another can show as it was."""
    trace, above, runs = otlp.new_trace_id(), otlp.new_span_id(), otlp.new_span_id()
    pending = {"logfire.span_type": "pending_span", "logfire.pending_parent_id": above}
    sent = [
        otlp.span(
            trace,
            name="running tool",
            attributes={"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"},
        ),
        otlp.span(trace, name="judged", attributes={"langfuse.observation.level": "ERROR"}),
        otlp.span(trace, parent=runs, name="pending", attributes=pending),
    ]
    put(store, "ada", Engine(), otlp.traces_request(*sent))
    _, spans = kept(store, "ada")
    assert {span["name"] for span in spans.values()} == {"search", "judged", "pending"}
    assert {span["span_id"] for span in spans.values()} >= {runs}
    assert remap(store, Engine(())) == 3
    _, spans = kept(store, "ada")
    assert {(each["name"], each["status"]) for each in spans.values()} == {
        ("running tool", "ok"),
        ("judged", "ok"),
        ("pending", "running"),
    }
    assert {span["span_id"] for span in spans.values()} == {each["span_id"] for each in sent}
    assert remap(store, Engine()) == 3


def test_spans_of_different_owners_stay_apart(store: Store) -> None:
    """The same ids, under two owners."""
    body = otlp.traces_request(
        otlp.span(otlp.new_trace_id(), attributes={"gen_ai.operation.name": "chat"})
    )
    put(store, "ada", Engine(()), body)
    put(store, "bob", Engine(), body)
    assert remap(store, Engine()) == 1
    for owner in ("ada", "bob"):
        (span,) = kept(store, owner)[1].values()
        assert span["span_type"] == "llm"


def test_what_cannot_be_mapped_costs_only_itself(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays as it is, and the others change."""
    trace = otlp.new_trace_id()
    chat = {"gen_ai.operation.name": "chat"}
    spans = [otlp.span(trace, name=name, attributes=chat) for name in ("a", "bad", "c")]
    put(store, "ada", Engine(()), otlp.traces_request(*spans))
    engine = Engine(DIALECTS)
    plan = engine.plan

    def breaks(scope: str, keys: tuple[str, ...]) -> Any:
        found = plan(scope, keys)

        class Broken:
            def apply(self, attributes: Any, names: Any) -> Any:
                if "bad" in names:
                    raise RuntimeError("a mapping with a mistake")
                return found.apply(attributes, names)

        return Broken()

    monkeypatch.setattr(engine, "plan", breaks)
    assert remap(store, engine) == 2
    types = {span["name"]: span["span_type"] for span in kept(store, "ada")[1].values()}
    assert types == {"a": "llm", "bad": "custom", "c": "llm"}
