"""Whatever a client sends, the answer is never that the server failed."""

from __future__ import annotations

import itertools
import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.api.odd import ODD_BODIES, ODD_CURSORS, ODD_WORDS, good_bodies, spoilt
from tests.api.rest import SPANS, rest_span, store
from tests.api.routes import Operation, is_problem, operations
from tests.support.otlp import new_span_id, new_trace_id
from tests.support.people import Person, new_person
from tests.support.servers import Server


@pytest.fixture(scope="module")
def server_person(server: Server) -> Person:
    """One person for all examples of a property."""
    return new_person(server)


def check(answer: httpx.Response, sent: object) -> None:
    assert answer.status_code < 500, (answer.request.method, str(answer.url)[:300], sent)
    if answer.status_code >= 400:
        assert is_problem(answer), (str(answer.url)[:300], answer.text[:300])


def filled(operation: Operation, ids: dict[str, str]) -> str:
    path = operation.path
    for place in operation.places:
        path = path.replace(f"{{{place}}}", ids[place])
    return path


def readable(person: Person) -> dict[str, str]:
    """A trace of two spans, and the ids by which it is found."""
    trace_id, span_id = new_trace_id(), new_span_id()
    store(person, rest_span(trace_id, span_id), rest_span(trace_id, parent_span_id=span_id))
    others = ("key_id", "session_id", "rule_id", "violation_id", "webhook_id", "run_id")
    return {"trace_id": trace_id, "span_id": span_id, **dict.fromkeys(others, "none")}


@pytest.fixture(scope="module")
def server(plain_server: Server) -> Server:
    """One that judges nothing: what is asked here is about the API."""
    return plain_server


@pytest.mark.long
def test_odd_query_parameters(person: Person) -> None:
    """Each parameter of each route with each odd word."""
    ids = readable(person)
    with person.client() as client:
        for operation in operations(person.server):
            if operation.method != "GET":
                continue
            path = filled(operation, ids)
            for name in operation.query:
                others = "".join(
                    f"&{key}={good}" for key, good in operation.required.items() if key != name
                )
                for word in [*ODD_WORDS, *(ODD_CURSORS if name == "cursor" else ())]:
                    check(client.get(f"{path}?{name}={word}{others}"), (name, word[:60]))


@pytest.mark.parametrize(
    "sort", ["start_time", "duration", "cost", "tokens", "span_count", "error_count"]
)
def test_odd_cursors_in_any_order(person: Person, sort: str) -> None:
    """A cursor is compared with what is sorted by: no cursor fits none of them badly."""
    readable(person)
    with person.client() as client:
        for order in ("asc", "desc"):
            for odd in ODD_CURSORS:
                params = {"sort": sort, "order": order, "cursor": odd}
                check(client.get("/api/v1/traces", params=params), params)


@pytest.mark.long
def test_odd_ids_in_paths(person: Person) -> None:
    """An id that nobody can have is found nowhere, by no method."""
    ids = readable(person)
    words = [word for word in ODD_WORDS if word not in ("", "..")]
    with person.client(person.token) as client:
        for operation in operations(person.server):
            for place in operation.places:
                for word in words:
                    path = filled(operation, ids | {place: word})
                    answer = client.request(
                        operation.method,
                        path,
                        params=operation.required,
                        json=good_bodies().get(operation.path),
                    )
                    check(answer, word[:60])
                    assert answer.status_code == 404, (operation.name, word[:60])


def test_odd_bodies(person: Person) -> None:
    """Bodies that are not what a route wants, for each route that takes one."""
    with person.client(person.token) as client:
        for operation in operations(person.server):
            if not operation.has_body:
                continue
            for body in ODD_BODIES:
                headers = {"content-type": "application/json"}
                answer = client.request(
                    operation.method, operation.path, content=body, headers=headers
                )
                check(answer, body[:60])
                # Here everything may be left out: it is the trace that is not there.
                missing = (404,) if "/ablation" in operation.path else ()
                assert answer.status_code in (400, 422, *missing), (operation.name, body[:60])


@pytest.mark.long
def test_odd_values_in_every_field(person: Person) -> None:
    """Each field of each body with each odd value; what is stored of it can still be read."""
    bodies = good_bodies()
    methods = {op.path: op.method for op in operations(person.server) if op.has_body}
    assert bodies.keys() == methods.keys(), "a route with a body has no case here"
    with person.client(person.token) as client:
        for path, body in bodies.items():
            # Each login costs a password hash.
            step = 5 if path.endswith("/login") else 1
            method = methods[path]
            for content in itertools.islice(spoilt(body), 0, None, step):
                headers = {"content-type": "application/json"}
                answer = client.request(method, path, content=content, headers=headers)
                check(answer, content[:400])
        for trace in person.pages("/api/v1/traces", limit=1000):
            for part in ("", "/spans", "/skeleton", "/logs"):
                check(client.get(f"/api/v1/traces/{trace['trace_id']}{part}"), trace["trace_id"])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [name for name in good_bodies()[SPANS]["batch"][0] if not name.endswith("_id")]


@given(fields=st.dictionaries(st.sampled_from([*FIELDS, "other"]), json_values, max_size=6))
def test_any_json_as_a_span(server_person: Person, fields: dict[str, Any]) -> None:
    """Any JSON in any field is stored or refused; and what is stored is read."""
    trace_id = new_trace_id()
    span = rest_span(trace_id, **fields)
    with server_person.client() as client:
        content = json.dumps({"batch": [span]}).encode()
        answer = client.post(SPANS, content=content)
        check(answer, content)
        if answer.is_success:
            read = client.get(f"/api/v1/spans/{trace_id}/{span['span_id']}")
            assert read.status_code == 200, content


@given(word=st.text(st.characters(codec="utf-8"), max_size=30))
def test_any_text_is_looked_for(server_person: Person, word: str) -> None:
    """A search for any text succeeds."""
    with server_person.client() as client:
        check(client.get(f"/api/v1/traces?text={quote(word)}"), word)
