"""Two users with the same ids: neither sees or changes what is the other's, by any route."""

from __future__ import annotations

from typing import Any, NamedTuple

import httpx
import pytest

from tests.api.rest import NOON, SPANS, TRACES, register, rest_span, send, store, trace_path
from tests.api.routes import operations
from tests.support.otlp import (
    logs_request,
    new_span_id,
    new_trace_id,
    span,
    traces_request,
)
from tests.support.people import Person

EDGES = "/api/v1/traces/{trace_id}/edges"
SEARCH = "/api/v1/traces/{trace_id}/search"
READS = {
    "/api/v1/traces/{trace_id}",
    "/api/v1/traces/{trace_id}/spans",
    "/api/v1/traces/{trace_id}/skeleton",
    "/api/v1/traces/{trace_id}/logs",
    "/api/v1/traces/{trace_id}/otlp",
    "/api/v1/spans/{trace_id}/{span_id}",
    "/api/v1/spans/{trace_id}/{span_id}/otlp",
    "/api/v1/sessions/{session_id}",
}
# With tests of their own below.
OTHERS = {
    f"GET {EDGES}",
    f"GET {SEARCH}",
    "DELETE /api/v1/traces/{trace_id}",
    "GET /api/v1/api-keys/{key_id}",
    "DELETE /api/v1/api-keys/{key_id}",
    # In test_violations_of_owners.
    "GET /api/v1/rules/{rule_id}",
    "GET /api/v1/violations/{violation_id}",
    # In test_webhooks.
    "PATCH /api/v1/webhooks/{webhook_id}",
    "DELETE /api/v1/webhooks/{webhook_id}",
    "GET /api/v1/webhooks/{webhook_id}/deliveries",
    "POST /api/v1/webhooks/{webhook_id}/test",
    "GET /api/v1/traces/{trace_id}/violations",
    # In tests/ablation.
    "GET /api/v1/traces/{trace_id}/ablation",
    "POST /api/v1/traces/{trace_id}/ablation",
    "POST /api/v1/traces/{trace_id}/ablation/preview",
    "GET /api/v1/traces/{trace_id}/ablation/{run_id}",
    "GET /api/v1/traces/{trace_id}/ablation/{run_id}/calls",
    "DELETE /api/v1/traces/{trace_id}/ablation/{run_id}",
    "POST /api/v1/traces/{trace_id}/ablation/{run_id}/cancel",
    "POST /api/v1/traces/{trace_id}/ablation/{run_id}/resume",
}


class Shared(NamedTuple):
    """Ids that both use. Everything that one of them sent holds their mark."""

    trace_id: str
    span_id: str

    def path(self, route: str) -> str:
        session_id = "session-" + self.trace_id
        return route.format(trace_id=self.trace_id, span_id=self.span_id, session_id=session_id)


def mark(person: Person) -> str:
    return "mark-" + person.email.partition("@")[0]


def send_all(person: Person, ids: Shared) -> None:
    """A trace by REST, more of it by OTLP, a log record, and a word on the whole."""
    word = mark(person)
    session_id = ids.path("{session_id}")
    metadata = {"of": word}
    register(
        person, trace_id=ids.trace_id, agent_name=word, session_id=session_id, metadata=metadata
    )
    store(person, rest_span(ids.trace_id, ids.span_id, name=word, input=word, cost=1.0))
    # At the time of the other: a run of months breaks a rule, a moment later.
    at = {"start_ns": NOON * 10**9, "end_ns": (NOON + 1) * 10**9}
    more = span(ids.trace_id, parent=ids.span_id, name=word, attributes={"of": word}, **at)
    assert person.otlp(traces_request(more)).status_code == 200
    record = {"trace_id": ids.trace_id, "span_id": ids.span_id, "body": word, "event": "said"}
    assert person.otlp(logs_request(record), "logs").status_code == 200


def snapshot(person: Person, ids: Shared) -> dict[str, Any]:
    """All that a user can read of the trace, and their list."""
    paths = [*(ids.path(route) for route in sorted(READS)), "/api/v1/traces"]
    return {path: _lasting(person.get(path)) for path in paths}


def _lasting(data: Any) -> Any:
    """Without the time of asking."""
    if isinstance(data, dict):
        data.pop("server_time_ms", None)
    return data


@pytest.fixture
def shared(person: Person, other: Person) -> Shared:
    ids = Shared(new_trace_id(), new_span_id())
    send_all(person, ids)
    send_all(other, ids)
    return ids


def test_every_route_with_an_id_has_a_case(person: Person) -> None:
    """A new route that takes an id is added to the tests here."""
    found = {operation.name for operation in operations(person.server) if operation.places}
    assert found == {f"GET {route}" for route in READS} | OTHERS


def test_each_reads_their_own(person: Person, other: Person, shared: Shared) -> None:
    """Every answer has the mark of who asks, and not that of the other."""
    for asking, hidden in ((person, other), (other, person)):
        for path, data in snapshot(asking, shared).items():
            text = str(data)
            assert mark(asking) in text, path
            assert mark(hidden) not in text, path


def test_nothing_is_counted_twice(person: Person, shared: Shared) -> None:
    """The figures of a trace are those of its owner's spans."""
    trace = person.get(trace_path(shared.trace_id))
    assert (trace["span_count"], trace["cost"]) == (2, 1.0)
    assert len(person.spans(shared.trace_id)) == 2
    assert len(person.get(shared.path("/api/v1/traces/{trace_id}/logs"))) == 1
    of_span = person.get(shared.path("/api/v1/spans/{trace_id}/{span_id}"))
    assert len(of_span["logs"]) == 1


@pytest.mark.parametrize("route", sorted(READS))
def test_what_is_only_the_others_is_not_found(person: Person, other: Person, route: str) -> None:
    """The same answer as for ids that nobody has."""
    ids = Shared(new_trace_id(), new_span_id())
    send_all(other, ids)
    nobody = Shared(new_trace_id(), new_span_id())
    with person.client() as client:
        of_other, of_nobody = client.get(ids.path(route)), client.get(nobody.path(route))
    assert of_other.status_code == of_nobody.status_code == 404
    assert of_other.content == of_nobody.content


@pytest.mark.parametrize(("route", "params"), [(EDGES, {}), (SEARCH, {"text": "mark"})])
def test_what_tells_only_ids(
    person: Person, other: Person, route: str, params: dict[str, str]
) -> None:
    """Edges and hits in the other's trace are not found either."""
    ids = Shared(new_trace_id(), new_span_id())
    send_all(other, ids)
    with other.client() as client:
        assert client.get(ids.path(route), params=params).status_code == 200
    with person.client() as client:
        assert client.get(ids.path(route), params=params).status_code == 404


def test_a_search_looks_into_ones_own_spans(person: Person, other: Person, shared: Shared) -> None:
    """What only the other's span of the same trace says is no hit."""
    mine, theirs = mark(person), mark(other)
    with person.client() as client:
        params = {"text": [mine, theirs]}
        hits = client.get(shared.path(SEARCH), params=params).json()["data"]
    assert shared.span_id in hits[mine]
    assert hits[theirs] == []


def test_changes_stay_with_their_owner(person: Person, other: Person, shared: Shared) -> None:
    """New versions, registrations and records of one leave the other's answers as they were."""
    before = snapshot(other, shared)
    changed = rest_span(shared.trace_id, shared.span_id, name="changed", status="error", cost=9.0)
    store(person, changed)
    register(person, trace_id=shared.trace_id, environment="changed", metadata={"new": 1})
    record = {"trace_id": shared.trace_id, "span_id": shared.span_id, "body": "changed"}
    person.otlp(logs_request(record), "logs")
    assert person.get(trace_path(shared.trace_id))["status"] == "error"
    assert snapshot(other, shared) == before


def test_deleting_stays_with_its_owner(person: Person, other: Person, shared: Shared) -> None:
    """One's trace is gone, the other's is not."""
    before = snapshot(other, shared)
    with person.client() as client:
        assert client.delete(trace_path(shared.trace_id)).status_code == 200
        assert client.get(trace_path(shared.trace_id)).status_code == 404
        assert client.delete(trace_path(shared.trace_id)).status_code == 404
    assert snapshot(other, shared) == before


def test_the_others_trace_cannot_be_deleted(person: Person, other: Person) -> None:
    """It is not found."""
    ids = Shared(new_trace_id(), new_span_id())
    send_all(other, ids)
    before = snapshot(other, ids)
    with person.client() as client:
        assert client.delete(trace_path(ids.trace_id)).status_code == 404
    assert snapshot(other, ids) == before


def test_filters_find_only_ones_own(person: Person, other: Person, shared: Shared) -> None:
    """No filter of the list reaches the other's trace."""
    word = mark(other)
    for name in ("text", "agent"):
        assert [t["trace_id"] for t in other.get("/api/v1/traces", **{name: word})] == [
            shared.trace_id
        ]
        assert person.get("/api/v1/traces", **{name: word}) == []


def test_a_cursor_of_another(person: Person, other: Person) -> None:
    """A cursor is a place in an order; in another's hands it shows what is theirs."""
    for _ in range(3):
        send_all(other, Shared(new_trace_id(), new_span_id()))
        send_all(person, Shared(new_trace_id(), new_span_id()))
    with other.client() as client:
        cursor = client.get("/api/v1/traces", params={"limit": 1}).json()["next_cursor"]
    found = list(person.pages("/api/v1/traces", cursor=cursor))
    assert mark(other) not in str(found)


def test_keys_of_another(person: Person, other: Person) -> None:
    """They are not found, not listed, and not deleted."""
    with other.client(other.token) as client:
        made = client.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read"]})
    key = made.json()["data"]
    path = f"/api/v1/api-keys/{key['id']}"
    with person.client(person.token) as client:
        answers: list[httpx.Response] = [client.get(path), client.delete(path)]
        nobody = client.get("/api/v1/api-keys/k00000000000")
        assert key["id"] not in client.get("/api/v1/api-keys").text
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content == nobody.content
    with other.client(key["secret"]) as client:
        assert client.get("/api/v1/traces").status_code == 200


@pytest.mark.parametrize("field", ["owner", "user", "tenant"])
def test_an_owner_cannot_be_named(person: Person, other: Person, field: str) -> None:
    """Whose data it is follows from the credential, whatever a body or a URL says."""
    with other.client(other.token) as client:
        owner = client.get("/api/v1/auth/me").json()["data"]["id"]
    trace_id = new_trace_id()
    assert send(person, rest_span(trace_id, **{field: owner})).status_code == 200
    with person.client() as client:
        body = {"trace": {"trace_id": trace_id, field: owner}, field: owner}
        assert client.post(f"{TRACES}?{field}={owner}", json=body).status_code == 201
        spans = {"batch": [rest_span(trace_id)], field: owner}
        assert client.post(f"{SPANS}?{field}={owner}", json=spans).status_code == 200
    assert list(other.pages("/api/v1/traces")) == []
    assert len(person.spans(trace_id)) == 2
