"""``audittrail user`` and ``audittrail key``, beside a server and without one."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
from opentelemetry.util.re import parse_env_headers

from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.people import PASSWORD, Person
from tests.support.servers import Server, make_server


def new_email() -> str:
    return f"operator{time.time_ns()}@example.com"


def add_user(server: Server) -> str:
    """The address of a new user, whose password came by standard input."""
    email = new_email()
    done = server.cli("user", "add", email, stdin=PASSWORD + "\n")
    assert done.returncode == 0, done.stderr
    assert f"audittrail key create --user {email}" in done.stdout
    return email


def assert_key_works(server: Server, email: str, key: str) -> None:
    """It sends a span, and reads it back."""
    person = Person(server, email, "", key)
    trace_id = new_trace_id()
    assert person.otlp(traces_request(span(trace_id))).status_code == 200
    assert len(person.spans(trace_id)) == 1
    assert person.get("/api/v1/auth/me")["email"] == email


def test_accounts_are_added_beside_a_running_server(server: Server) -> None:
    """Through its socket: the user can log in at once, and the key can be used at once."""
    email = add_user(server)
    login = {"email": email, "password": PASSWORD}
    assert httpx.post(server.api + "/api/v1/auth/login", json=login).status_code == 200
    made = server.cli("key", "create", "--user", email, "--quiet")
    assert made.returncode == 0, made.stderr
    assert_key_works(server, email, made.stdout.strip())


def test_accounts_are_added_before_the_first_start(tmp_path: Path) -> None:
    """On the database itself; a server that starts later knows them."""
    server = make_server(tmp_path)
    email = add_user(server)
    made = server.cli("key", "create", "--user", email, "--quiet")
    assert made.returncode == 0, made.stderr
    server.start()
    try:
        assert_key_works(server, email, made.stdout.strip())
    finally:
        server.stop()


def test_a_password_may_come_from_the_environment(server: Server) -> None:
    """For scripts: AUDITTRAIL_PASSWORD, and nothing is asked."""
    email = new_email()
    environment = {**server.environment, "AUDITTRAIL_PASSWORD": "another password"}
    done = Server(
        server.folder, server.api, server.otlp_http, server.otlp_grpc, environment, ()
    ).cli("user", "add", email)
    assert done.returncode == 0, done.stderr
    login = {"email": email, "password": "another password"}
    assert httpx.post(server.api + "/api/v1/auth/login", json=login).status_code == 200


def test_the_line_for_an_agent_can_be_copied(person: Person) -> None:
    """What is printed for OTEL_EXPORTER_OTLP_HEADERS is read by the strictest of parsers, and
    the key in it is good."""
    made = person.server.cli("key", "create", "--user", person.email, "--name", "[my] agent")
    assert made.returncode == 0, made.stderr
    assert "Key '[my] agent' with the scopes ingest, read" in made.stdout
    (line,) = (each for each in made.stdout.splitlines() if "OTEL_EXPORTER" in each)
    value = line.partition("=")[2].strip('"')
    kind, _, key = parse_env_headers(value, liberal=False)["authorization"].partition(" ")
    assert kind == "Bearer"
    assert_key_works(person.server, person.email, key)
    with person.client(person.token) as client:
        assert "[my] agent" in {
            key["name"] for key in client.get("/api/v1/api-keys").json()["data"]
        }


def test_a_scope_is_all_that_a_key_may(person: Person) -> None:
    """A key made for ingest sends and does not read."""
    made = person.server.cli(
        "key", "create", "--user", person.email, "--scope", "ingest", "--quiet"
    )
    sender = Person(person.server, person.email, "", made.stdout.strip())
    trace_id = new_trace_id()
    assert sender.otlp(traces_request(span(trace_id))).status_code == 200
    with sender.client() as client:
        assert client.get(f"/api/v1/traces/{trace_id}").status_code == 403


def test_local_mode_has_somebody_to_make_keys_for(local_server: Server) -> None:
    """Without --user the key belongs to the local user."""
    made = local_server.cli("key", "create", "--quiet")
    assert made.returncode == 0, made.stderr
    owner = Person(local_server, "", "", made.stdout.strip())
    assert owner.get("/api/v1/auth/me")["kind"] == "api_key"


@pytest.mark.parametrize(
    ("command", "stdin", "words"),
    [
        (["user", "add", "nobody"], PASSWORD, "not an e-mail address"),
        (["user", "add", "short@example.com"], "short\n", "8 to "),
        (["user", "add", "nothing@example.com"], "", "8 to "),
        (["user", "add", "{email}"], PASSWORD, "registered already"),
        (["key", "create"], None, "--user EMAIL"),
        (["key", "create", "--user", "no@example.com"], None, "audittrail user add no@example"),
        (["key", "create", "--user", "{email}", "--scope", "write"], None, "ingest, read"),
        (["key", "create", "--user", "{email}", "--name", " "], None, "needs a name"),
    ],
)
def test_mistakes_are_told_in_a_line(
    person: Person, command: list[str], stdin: str | None, words: str
) -> None:
    """On standard error, with exit status 1 and no traceback."""
    done = person.server.cli(*(each.format(email=person.email) for each in command), stdin=stdin)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
