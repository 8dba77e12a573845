"""Telemetry that real instrumentations sent comes out as what it means."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.people import Person
from tests.support.truth import NAMES, payloads, truth, wrong_span, wrong_totals

# Their content lies under keys of dialects that are not mapped; totals, types and errors do not.
CONTENT_ELSEWHERE = ("pydantic-ai-slim-2.68.0-vdefault", "strands-agents-1.62.0-default")


def send(person: Person, name: str) -> None:
    for signal, body in payloads(name):
        assert person.otlp(body, signal).status_code == 200


def send_shuffled_twice(person: Person, name: str) -> None:
    """Eight at a time."""
    requests = payloads(name) * 2
    random.Random(name).shuffle(requests)
    with ThreadPoolExecutor(8) as senders:
        sent = senders.map(lambda request: person.otlp(request.body, request.signal), requests)
        assert {answer.status_code for answer in sent} == {200}


def told(person: Person, name: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """(traces, spans by trace) as the API tells them."""
    traces = {}
    spans: dict[str, dict[str, Any]] = {}
    for known in truth(name)["traces"]:
        trace_id = known["trace_id"]
        traces[trace_id] = person.get(f"/api/v1/traces/{trace_id}")
        spans[trace_id] = {span["span_id"]: span for span in person.spans(trace_id)}
    return traces, spans


@pytest.mark.parametrize("name", NAMES)
def test_a_capture_means_what_its_truth_says(person: Person, name: str) -> None:
    """Token totals, sessions, types, errors, models and content are those of the truth file, and
    no span is lost or made up."""
    send(person, name)
    traces, spans = told(person, name)
    wrong = []
    for known in truth(name)["traces"]:
        trace_id = known["trace_id"]
        wrong += [
            f"trace {trace_id}: {each}"
            for each in wrong_totals(known, traces[trace_id], spans[trace_id])
        ]
    for known in truth(name)["spans"]:
        span = spans[known["trace_id"]].pop(known["span_id"])
        found = [] if known.get("bulk") else list(wrong_span(known, span))
        if name in CONTENT_ELSEWHERE:
            found = [each for each in found if not each.startswith(("input", "output"))]
        wrong += [f"span {known['name']} {known['span_id']}: {each}" for each in found]
    assert wrong == []
    assert [left for left in spans.values() if left] == []


@pytest.mark.parametrize("name", NAMES[:: len(NAMES) // 6])
def test_a_capture_repeated_and_shuffled_means_the_same(
    person: Person, other: Person, name: str
) -> None:
    """The same requests, each twice, in any order and several at once, end in the same traces and
    spans."""
    send(person, name)
    send_shuffled_twice(other, name)
    hidden = {"seq", "received_at", "last_received_at", "versions"}

    def shown(holder: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in holder.items() if key not in hidden}

    once, twice = told(person, name), told(other, name)
    assert {t: shown(v) for t, v in once[0].items()} == {t: shown(v) for t, v in twice[0].items()}
    for trace_id, spans in once[1].items():
        again = twice[1][trace_id]
        assert {s: shown(v) for s, v in spans.items()} == {s: shown(v) for s, v in again.items()}
        assert {v["versions"] for v in again.values()} == {v["versions"] for v in spans.values()}
