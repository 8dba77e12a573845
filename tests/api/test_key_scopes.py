"""What a key of each scope may do, on every route and at every door."""

from __future__ import annotations

from typing import Any

import grpc
import httpx
import pytest

from tests.api.grpc_door import grpc_export
from tests.api.rest import SPANS, TRACES, rest_span
from tests.api.routes import Operation, is_problem, operations
from tests.support.otlp import new_span_id, new_trace_id, span, traces_request
from tests.support.people import Person

# Who may: a key with this scope, anybody with a credential, only a person, everybody.
NEEDS = {
    "GET /api/v1/health": "nothing",
    "GET /api/v1/ready": "nothing",
    "GET /metrics": "nothing",
    "POST /api/v1/auth/register": "nothing",
    "POST /api/v1/auth/login": "nothing",
    "POST /api/v1/auth/demo": "nothing",
    "GET /api/v1/auth/me": "any",
    "POST /api/v1/api-keys": "person",
    "GET /api/v1/api-keys": "person",
    "GET /api/v1/api-keys/{key_id}": "person",
    "DELETE /api/v1/api-keys/{key_id}": "person",
    "POST /api/v1/ingest/traces": "ingest",
    "POST /api/v1/ingest/spans": "ingest",
    "GET /api/v1/traces": "read",
    "GET /api/v1/traces/histogram": "read",
    "GET /api/v1/traces/values": "read",
    "GET /api/v1/traces/previews": "read",
    "GET /api/v1/sessions": "read",
    "GET /api/v1/sessions/{session_id}": "read",
    "GET /api/v1/traces/{trace_id}": "read",
    "DELETE /api/v1/traces/{trace_id}": "ingest",
    "GET /api/v1/traces/{trace_id}/spans": "read",
    "GET /api/v1/traces/{trace_id}/skeleton": "read",
    "GET /api/v1/traces/{trace_id}/logs": "read",
    "GET /api/v1/traces/{trace_id}/edges": "read",
    "GET /api/v1/traces/{trace_id}/search": "read",
    "GET /api/v1/spans/{trace_id}/{span_id}": "read",
    "GET /api/v1/spans/{trace_id}/{span_id}/otlp": "read",
    "GET /api/v1/ingest/refused": "read",
    "GET /api/v1/settings/pricing": "read",
    "GET /api/v1/settings/pricing/used": "read",
    "GET /api/v1/settings/retention": "read",
    "PUT /api/v1/settings/retention": "person",
    "GET /api/v1/settings/retention/preview": "read",
    "GET /api/v1/rules": "read",
    "GET /api/v1/rules/schema": "read",
    "GET /api/v1/rules/own": "read",
    "PUT /api/v1/rules/own": "person",
    "POST /api/v1/rules/try": "person",
    "GET /api/v1/rules/{rule_id}": "read",
    "GET /api/v1/violations": "read",
    "GET /api/v1/violations/summary": "read",
    "GET /api/v1/violations/decisions": "read",
    "POST /api/v1/violations/decisions": "person",
    "GET /api/v1/violations/{violation_id}": "read",
    "GET /api/v1/traces/{trace_id}/violations": "read",
    "GET /api/v1/traces/{trace_id}/otlp": "read",
    "GET /api/v1/traces/{trace_id}/ablation": "read",
    "POST /api/v1/traces/{trace_id}/ablation/preview": "read",
    "POST /api/v1/traces/{trace_id}/ablation": "ingest",
    "GET /api/v1/traces/{trace_id}/ablation/{run_id}": "read",
    "GET /api/v1/traces/{trace_id}/ablation/{run_id}/calls": "read",
    "DELETE /api/v1/traces/{trace_id}/ablation/{run_id}": "ingest",
    "POST /api/v1/traces/{trace_id}/ablation/{run_id}/cancel": "ingest",
    "POST /api/v1/traces/{trace_id}/ablation/{run_id}/resume": "ingest",
    "GET /api/v1/webhooks": "read",
    "POST /api/v1/webhooks": "person",
    "PATCH /api/v1/webhooks/{webhook_id}": "person",
    "DELETE /api/v1/webhooks/{webhook_id}": "person",
    "GET /api/v1/webhooks/{webhook_id}/deliveries": "read",
    "POST /api/v1/webhooks/{webhook_id}/test": "person",
}
BODIES: dict[str, Any] = {
    TRACES: {"trace": {"trace_id": new_trace_id()}},
    "/api/v1/settings/retention": {"days": None},
    SPANS: {"batch": [rest_span(new_trace_id())]},
    "/api/v1/api-keys": {"name": "k", "scopes": ["read"]},
    "/api/v1/rules/own": {"text": "rules: []"},
    "/api/v1/webhooks": {"url": "nothing"},
    "/api/v1/webhooks/{webhook_id}": {"enabled": True},
    "/api/v1/rules/try": {"text": "rules: []"},
    "/api/v1/violations/decisions": {"ids": ["no"], "kind": "waived", "reason": "it is all right"},
}


def ask(client: httpx.Client, operation: Operation) -> httpx.Response:
    ids = {"trace_id": new_trace_id(), "span_id": new_span_id(), "key_id": "k12345678901"}
    ids |= {
        "session_id": "no session",
        "rule_id": "no-rule",
        "violation_id": "no",
        "webhook_id": "no",
        "run_id": "no",
    }
    path = operation.path
    for place in operation.places:
        path = path.replace(f"{{{place}}}", ids[place])
    return client.request(operation.method, path, json=BODIES.get(operation.path))


def test_every_route_has_a_case(person: Person) -> None:
    """A new route says here what it needs."""
    assert {operation.name for operation in operations(person.server)} == NEEDS.keys()


@pytest.mark.parametrize("scope", ["ingest", "read"])
def test_a_key_of_one_scope(person: Person, scope: str) -> None:
    """Where another scope or a person is needed the answer is 403 and names what is missing;
    elsewhere it is not."""
    with person.client(person.new_key(scope)) as client:
        for operation in operations(person.server):
            need = NEEDS[operation.name]
            answer = ask(client, operation)
            assert (answer.status_code == 403) == (need not in ("nothing", "any", scope)), (
                operation.name,
                answer.text,
            )
            if answer.status_code == 403:
                assert is_problem(answer)
                assert need == "person" or need in answer.json()["detail"]


def test_a_key_of_both_scopes_and_a_person(person: Person) -> None:
    """A key with both may all but manage keys; a person may everything."""
    for credential in (person.key, person.token):
        with person.client(credential) as client:
            for operation in operations(person.server):
                refused = ask(client, operation).status_code == 403
                expected = credential == person.key and NEEDS[operation.name] == "person"
                assert refused == expected, operation.name


def test_without_a_credential(person: Person) -> None:
    """401 everywhere but where nothing is needed."""
    with httpx.Client(base_url=person.server.api, timeout=30) as client:
        for operation in operations(person.server):
            if operation.path.startswith("/api/v1/auth/") and operation.method == "POST":
                continue
            answer = ask(client, operation)
            assert (answer.status_code == 401) == (NEEDS[operation.name] != "nothing"), (
                operation.name
            )
            if answer.status_code == 401:
                assert is_problem(answer)
                assert answer.headers["www-authenticate"] == "Bearer"


def otlp_statuses(person: Person, key: str) -> list[int]:
    """Of an export to each of the two HTTP doors."""
    headers = {"authorization": f"Bearer {key}", "content-type": "application/x-protobuf"}
    doors = (person.server.otlp_http, person.server.api)
    body = traces_request(span(new_trace_id()))
    return [
        httpx.post(f"{door}/v1/traces", content=body, headers=headers).status_code for door in doors
    ]


def test_telemetry_needs_ingest(person: Person) -> None:
    """At all three OTLP doors."""
    assert otlp_statuses(person, person.new_key("ingest")) == [200, 200]
    assert otlp_statuses(person, person.new_key("read")) == [403, 403]
    assert grpc_export(person.server, person.new_key("ingest")) is grpc.StatusCode.OK
    refused = grpc_export(person.server, person.new_key("read"))
    assert refused is grpc.StatusCode.PERMISSION_DENIED


def test_a_deleted_key_sends_no_telemetry(person: Person) -> None:
    """At all three OTLP doors, from the next request on."""
    with person.client(person.token) as client:
        made = client.post("/api/v1/api-keys", json={"name": "k", "scopes": ["ingest"]})
        key = made.json()["data"]
        assert otlp_statuses(person, key["secret"]) == [200, 200]
        assert grpc_export(person.server, key["secret"]) is grpc.StatusCode.OK
        client.delete(f"/api/v1/api-keys/{key['id']}")
    assert otlp_statuses(person, key["secret"]) == [401, 401]
    assert grpc_export(person.server, key["secret"]) is grpc.StatusCode.UNAUTHENTICATED
