"""Delivery is at least once and in any order; what is stored is the same."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from tests.otlp.wire import WAYS, Way
from tests.support.otlp import logs_request, new_trace_id, span, traces_message
from tests.support.people import Person

NOW = time.time_ns()
# What tells when and how often something came, and not what it is.
_OF_DELIVERY = {"seq", "received_at", "last_received_at", "versions", "trace_id"}


def read(person: Person, trace_id: str) -> dict[str, Any]:
    """All that the API tells of a trace, but for its id and how it was delivered."""
    told = {
        "trace": person.get(f"/api/v1/traces/{trace_id}"),
        "spans": person.spans(trace_id),
        "logs": person.get(f"/api/v1/traces/{trace_id}/logs"),
    }
    told["logs"].sort(key=str)
    cleaned = _without(told, _OF_DELIVERY)
    assert isinstance(cleaned, dict)
    return cleaned


def _without(told: Any, names: set[str]) -> Any:
    if isinstance(told, list):
        return [_without(each, names) for each in told]
    if isinstance(told, dict):
        return {name: _without(each, names) for name, each in told.items() if name not in names}
    return told


def items(trace_id: str) -> list[tuple[str, dict[str, Any]]]:
    """The spans and log records of a run: a root, models and tools below it, an error, and a
    span that is first running."""
    root, plan, call, tool, late = (f"{number:016x}" for number in range(1, 6))

    def step(number: int, span_id: str, parent: str | None, **more: Any) -> dict[str, Any]:
        start = NOW + number * 10**6
        given = {"start_ns": start, "end_ns": start + 10**6, "name": f"step {number}"} | more
        return span(trace_id, span_id, parent, **given)

    chat = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}
    usage = {"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 200}
    details = {"event": "gen_ai.client.inference.operation.details", "span_id": plan}
    messages = '[{"role": "user", "parts": [{"type": "text", "content": "hello"}]}]'
    return [
        ("span", step(0, root, None, end_ns=NOW + 10**9)),
        ("span", step(1, plan, root, attributes=chat)),
        (
            "span",
            step(2, call, root, attributes=chat | usage | {"gen_ai.input.messages": messages}),
        ),
        ("span", step(3, tool, call, status=2, message="no such city")),
        ("span", step(4, late, root, end_ns=0)),
        ("span", step(4, late, root)),
        ("log", {"trace_id": trace_id, "time": NOW + 1, "attributes": chat | usage, **details}),
        ("log", {"trace_id": trace_id, "time": NOW + 2, "span_id": tool, "body": "looking"}),
        ("log", {"trace_id": trace_id, "time": NOW + 3, "body": "of no span"}),
    ]


def send(person: Person, way: Way, part: list[tuple[str, dict[str, Any]]]) -> None:
    """One request a signal."""
    spans = [item for kind, item in part if kind == "span"]
    logs = [item for kind, item in part if kind == "log"]
    if spans:
        assert not way.send(person, traces_message(*spans)).HasField("partial_success")
    if logs:
        message = ExportLogsServiceRequest.FromString(logs_request(*logs))
        assert not way.send(person, message).HasField("partial_success")


@pytest.fixture(scope="module")
def in_order(person: Person) -> dict[str, Any]:
    """What is told of the run when it is sent once, in order and in one piece."""
    trace_id = new_trace_id()
    send(person, WAYS[0], items(trace_id))
    told = read(person, trace_id)
    assert told["trace"]["span_count"] == 5
    assert told["trace"]["tokens_in"] == 2000
    assert (told["trace"]["status"], told["trace"]["error_count"]) == ("complete", 1)
    assert len(told["logs"]) == 3
    return told


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), copies=st.integers(1, 3), size=st.integers(1, 6))
def test_any_order_split_and_repetition_means_the_same(
    person: Person, in_order: dict[str, Any], seed: int, copies: int, size: int
) -> None:
    """The spans and log records of a run, some repeated, shuffled, cut into requests of random
    size and sent through random doors in random encodings, end up as if sent once in order."""
    chance = random.Random(seed)
    trace_id = new_trace_id()
    sent = items(trace_id)
    sent += [chance.choice(sent) for _ in range(len(sent) * (copies - 1))]
    chance.shuffle(sent)
    while sent:
        count = chance.randint(1, size)
        send(person, chance.choice(WAYS), sent[:count])
        sent = sent[count:]
    assert read(person, trace_id) == in_order


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_request_sent_again_changes_nothing(person: Person, way: Way) -> None:
    """A client that missed the answer repeats the whole request: counts, tokens, cost and the
    spans stay, and the answer is the same success."""
    trace_id = new_trace_id()
    for _ in range(3):
        send(person, way, items(trace_id))
        told = person.get(f"/api/v1/traces/{trace_id}")
        assert (told["span_count"], told["tokens_in"], told["error_count"]) == (5, 2000, 1)
    assert told["cost"] == pytest.approx(2 * (1000 * 2.5 + 200 * 10) / 10**6)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_the_same_ids_of_another_owner_are_other_spans(
    person: Person, other: Person, way: Way
) -> None:
    """Nobody can read, change or complete the spans of somebody else by using their ids."""
    trace_id = new_trace_id()
    send(person, way, items(trace_id))
    before = read(person, trace_id)
    with other.client() as client:
        assert client.get(f"/api/v1/traces/{trace_id}").status_code == 404
    forged = [span(trace_id, f"{number:016x}", name="forged", status=2) for number in range(1, 9)]
    send(other, way, [("span", each) for each in forged])
    send(other, way, items(trace_id)[6:7])
    assert read(person, trace_id) == before
    stored = other.spans(trace_id)
    assert [each["name"] for each in stored] == ["forged"] * 8
    with other.client() as client:
        assert client.delete(f"/api/v1/traces/{trace_id}").is_success
    assert read(person, trace_id) == before
