"""The list of traces: filters, order, pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.rest import new_uuid, register, rest_span, store
from tests.api.routes import is_problem
from tests.support.otlp import new_trace_id
from tests.support.people import Person, new_person
from tests.support.servers import Server

LIST = "/api/v1/traces"


def at(second: float) -> str:
    return f"2026-01-31T12:00:{second:06.3f}Z"


@pytest.fixture(scope="module")
def owner(server: Server) -> Person:
    """Somebody with three traces, named by what tells them apart."""
    made = new_person(server)
    first = {"agent_name": "planner", "environment": "prod", "session_id": "s1", "user_id": "u1"}
    second = {"agent_name": "writer", "environment": "dev", "session_id": "s2", "user_id": "u2"}
    store(
        made,
        rest_span(
            new_uuid(),
            name="cheap",
            span_type="llm",
            model="m1",
            cost=0.1,
            input="find the übung",
            **first,
        ),
        rest_span(
            new_trace_id(),
            name="dear",
            span_type="llm",
            model="m2",
            cost=0.45,
            start_time=at(10),
            end_time=at(20),
            status="error",
            tokens_in=50,
            output="100% wrong_answer",
            **second,
        ),
        rest_span(new_trace_id(), name="open", start_time=at(30), end_time=None, status="running"),
    )
    return made


def names(person: Person, **params: Any) -> list[str]:
    return [trace["name"] for trace in person.get(LIST, **params)]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["open", "dear", "cheap"]),
        ({"status": "complete"}, ["cheap"]),
        ({"status": "error"}, ["dear"]),
        ({"status": "running"}, ["open"]),
        ({"status": "incomplete"}, []),
        ({"status": ["running", "error"]}, ["open", "dear"]),
        ({"agent": "planner"}, ["cheap"]),
        ({"agent": "plan"}, []),
        ({"environment": "dev"}, ["dear"]),
        ({"environment": "test"}, []),
        ({"session": "s1"}, ["cheap"]),
        ({"session": "s3"}, []),
        ({"user": "u2"}, ["dear"]),
        ({"user": "u3"}, []),
        ({"model": "m1"}, ["cheap"]),
        ({"model": "m"}, []),
        ({"min_cost": 0.1}, ["dear", "cheap"]),
        ({"min_cost": 0.2}, ["dear"]),
        ({"min_cost": 6}, []),
        ({"max_cost": 0.1}, ["cheap"]),
        ({"max_cost": 0.05}, []),
        ({"min_duration_ms": 10_000}, ["dear"]),
        ({"min_duration_ms": 10_001}, []),
        ({"max_duration_ms": 1000}, ["cheap"]),
        ({"max_duration_ms": 999}, []),
        ({"has_violations": "false"}, ["open", "dear", "cheap"]),
        ({"has_violations": "true"}, []),
        ({"text": "CHEA"}, ["cheap"]),
        ({"text": "übung"}, ["cheap"]),
        ({"text": "100%"}, ["dear"]),
        ({"text": "wrong_a"}, ["dear"]),
        ({"text": "wrong-a"}, []),
        ({"text": "%"}, ["dear"]),
        ({"since": at(10)}, ["open", "dear"]),
        ({"since": at(31)}, []),
        ({"until": at(10)}, ["dear", "cheap"]),
        ({"until": "2026-01-31T11:59:59Z"}, []),
        ({"since": at(5), "until": at(15)}, ["dear"]),
        ({"agent": "planner", "model": "m1", "max_cost": 1, "text": "cheap"}, ["cheap"]),
        ({"agent": "planner", "model": "m2"}, []),
    ],
)
def test_filters(owner: Person, params: dict[str, Any], expected: list[str]) -> None:
    """Each alone finds what it should and nothing else; several must all hold."""
    assert names(owner, **params) == expected


@pytest.mark.parametrize(
    ("sort", "ascending"),
    [
        ("start_time", ["cheap", "dear", "open"]),
        ("cost", ["cheap", "dear", "open"]),
        ("tokens", ["dear"]),
        ("duration", ["cheap", "dear"]),
        ("error_count", ["dear"]),
    ],
)
def test_sorting(owner: Person, sort: str, ascending: list[str]) -> None:
    """By each key in both directions, in pages too; equal keys in any order."""
    known = [name for name in names(owner, sort=sort, order="asc") if name in ascending]
    assert known == ascending
    for order in ("asc", "desc"):
        whole = names(owner, sort=sort, order=order)
        paged = [t["name"] for t in owner.pages(LIST, sort=sort, order=order, limit=1)]
        assert paged == whole
        assert sorted(whole) == ["cheap", "dear", "open"]
    if len(ascending) == 1:
        end = names(owner, sort=sort, order="desc")[0]
        assert end == ascending[0]


def test_an_id_is_found_as_text(owner: Person) -> None:
    """In the form in which it is shown."""
    for trace in owner.get(LIST):
        assert names(owner, text=trace["trace_id"]) == [trace["name"]]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_while_traces_arrive(person: Person, order: str) -> None:
    """What was there when reading began comes once and only once."""
    there = {new_trace_id() for _ in range(12)}
    store(person, *(rest_span(trace_id) for trace_id in there))
    seen = []
    for trace in person.pages(LIST, limit=3, order=order):
        seen.append(trace["trace_id"])
        if len(seen) % 3 == 0 and len(seen) < 15:
            store(person, rest_span(new_trace_id(), start_time=at(len(seen))))
    assert len(seen) == len(set(seen))
    assert there <= set(seen)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "done"),
        ("min_cost", "much"),
        ("max_cost", "nan"),
        ("min_duration_ms", "inf"),
        ("max_duration_ms", "-1"),
        ("has_violations", "perhaps"),
        ("text", "x" * 201),
        ("since", "yesterday"),
        ("until", "-1"),
        ("sort", "name"),
        ("order", "up"),
        ("limit", "0"),
        ("limit", "1001"),
        ("limit", "-1"),
        ("cursor", "nonsense"),
    ],
)
def test_bad_parameters_are_named(person: Person, name: str, value: str) -> None:
    """422 that says which."""
    with person.client() as client:
        answer = client.get(LIST, params={name: value})
    assert answer.status_code == 422
    assert is_problem(answer)
    (error,) = answer.json()["detail"]
    assert name in error["loc"] or name in error["msg"]


def test_a_registered_trace_is_listed(person: Person) -> None:
    """Before it has any span."""
    trace_id = new_uuid()
    register(person, trace_id=trace_id, name="to come")
    assert [trace["trace_id"] for trace in person.get(LIST)] == [trace_id]
