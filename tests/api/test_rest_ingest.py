"""Spans and traces as plain JSON: every field comes back as it was sent."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from audittrail import semconv
from tests.api.rest import (
    NOON,
    SPANS,
    new_uuid,
    register,
    rest_span,
    send,
    span_path,
    store,
    trace_path,
)
from tests.api.routes import is_problem
from tests.support.otlp import new_span_id, new_trace_id, span, traces_request
from tests.support.people import Person

CALL = {"id": "c1", "name": "search", "arguments": {"q": "x"}, "result": {"hits": 3}}


def test_every_field_comes_back(person: Person) -> None:
    """In the span, and what is summed in its trace."""
    trace_id, span_id, parent = new_trace_id(), new_span_id(), new_span_id()
    sent = rest_span(
        trace_id,
        span_id,
        parent_span_id=parent,
        span_type="llm",
        input={"question": "why"},
        output={"answer": [1, 2]},
        model="gpt-4o",
        tokens_in=11,
        tokens_out=7,
        tokens_cached=3,
        tokens_reasoning=2,
        cost=0.25,
        session_id="s-1",
        user_id="u-1",
        agent_name="planner",
        environment="staging",
        attributes={"text": "ü", "number": 1.5, "deep": {"list": [None, True]}},
    )
    store(person, sent)
    read = person.get(span_path(trace_id, span_id))
    same = sent.keys() - {"start_time", "end_time", "attributes"}
    assert {name: read[name] for name in same} == {name: sent[name] for name in same}
    assert read["attributes"].items() >= sent["attributes"].items()
    assert read["start_time"] == "2026-01-31T12:00:00.000000Z"
    assert (read["duration_ms"], read["cost_source"]) == (1000, "agent")
    trace = person.get(trace_path(trace_id))
    for name in ("tokens_in", "tokens_out", "tokens_cached", "tokens_reasoning", "cost"):
        assert trace[name] == sent[name], name
    assert (trace["models"], trace["llm_calls"]) == (["gpt-4o"], 1)


def test_a_registered_trace(person: Person) -> None:
    """What is said of a trace is shown before its spans come, and stays when they do."""
    trace_id = new_uuid()
    metadata = {"ticket": 7, "tags": ["a", None]}
    register(person, trace_id=trace_id, agent_name="a", environment="e", metadata=metadata)
    for _ in range(2):
        trace = person.get(trace_path(trace_id))
        assert trace["trace_id"] == trace_id
        assert (trace["agent_name"], trace["environment"]) == ("a", "e")
        assert trace["metadata"] == metadata
        store(person, rest_span(trace_id))


def test_ids_come_back_as_they_were_sent(person: Person) -> None:
    """UUIDs as UUIDs, hex as hex; and are found in either form."""
    trace_id, span_id, parent = new_uuid(), new_uuid(), new_span_id()
    store(person, rest_span(trace_id, span_id, parent_span_id=parent))
    for asked in (trace_id, trace_id.upper(), trace_id.replace("-", "")):
        read = person.get(span_path(asked, span_id.replace("-", "")))
        assert (read["trace_id"], read["span_id"], read["parent_span_id"]) == (
            trace_id,
            span_id,
            parent,
        )
    (of_list,) = person.get(trace_path(trace_id, "/spans"))
    assert of_list["span_id"] == span_id
    skeleton = person.get(trace_path(trace_id, "/skeleton"))["columns"]
    assert (skeleton["span_id"], skeleton["parent_span_id"]) == ([span_id], [parent])


def test_a_span_sent_again_replaces_what_was_sent(person: Person) -> None:
    """First running, then final; one span, both versions kept."""
    trace_id, span_id = new_trace_id(), new_span_id()
    store(person, rest_span(trace_id, span_id, status="running", end_time=None, input="asked"))
    assert person.get(trace_path(trace_id))["status"] == "running"
    store(person, rest_span(trace_id, span_id, status="ok", output="answered", cost=0.5))
    (read,) = person.spans(trace_id)
    assert (read["status"], read["input"], read["output"]) == ("ok", "asked", "answered")
    trace = person.get(trace_path(trace_id))
    assert (trace["status"], trace["span_count"], trace["cost"]) == ("complete", 1, 0.5)
    versions = person.get(span_path(trace_id, span_id))["received_versions"]
    assert sorted(each["status"] for each in versions) == ["ok", "running"]


@pytest.mark.parametrize(
    "at", [NOON, NOON + 0.0, NOON * 10**3, NOON * 10**6, NOON * 10**9, "2026-01-31T13:00:00+01:00"]
)
def test_times_in_any_unit(person: Person, at: Any) -> None:
    """All of these are the same moment."""
    trace_id = new_trace_id()
    store(person, rest_span(trace_id, start_time=at))
    assert person.spans(trace_id)[0]["start_time"] == "2026-01-31T12:00:00.000000Z"


@pytest.mark.parametrize("result", [{}, {"value": 1}, None])
def test_results_of_tools(person: Person, result: Any) -> None:
    """An object or null."""
    trace_id, span_id = new_trace_id(), new_span_id()
    store(person, rest_span(trace_id, span_id, tool_calls=[CALL | {"result": result}]))
    (call,) = person.get(span_path(trace_id, span_id))["tool_calls"]
    assert call["result"] == result


@pytest.mark.parametrize("result", ["text", 7, 1.5, True, False, [], [{}], ""])
def test_results_of_tools_that_are_neither(person: Person, result: Any) -> None:
    """422, with the field and how to mend it."""
    answer = send(person, rest_span(new_trace_id(), tool_calls=[CALL, CALL | {"result": result}]))
    assert answer.status_code == 422
    (error,) = answer.json()["detail"]
    assert error["loc"] == ["body", "batch", 0, "tool_calls"]
    assert "tool_calls[1].result must be an object or null" in error["msg"]
    assert "wrap" in error["msg"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("span_id", "xyz"),
        ("span_id", "0" * 16),
        ("trace_id", "abc"),
        ("trace_id", "0" * 32),
        ("parent_span_id", "g" * 16),
        ("name", None),
        ("span_type", "robot"),
        ("status", "done"),
        ("start_time", "yesterday"),
        ("end_time", -1),
        ("tokens_in", -1),
        ("tokens_out", 1.5),
        ("cost", -0.1),
        ("cost", "much"),
        ("model", 7),
        ("attributes", []),
        ("tool_calls", {}),
    ],
)
def test_a_wrong_field_is_named(person: Person, field: str, value: Any) -> None:
    """And nothing is stored."""
    trace_id = new_trace_id()
    answer = send(person, rest_span(trace_id) | {field: value})
    assert answer.status_code == 422
    assert is_problem(answer)
    assert answer.json()["detail"][0]["loc"][:4] == ["body", "batch", 0, field]
    with person.client() as client:
        assert client.get(trace_path(trace_id)).status_code == 404


def test_a_mixed_batch(person: Person) -> None:
    """200, with which spans were stored and which were not, and why; the good ones are there."""
    trace_id = new_trace_id()
    good = [rest_span(trace_id), rest_span(trace_id)]
    bad = rest_span(trace_id, tokens_in=-1)
    answer = send(person, good[0], bad, "nonsense", good[1])
    assert answer.status_code == 200
    told = answer.json()["data"]
    assert told["stored"] == [
        {"index": 0, "span_id": good[0]["span_id"]},
        {"index": 3, "span_id": good[1]["span_id"]},
    ]
    first, second = told["rejected"]
    assert (first["index"], first["span_id"]) == (1, bad["span_id"])
    assert first["errors"][0]["loc"] == ["body", "batch", 1, "tokens_in"]
    assert (second["index"], second["span_id"]) == (2, None)
    assert {each["span_id"] for each in person.spans(trace_id)} == {
        each["span_id"] for each in good
    }


def test_an_empty_batch(person: Person) -> None:
    """Is stored as easily as said."""
    assert send(person).json() == {"data": {"stored": [], "rejected": []}}


def test_too_large_a_body(strict_person: Person) -> None:
    """413, whether its length is announced or not; smaller ones go on."""
    large = rest_span(new_trace_id(), input="x" * 30_000)
    assert send(strict_person, large).status_code == 413

    def in_parts() -> Any:
        yield b'{"batch": ['
        yield b" " * 30_000
        yield b"]}"

    with strict_person.client() as client:
        answer: httpx.Response = client.post(SPANS, content=in_parts())
    assert answer.status_code == 413
    assert is_problem(answer)
    store(strict_person, rest_span(new_trace_id(), input="x" * 1000))


def test_rest_and_otlp_tell_the_same(person: Person) -> None:
    """A span by either door is read with the same figures, names and times."""
    by_rest, by_otlp, span_id = new_trace_id(), new_trace_id(), new_span_id()
    said = {"model": "gpt-4o", "tokens_in": 100, "tokens_out": 10, "tokens_cached": 20}
    store(person, rest_span(by_rest, span_id, name="chat", span_type="llm", **said))
    attributes = {
        semconv.MODEL: said["model"],
        semconv.TOKENS_IN: said["tokens_in"],
        semconv.TOKENS_OUT: said["tokens_out"],
        semconv.TOKENS_CACHED: said["tokens_cached"],
        semconv.SPAN_TYPE: "llm",
    }
    made = span(
        by_otlp,
        span_id,
        name="chat",
        start_ns=NOON * 10**9,
        end_ns=(NOON + 1) * 10**9,
        status=1,
        attributes=attributes,
    )
    assert person.otlp(traces_request(made)).status_code == 200
    same = (*said, "name", "span_type", "status", "start_time", "end_time", "cost", "cost_source")
    (first,), (second,) = person.spans(by_rest), person.spans(by_otlp)
    assert {name: first[name] for name in same} == {name: second[name] for name in same}
    assert first["cost_source"] == "estimated"
