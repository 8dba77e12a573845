"""What an operator looks at: health, readiness, metrics, documentation, the log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.otlp import logs_request, new_span_id, new_trace_id, span, traces_request
from tests.support.people import PASSWORD, Person, new_person
from tests.support.servers import Server, running_server


def samples(server: Server) -> dict[tuple[str, str], float]:
    """(name, labels) of each sample, and its value."""
    answer = httpx.get(f"{server.api}/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, " ".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_health_tells_what_runs(server: Server) -> None:
    """Without a login, and not wrapped: for load balancers."""
    answer = httpx.get(f"{server.api}/api/v1/health")
    assert answer.status_code == 200
    said = answer.json()
    assert (said["status"], said["db_connected"], said["local_mode"]) == ("ok", True, False)
    assert said["version"] == server.cli("--version").stdout.strip()
    assert said["db_engine"].startswith("duckdb ")


def test_ready_means_that_spans_can_be_stored(server: Server) -> None:
    """Nothing is the matter, so there is no reason."""
    answer = httpx.get(f"{server.api}/api/v1/ready")
    assert answer.status_code == 200
    assert answer.json()["ready"] is True
    assert answer.json()["reason"] is None


def test_metrics_count_what_was_sent(person: Person) -> None:
    """Spans and log records, requests by door and outcome, bytes, and the rows of the store."""
    before = samples(person.server)
    trace_id, span_id = new_trace_id(), new_span_id()
    traces = traces_request(span(trace_id, span_id), span(trace_id), span(trace_id))
    logs = logs_request(*({"trace_id": trace_id, "span_id": span_id, "body": n} for n in range(2)))
    assert person.otlp(traces).status_code == 200
    assert person.otlp(logs, "logs").status_code == 200
    assert person.otlp(b"no protobuf").status_code == 400
    after = samples(person.server)
    grown = {key: value - before.get(key, 0) for key, value in after.items()}
    expected = {
        ("audittrail_ingest_items_total", "outcome=stored signal=traces"): 3,
        ("audittrail_ingest_items_total", "outcome=stored signal=logs"): 2,
        ("audittrail_ingest_requests_total", "door=http outcome=200 signal=traces"): 1,
        ("audittrail_ingest_requests_total", "door=http outcome=200 signal=logs"): 1,
        ("audittrail_ingest_bytes_total", "signal=traces"): len(traces),
        ("audittrail_ingest_bytes_total", "signal=logs"): len(logs),
        ("audittrail_ingest_seconds_count", "signal=traces"): 1,
        ("audittrail_ingest_seconds_count", "signal=logs"): 1,
    }
    assert {key: grown.get(key) for key in expected} == expected
    failed = {k: v for k, v in grown.items() if k[0] == "audittrail_ingest_requests_total" and v}
    assert sum(failed.values()) == 3
    assert after["audittrail_store_up", ""] == 1
    assert grown["audittrail_store_last_seq", ""] >= 5
    assert after["audittrail_store_queued_rows", ""] == 0


def test_the_api_documents_itself(server: Server) -> None:
    """/docs shows what /openapi.json says, which has each route with a summary, and how to
    authenticate."""
    page = httpx.get(f"{server.api}/docs")
    assert page.status_code == 200
    assert "/openapi.json" in page.text
    said = httpx.get(f"{server.api}/openapi.json").json()
    assert {
        "/api/v1/health",
        "/api/v1/auth/register",
        "/api/v1/auth/login",
        "/api/v1/auth/me",
        "/api/v1/api-keys",
        "/api/v1/api-keys/{key_id}",
        "/api/v1/ingest/traces",
        "/api/v1/ingest/spans",
        "/api/v1/traces",
        "/api/v1/traces/{trace_id}",
        "/api/v1/traces/{trace_id}/spans",
        "/api/v1/traces/{trace_id}/skeleton",
        "/api/v1/spans/{trace_id}/{span_id}",
        "/api/v1/settings/pricing",
    } <= said["paths"].keys()
    for methods in said["paths"].values():
        for described in methods.values():
            assert described["summary"]
    assert "HTTPBearer" in said["components"]["securitySchemes"]


@pytest.fixture
def chatty(tmp_path: Path) -> Iterator[Server]:
    """A server that logs all that it ever logs."""
    with running_server(tmp_path, "--debug", LOG_FORMAT="json") as server:
        yield server


def misbehave(person: Person) -> list[str]:
    """Requests that are refused and hold secrets in all places; the secrets."""
    server, key = person.server, person.key
    login = {"email": person.email, "password": PASSWORD + "typo"}
    httpx.post(f"{server.api}/api/v1/auth/login", json=login)
    httpx.post(f"{server.api}/api/v1/auth/register", json={"email": "x", "password": PASSWORD})
    httpx.post(f"{server.api}/api/v1/auth/login", content=f'{{"password": "{PASSWORD}"')
    httpx.get(f"{server.api}/api/v1/traces", params={"api_key": key, "limit": "many"})
    unknown = "sk-at-" + "0123456789abcdef" * 3
    with person.client(unknown) as client:
        client.get("/api/v1/traces")
    with person.client(person.token + "x") as client:
        client.get("/api/v1/traces")
    person.otlp(b"no protobuf, but " + key.encode())
    person.otlp(f'{{"resourceSpans": "{key}"}}'.encode(), content_type="application/json")
    payload = "what the user said in confidence"
    person.otlp(traces_request(span(new_trace_id(), attributes={"audittrail.input": payload})))
    person.post("/api/v1/ingest/spans", {"batch": [{"span_id": payload, "input": payload}]})
    return [PASSWORD, key, person.token, unknown, payload, server.environment[_SECRET]]


_SECRET = "AUDITTRAIL_SECRET_KEY"


def test_the_log_holds_no_secrets(chatty: Server) -> None:
    """Neither passwords, keys and tokens nor what spans say, even when debugging; from the first
    line to the last it is JSON but for the welcome."""
    person = new_person(chatty)
    secrets = misbehave(person)
    made = chatty.cli("key", "create", "--user", person.email, "--quiet")
    assert made.returncode == 0
    assert chatty.stop() == 0
    log = chatty.log.read_text()
    for secret in (*secrets, made.stdout.strip()):
        assert secret not in log
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    events = [line["event"] for line in lines]
    assert "stopping" in events
    assert events[-1] == "stopped"
    for line in lines:
        assert line.keys() >= {"event", "level", "logger", "timestamp"}
