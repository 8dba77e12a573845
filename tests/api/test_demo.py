"""The demonstration: anybody may look, and do nothing else."""

from __future__ import annotations

from pathlib import Path

import grpc
import httpx
import pytest

from audittrail.server.core import build_services
from audittrail.server.demo.samples import SAMPLES, TRACES, load_sample
from audittrail.server.settings import Settings
from tests.api.conftest import LIMIT
from tests.api.grpc_door import grpc_export
from tests.api.routes import is_problem, operations
from tests.api.test_key_scopes import NEEDS, ask, otlp_statuses
from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.people import PASSWORD, Person
from tests.support.servers import SECRET_KEY, Server, running_server


def enter(server: Server) -> httpx.Response:
    return httpx.post(f"{server.api}/api/v1/auth/demo", timeout=60)


@pytest.fixture
def visitor(server: Server) -> Person:
    """Somebody who looks at the demonstration."""
    answer = enter(server)
    assert answer.status_code == 200, answer.text
    token = answer.json()["data"]["access_token"]
    return Person(server, "", token, token)


def test_a_visitor_reads_everything_and_writes_nothing(visitor: Person) -> None:
    """Each route that needs the right to read lets visitors in; each that is for people or for
    what sends data refuses them, and says why. All that changes anything is among those."""
    with visitor.client() as client:
        for operation in operations(visitor.server):
            need = NEEDS[operation.name]
            if need == "nothing":
                continue
            answer = ask(client, operation)
            refused = need in ("ingest", "person")
            assert (answer.status_code == 403) == refused, (operation.name, answer.text)
            # A preview asks for much, and changes nothing.
            asks = operation.path.endswith("/ablation/preview")
            assert refused or asks or operation.method == "GET"
            if refused:
                assert is_problem(answer)
                assert "read only" in answer.json()["detail"]


def test_a_visitor_sends_no_telemetry(visitor: Person) -> None:
    """At all three OTLP doors."""
    assert otlp_statuses(visitor, visitor.token) == [403, 403]
    assert grpc_export(visitor.server, visitor.token) is grpc.StatusCode.PERMISSION_DENIED


def test_what_is_there(visitor: Person) -> None:
    """All recorded traces with all their spans, of differing agents, models, people and places,
    with each source of a cost, some failed; they ended within the last day."""
    assert visitor.get("/api/v1/auth/me")["demo"] is True
    traces = [each for each in visitor.get("/api/v1/traces", limit=200) if not each["metadata"]]
    assert len(traces) == TRACES == 20
    recorded = [load_sample(sample.name) for sample in SAMPLES]
    spans = {
        each.span_id
        for capture in recorded
        for request in capture.requests
        for each in request.spans()
    }
    assert sum(trace["span_count"] for trace in traces) == len(spans)
    assert {trace["missing_parents"] for trace in traces} == {0}
    assert {trace["status"] for trace in traces} == {"complete", "error"}
    for name, least in (("agent_name", 8), ("environment", 4), ("session_id", 12), ("user_id", 8)):
        assert len({trace[name] for trace in traces}) >= least, name
    assert len({model for trace in traces for model in trace["models"]}) >= 8
    assert {trace["cost_source"] for trace in traces} >= {
        "agent",
        "estimated",
        "default",
        "unpriced",
        "mixed",
    }
    turns = [trace for trace in traces if trace["session_id"] == "handbook-day-shift"]
    assert len(turns) == 3
    large = max(traces, key=lambda trace: trace["span_count"])
    assert 280 <= large["span_count"] <= 320
    assert large["error_count"] > 0


def test_visitors_see_nobody_elses_traces(visitor: Person, person: Person) -> None:
    """Nor do people see those of the demonstration."""
    trace_id = new_trace_id()
    assert person.otlp(traces_request(span(trace_id))).status_code == 200
    shown = visitor.get("/api/v1/traces", limit=200)[-1]["trace_id"]
    for one, other, of_other in ((visitor, person, trace_id), (person, visitor, shown)):
        with one.client() as client:
            assert client.get(f"/api/v1/traces/{of_other}").status_code == 404
        assert other.get(f"/api/v1/traces/{of_other}")["trace_id"] == of_other
    assert [trace["trace_id"] for trace in person.get("/api/v1/traces")] == [trace_id]


def test_nobody_is_the_demonstrations_user(visitor: Person) -> None:
    """Its address can neither be registered nor logged in with, and gets no key, not even by the
    operator."""
    server = visitor.server
    email = visitor.get("/api/v1/auth/me")["email"]
    for password in (PASSWORD, "!"):
        body = {"email": email, "password": password}
        for path, status in (("register", 422), ("login", 401)):
            answer = httpx.post(f"{server.api}/api/v1/auth/{path}", json=body, timeout=60)
            assert answer.status_code == status, answer.text
    made = server.cli("key", "create", "--user", email)
    assert made.returncode == 1
    assert "read only" in made.stdout + made.stderr


def test_an_address_may_look_so_often(limited_server: Server) -> None:
    """Then 429 with the seconds to wait; logging in is counted apart. The next call finds the data
    that the first one brought, and nothing twice."""
    transport = httpx.HTTPTransport(local_address="127.0.2.2")
    with httpx.Client(base_url=limited_server.api, transport=transport, timeout=60) as client:
        answers = [client.post("/api/v1/auth/demo") for _ in range(LIMIT + 1)]
        assert [answer.status_code for answer in answers] == [200] * LIMIT + [429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        body = {"email": "ada@example.com", "password": PASSWORD}
        assert client.post("/api/v1/auth/register", json=body).status_code == 201
    token = answers[0].json()["data"]["access_token"]
    visitor = Person(limited_server, "", token, token)
    traces = visitor.get("/api/v1/traces", limit=200)
    assert len([each for each in traces if not each["metadata"]]) == TRACES


def token_of_before(folder: Path) -> str:
    """Of a demonstration that is on, in this database."""
    services = build_services(Settings(data_dir=folder, secret_key=SECRET_KEY))  # type: ignore[arg-type]  # pydantic makes it one
    try:
        token = services.accounts.demo_token("203.0.113.9")
        assert services.accounts.authenticate(token).demo
    finally:
        services.pipeline.close()
        services.store.close()
    return token


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    """Then there is no demonstration, whose tokens of before are refused too."""
    token = token_of_before(tmp_path)
    with running_server(tmp_path, DEMO="off") as server:
        answer = enter(server)
        assert answer.status_code == 404
        assert "AUDITTRAIL_DEMO=off" in answer.json()["detail"]
        headers = {"authorization": f"Bearer {token}"}
        assert httpx.get(f"{server.api}/api/v1/traces", headers=headers).status_code == 401
