"""Traces over time, values to filter by, and what traces were asked."""

from __future__ import annotations

import pytest

from tests.api.rest import new_uuid, rest_span, store
from tests.support.otlp import new_span_id, new_trace_id
from tests.support.people import Person, new_person
from tests.support.servers import Server

HISTOGRAM = "/api/v1/traces/histogram"
VALUES = "/api/v1/traces/values"
PREVIEWS = "/api/v1/traces/previews"


@pytest.fixture(scope="module")
def owner(server: Server) -> Person:
    """Three traces, at noon, a minute later, and two minutes later."""
    made = new_person(server)
    for minute, status in enumerate(("ok", "error", "ok")):
        noon = f"2026-01-31T12:0{minute}:0"
        times = {"start_time": f"{noon}0Z", "end_time": f"{noon}1Z"}
        trace_id, root = new_trace_id(), new_span_id()
        below = {"parent_span_id": root, **times}
        store(
            made,
            rest_span(
                trace_id, root, name=f"agent {minute}", span_type="agent", status=status, **times
            ),
            rest_span(trace_id, name="search", span_type="tool", **below),
            rest_span(trace_id, span_type="llm", model=f"m{minute % 2}", **below),
        )
    return made


def test_histogram(owner: Person) -> None:
    """Each trace is in the bucket of its start; those whose root failed are counted beside."""
    told = owner.get(HISTOGRAM, buckets=3)
    assert [(each["count"], each["failed"]) for each in told["buckets"]] == [(1, 0), (1, 1), (1, 0)]
    assert told["total"] == 3
    assert told["since"].startswith("2026-01-31T12:00:00")


def test_histogram_of_a_filter(owner: Person) -> None:
    """Counts what the filter finds, over the time that was asked for."""
    bounds = {"since": "2026-01-31T12:00:00Z", "until": "2026-01-31T12:09:59Z"}
    told = owner.get(HISTOGRAM, q="status:error", buckets=10, **bounds)
    assert [each["count"] for each in told["buckets"]] == [0, 1, *[0] * 8]
    assert told["bucket_ms"] == pytest.approx(59_900, rel=0.01)
    nothing = owner.get(HISTOGRAM, q="model:none")
    assert (nothing["total"], nothing["buckets"]) == (0, [])


def test_values(owner: Person) -> None:
    """The most frequent first, with in how many traces they are; by prefix; within a filter."""
    assert owner.get(VALUES, key="model") == [
        {"value": "m0", "count": 2},
        {"value": "m1", "count": 1},
    ]
    assert owner.get(VALUES, key="tool") == [{"value": "search", "count": 3}]
    assert owner.get(VALUES, key="name", prefix="AGENT 1") == [{"value": "agent 1", "count": 1}]
    assert owner.get(VALUES, key="status", q="model:m1") == [{"value": "error", "count": 1}]


def test_values_of_an_unknown_key(owner: Person) -> None:
    """Are refused with the nearest that has some."""
    with owner.client() as client:
        answer = client.get(VALUES, params={"key": "modle"})
    assert (answer.status_code, answer.json()["detail"]["suggestion"]) == (422, "model")


SYSTEM = {"role": "system", "content": "Be brief."}
ASKED = {"role": "user", "content": "Is it raining?"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("plain words", "plain words"),
        ([SYSTEM, ASKED], "Is it raining?"),
        ({"messages": [SYSTEM, ASKED, {"role": "user", "content": "later"}]}, "Is it raining?"),
        ({"question": "Why?"}, "Why?"),
        ({"input": {"query": "Deep?"}}, "Deep?"),
        ([{"role": "user", "content": [{"type": "text", "text": "In parts."}]}], "In parts."),
        ([{"type": "human", "content": "As LangChain writes."}], "As LangChain writes."),
        ({"only": "one text"}, "one text"),
        ({"a": 1, "b": 2}, None),
        ("x" * 300, "x" * 197 + "..."),
        (None, None),
    ],
)
def test_previews(server: Server, given: object, told: str | None) -> None:
    """A user's first message as plain text, out of whatever it is in; null if there is none."""
    person, trace_id = new_person(server), new_uuid()
    store(person, rest_span(trace_id, span_type="agent", input=given))
    nobodys = new_trace_id()
    ids = f"{trace_id},{nobodys},nonsense"
    assert person.get(PREVIEWS, ids=ids) == {trace_id: told, nobodys: None, "nonsense": None}


def test_preview_of_the_first_call(server: Server) -> None:
    """Where the root says nothing, its first model call does."""
    person, trace_id, root = new_person(server), new_trace_id(), new_span_id()
    call = {"parent_span_id": root, "span_type": "llm"}
    store(
        person,
        rest_span(trace_id, input="second", start_time="2026-01-31T12:00:00.5Z", **call),
        rest_span(trace_id, input="first", **call),
        rest_span(trace_id, root, span_type="agent"),
    )
    assert person.get(PREVIEWS, ids=trace_id) == {trace_id: "first"}


def test_nobody_elses(server: Server, owner: Person) -> None:
    """All of it is about one's own traces alone."""
    other = new_person(server)
    ids = owner.get("/api/v1/traces")[0]["trace_id"]
    assert other.get(HISTOGRAM)["total"] == 0
    assert other.get(VALUES, key="model") == other.get(VALUES, key="tool") == []
    assert other.get(PREVIEWS, ids=ids) == {ids: None}
