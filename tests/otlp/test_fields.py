"""Every field of a span comes back as it was sent, through every door and in both encodings."""

from __future__ import annotations

import time
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.otlp.wire import WAYS, Way
from tests.support.otlp import (
    logs_request,
    new_span_id,
    new_trace_id,
    set_attributes,
    span,
    traces_message,
)
from tests.support.people import Person

NOW = time.time_ns()
RESOURCE_URL = "https://opentelemetry.io/schemas/1.37.0"
SCOPE_URL = "https://example.com/schemas/2.0.0"


def one_of_everything(trace_id: str) -> ExportTraceServiceRequest:
    """A span in which nothing is left empty."""
    request = ExportTraceServiceRequest()
    holder = request.resource_spans.add(schema_url=RESOURCE_URL)
    set_attributes(holder.resource.attributes, {"service.name": "planner", "replicas": 3})
    holder.resource.dropped_attributes_count = 1
    scoped = holder.scope_spans.add(schema_url=SCOPE_URL)
    scoped.scope.name, scoped.scope.version = "agents", "1.2.3"
    set_attributes(scoped.scope.attributes, {"short.lived": True})
    scoped.scope.dropped_attributes_count = 2
    made = scoped.spans.add(
        trace_id=bytes.fromhex(trace_id),
        span_id=bytes.fromhex("a1" * 8),
        parent_span_id=bytes.fromhex("b2" * 8),
        trace_state="vendor=x,other=y",
        flags=0x301,
        name="plan",
        kind=Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=NOW,
        end_time_unix_nano=NOW + 1_500_000,
        dropped_attributes_count=3,
        dropped_events_count=4,
        dropped_links_count=5,
    )
    set_attributes(made.attributes, {"text": "ä", "list": [1, "x"], "map": {"k": 0.5}})
    event = made.events.add(name="step", time_unix_nano=NOW + 7, dropped_attributes_count=6)
    set_attributes(event.attributes, {"n": 1})
    made.events.add(name="bare", time_unix_nano=NOW + 8)
    link = made.links.add(
        trace_id=bytes.fromhex("c3" * 16),
        span_id=bytes.fromhex("d4" * 8),
        trace_state="z=1",
        dropped_attributes_count=7,
        flags=0x100,
    )
    set_attributes(link.attributes, {"why": "retry"})
    made.status.code, made.status.message = 2, "went wrong"
    return request


EXPECTED: dict[str, Any] = {
    "span_id": "a1" * 8,
    "parent_span_id": "b2" * 8,
    "name": "plan",
    "kind": 3,
    "trace_flags": 0x301,
    "remote_parent": True,
    "start_time_unix_nano": str(NOW),
    "end_time_unix_nano": str(NOW + 1_500_000),
    "duration_ms": 1.5,
    "status": "error",
    "status_message": "went wrong",
    "service_name": "planner",
    "attributes": {"text": "ä", "list": [1, "x"], "map": {"k": 0.5}},
    "events": [
        {
            "name": "step",
            "time_unix_nano": str(NOW + 7),
            "attributes": {"n": 1},
            "dropped_attributes_count": 6,
        },
        {"name": "bare", "time_unix_nano": str(NOW + 8), "attributes": {}},
    ],
    "links": [
        {
            "trace_id": "c3" * 16,
            "span_id": "d4" * 8,
            "trace_state": "z=1",
            "dropped_attributes_count": 7,
            "flags": 0x100,
            "attributes": {"why": "retry"},
        }
    ],
    "resource": {
        "attributes": {"service.name": "planner", "replicas": 3},
        "schema_url": RESOURCE_URL,
        "dropped_attributes_count": 1,
    },
    "scope": {
        "name": "agents",
        "version": "1.2.3",
        "attributes": {"short.lived": True},
        "schema_url": SCOPE_URL,
        "dropped_attributes_count": 2,
    },
    "extra": {
        "trace_state": "vendor=x,other=y",
        "dropped_attributes_count": 3,
        "dropped_events_count": 4,
        "dropped_links_count": 5,
    },
}


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_nothing_of_a_span_is_lost(person: Person, way: Way) -> None:
    """Ids, times, status, trace state, flags, dropped counts, attributes, events, links,
    resource, scope and schema URLs."""
    trace_id = new_trace_id()
    assert not way.send(person, one_of_everything(trace_id)).HasField("partial_success")
    (stored,) = person.spans(trace_id)
    assert {name: stored[name] for name in EXPECTED} == EXPECTED


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_each_span_keeps_its_own_resource_and_scope(person: Person, way: Way) -> None:
    """A request may hold many resources and scopes: no span takes those of another."""
    trace_id = new_trace_id()
    request = ExportTraceServiceRequest()
    for service in ("planner", "searcher"):
        holder = request.resource_spans.add()
        set_attributes(holder.resource.attributes, {"service.name": service})
        for scope in ("a", "b"):
            scoped = holder.scope_spans.add()
            scoped.scope.name = scope
            for number in range(2):
                scoped.spans.add(
                    trace_id=bytes.fromhex(trace_id),
                    span_id=bytes.fromhex(new_span_id()),
                    name=f"{service} {scope} {number}",
                    start_time_unix_nano=NOW,
                    end_time_unix_nano=NOW + 1,
                )
    way.send(person, request)
    stored = person.spans(trace_id)
    found = {
        each["name"]: (each["service_name"], each["resource"], each["scope"]["name"])
        for each in stored
    }
    assert len(stored) == len(found) == 8
    for name, (service, resource, scope) in found.items():
        assert name.startswith(f"{service} {scope} ")
        assert resource == {"attributes": {"service.name": service}}


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_span_without_an_end_is_running(person: Person, way: Way) -> None:
    """So is its trace, until the span is sent again with its end."""
    trace_id, span_id = new_trace_id(), new_span_id()
    way.send(person, traces_message(span(trace_id, span_id, start_ns=NOW, end_ns=0)))
    (stored,) = person.spans(trace_id)
    assert (stored["status"], stored["end_time_unix_nano"]) == ("running", None)
    assert stored["duration_ms"] is None
    assert person.get(f"/api/v1/traces/{trace_id}")["status"] == "running"
    way.send(person, traces_message(span(trace_id, span_id, start_ns=NOW, end_ns=NOW + 5)))
    (stored,) = person.spans(trace_id)
    assert (stored["status"], stored["end_time_unix_nano"]) == ("ok", str(NOW + 5))
    assert person.get(f"/api/v1/traces/{trace_id}")["status"] == "complete"


def _log(trace_id: str, span_id: str) -> ExportLogsServiceRequest:
    details = {
        "gen_ai.response.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 11,
        "gen_ai.usage.output_tokens": 7,
    }
    record = {
        "trace_id": trace_id,
        "span_id": span_id,
        "event": "gen_ai.client.inference.operation.details",
        "attributes": details,
        "time": NOW,
    }
    return ExportLogsServiceRequest.FromString(logs_request(record))


@pytest.mark.parametrize("spans_first", [True, False])
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_log_records_find_their_span(person: Person, way: Way, spans_first: bool) -> None:
    """What a record says of a span is there whether it comes before or after it, and does not
    make a second span."""
    trace_id, span_id = new_trace_id(), new_span_id()
    requests = [
        traces_message(span(trace_id, span_id, name="chat", start_ns=NOW)),
        _log(trace_id, span_id),
    ]
    for request in requests if spans_first else reversed(requests):
        assert not way.send(person, request).HasField("partial_success")
    (stored,) = person.spans(trace_id)
    assert stored["name"] == "chat"
    assert (stored["model"], stored["tokens_in"], stored["tokens_out"]) == ("gpt-4o", 11, 7)
    trace = person.get(f"/api/v1/traces/{trace_id}")
    assert (trace["span_count"], trace["tokens_in"], trace["status"]) == (1, 11, "complete")
    (record,) = person.get(f"/api/v1/spans/{trace_id}/{span_id}")["logs"]
    assert record["attributes"]["gen_ai.usage.output_tokens"] == 7
