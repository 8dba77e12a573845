"""Sending spans as plain JSON."""

from __future__ import annotations

import time
import uuid
from typing import Any

import httpx

from tests.support.otlp import new_span_id
from tests.support.people import Person

SPANS = "/api/v1/ingest/spans"
TRACES = "/api/v1/ingest/traces"
# 2026-01-31T12:00:00Z
NOON = 1_769_860_800


def new_uuid() -> str:
    return str(uuid.uuid4())


def rest_span(trace_id: str, span_id: str | None = None, **fields: Any) -> dict[str, Any]:
    """A final span of one second; ``fields`` replace its own."""
    return {
        "span_id": span_id or new_span_id(),
        "trace_id": trace_id,
        "name": "step",
        "start_time": "2026-01-31T12:00:00Z",
        "end_time": "2026-01-31T12:00:01Z",
        "status": "ok",
        **fields,
    }


def send(person: Person, *spans: Any) -> httpx.Response:
    return person.post(SPANS, {"batch": list(spans)})


def store(person: Person, *spans: dict[str, Any]) -> None:
    """Store them; all of them must be taken."""
    answer = send(person, *spans)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["rejected"] == []


def register(person: Person, **trace: Any) -> None:
    answer = person.post(TRACES, {"trace": trace})
    assert answer.status_code == 201, answer.text


def break_a_rule(person: Person, word: str = "call", **fields: Any) -> dict[str, Any]:
    """Store a span that costs more than one call may; the violation, once it is there."""
    trace_id = fields.pop("trace_id", None) or new_uuid()
    span = rest_span(trace_id, name=word, span_type="llm", model=word, cost=0.6, **fields)
    store(person, span)
    found: dict[str, Any] = violation_of(person, trace_id)
    return found


def violation_of(person: Person, trace_id: str, rule: str = "call-cost-over-budget") -> Any:
    """What a trace breaks, waited for."""
    for _ in range(200):
        for found in person.get(trace_path(trace_id, "/violations")):
            if found["rule_id"] == rule:
                return found
        time.sleep(0.05)
    raise AssertionError(f"{rule} was not found to be broken")


def span_path(trace_id: str, span_id: str) -> str:
    return f"/api/v1/spans/{trace_id}/{span_id}"


def trace_path(trace_id: str, part: str = "") -> str:
    return f"/api/v1/traces/{trace_id}{part}"
