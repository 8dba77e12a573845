"""What all routes have in common: envelopes, errors, pages of other origins, documentation."""

from __future__ import annotations

import httpx
import pytest

from tests.api.conftest import PAGE
from tests.api.rest import break_a_rule, register, rest_span, store
from tests.api.routes import is_problem, openapi, operations
from tests.support.otlp import new_span_id, new_trace_id
from tests.support.people import Person
from tests.support.servers import Server

UNWRAPPED = {"/api/v1/health", "/api/v1/ready", "/metrics"}
LISTS = {
    "/api/v1/api-keys",
    "/api/v1/sessions",
    "/api/v1/traces",
    "/api/v1/traces/{trace_id}/spans",
    "/api/v1/traces/{trace_id}/logs",
    "/api/v1/traces/{trace_id}/violations",
    "/api/v1/traces/{trace_id}/otlp",
    "/api/v1/violations",
    "/api/v1/violations/decisions",
    "/api/v1/webhooks",
    "/api/v1/webhooks/{webhook_id}/deliveries",
}

# Of bounded length, without pages.
WHOLE = {"/api/v1/traces/values", "/api/v1/settings/pricing/used"}


def test_reads_are_wrapped(person: Person) -> None:
    """In ``data``; lists, and only lists, have ``next_cursor``."""
    trace_id, span_id = new_trace_id(), new_span_id()
    store(person, rest_span(trace_id, span_id))
    register(person, trace_id=trace_id, session_id="talk")
    ids = {"trace_id": trace_id, "span_id": span_id, "session_id": "talk"}
    ids |= {"rule_id": "refusal", "violation_id": break_a_rule(person)["id"]}
    with person.client(person.token) as client:
        made = client.post("/api/v1/webhooks", json={"url": "https://93.184.216.34/a"})
        ids["webhook_id"] = made.json()["data"]["id"]
        ids["key_id"] = client.get("/api/v1/api-keys").json()["data"][0]["id"]
        for operation in operations(person.server):
            if operation.method != "GET" or operation.path in UNWRAPPED:
                continue
            # Without an endpoint there is no run; tests/ablation read some.
            if "run_id" in operation.places:
                continue
            path = operation.path.format(**ids)
            answer = client.get(path, params=operation.required)
            assert answer.status_code == 200, operation.name
            assert answer.headers["content-type"] == "application/json"
            is_list = operation.path in LISTS
            expected = {"data", "next_cursor"} if is_list else {"data"}
            assert answer.json().keys() == expected, operation.name
            whole = operation.path in WHOLE
            assert isinstance(answer.json()["data"], list) == (is_list or whole), operation.name


def test_health(server: Server) -> None:
    """Without a credential, and not wrapped."""
    health = httpx.get(server.api + "/api/v1/health").json()
    assert health["status"] == "ok"
    assert health["db_connected"] is True
    assert health["version"]
    assert httpx.get(server.api + "/api/v1/ready").json()["ready"] is True
    assert "audittrail_store_up 1.0" in httpx.get(server.api + "/metrics").text


def test_the_pricing_table(person: Person) -> None:
    """Models with their rates, where they come from, and whether the file is in force."""
    pricing = person.get("/api/v1/settings/pricing")
    assert pricing["problem"] is None
    assert pricing["models"]
    assert all(model["source"] == "file" for model in pricing["models"])


def test_errors_of_the_framework_look_the_same(server: Server) -> None:
    """A path that is none, and a method that is none."""
    for method, path, status in (("GET", "/api/v1/none", 404), ("PUT", "/api/v1/traces", 405)):
        answer = httpx.request(method, server.api + path)
        assert answer.status_code == status
        assert is_problem(answer)


def test_the_documentation(server: Server) -> None:
    """Every operation has a summary and a name of its own; the pages exist."""
    document = openapi(server)
    assert document["openapi"].startswith("3.")
    said = [each for path in document["paths"].values() for each in path.values()]
    assert all(each["summary"] for each in said)
    assert len({each["operationId"] for each in said}) == len(said) >= 20
    references = httpx.get(server.api + "/openapi.json").text.count('"#/components/schemas/')
    assert references > 0
    assert httpx.get(server.api + "/docs").status_code == 200


def preflight(server: Server, origin: str) -> httpx.Response:
    headers = {
        "origin": origin,
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization",
    }
    return httpx.options(server.api + "/api/v1/traces", headers=headers)


@pytest.mark.parametrize("origin", [PAGE, "https://evil.example.com", "null"])
def test_only_configured_pages_are_let_in(strict_server: Server, origin: str) -> None:
    """The answer names the origin, or names none."""
    allowed = preflight(strict_server, origin).headers.get("access-control-allow-origin")
    plain = httpx.get(strict_server.api + "/api/v1/health", headers={"origin": origin})
    expected = PAGE if origin == PAGE else None
    assert allowed == plain.headers.get("access-control-allow-origin") == expected


def test_no_page_is_let_in_by_default(server: Server) -> None:
    """Unless the operator says so."""
    answer = preflight(server, PAGE)
    assert answer.status_code == 405
    assert "access-control-allow-origin" not in answer.headers
