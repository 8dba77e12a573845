"""Registering traces: the one call that a person waits for."""

from __future__ import annotations

import logging
import uuid
from pathlib import Path

import pytest

from audittrail.errors import (
    AuditTrailError,
    InvalidInput,
    NotAuthenticated,
    NotPermitted,
    SettingsError,
    Unavailable,
)
from audittrail.ingestor import AuditTrailIngestor
from tests.ingestor.stand_in import Answer, stand_in
from tests.support.people import Person
from tests.support.servers import free_ports


def test_a_trace(person: Person, ingestor: AuditTrailIngestor) -> None:
    """It is there when the call returns, with all that was said."""
    trace_id = ingestor.register_trace(
        "a trip",
        agent_name="planner",
        environment="development",
        session_id="s",
        user_id="u",
        metadata={"ticket": 7, "path": Path("/x")},
    )
    trace = person.get(f"/api/v1/traces/{trace_id}")
    assert trace["trace_id"] == trace_id
    assert (trace["name"], trace["agent_name"]) == ("a trip", "planner")
    assert (trace["environment"], trace["session_id"]) == ("development", "s")
    assert (trace["user_id"], trace["metadata"]) == ("u", {"ticket": 7, "path": "/x"})


def test_an_id_of_your_own(person: Person, ingestor: AuditTrailIngestor) -> None:
    """It is kept in the form in which it was given."""
    mine = str(uuid.uuid4())
    assert ingestor.register_trace(trace_id=mine) == mine
    assert person.get(f"/api/v1/traces/{mine}")["trace_id"] == mine


def test_an_id_that_is_none(ingestor: AuditTrailIngestor) -> None:
    """The server's own words reach the caller."""
    with pytest.raises(InvalidInput, match=r"trace\.trace_id must be a UUID or 32 hex digits"):
        ingestor.register_trace(trace_id="trip-1")


def test_no_server() -> None:
    """The message says where it was looked for, and what to do."""
    (port,) = free_ports(1)
    with (
        AuditTrailIngestor(api_url=f"http://127.0.0.1:{port}") as ingestor,
        pytest.raises(Unavailable) as caught,
    ):
        ingestor.register_trace("a trip")
    said = str(caught.value)
    assert f"No AuditTrail server answers at http://127.0.0.1:{port} (" in said
    assert "Connection refused). Start one with `audittrail serve --local`" in said


def test_a_server_that_hangs() -> None:
    """It is waited for no longer than was said."""
    with stand_in() as server:
        server.let_go.clear()
        with (
            AuditTrailIngestor(api_url=server.url, timeout=0.05) as ingestor,
            pytest.raises(Unavailable, match="it took too long"),
        ):
            ingestor.register_trace("a trip")
        server.let_go.set()


def test_a_wrong_key(person: Person) -> None:
    """The message shows which key it was, but not the key."""
    wrong = "sk-at-" + "0" * 48
    with (
        AuditTrailIngestor(wrong, person.server.api) as ingestor,
        pytest.raises(NotAuthenticated, match=r"refused the API key sk-at-000000\.\.\.") as caught,
    ):
        ingestor.register_trace("a trip")
    assert wrong not in str(caught.value)
    assert "AUDITTRAIL_API_KEY" in str(caught.value)


def test_no_key(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says that one is wanted."""
    monkeypatch.delenv("AUDITTRAIL_API_KEY", raising=False)
    with (
        AuditTrailIngestor(api_url=person.server.api) as ingestor,
        pytest.raises(NotAuthenticated, match="wants an API key"),
    ):
        ingestor.register_trace("a trip")


def test_a_key_without_the_scope(person: Person) -> None:
    """The message names the scope."""
    with (
        AuditTrailIngestor(person.new_key("read"), person.server.api) as ingestor,
        pytest.raises(NotPermitted, match="ingest"),
    ):
        ingestor.register_trace("a trip")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>"),
        Answer(200, []),
        Answer(404),
        Answer(302, b"", (("location", "https://elsewhere.example/"),)),
    ],
)
def test_something_else_at_the_address(answer: Answer) -> None:
    """A web page, a proxy that points elsewhere: the message says which setting is wrong, and
    nobody is followed with the key."""
    with (
        stand_in(answer) as server,
        AuditTrailIngestor("sk-at-1234567890abcdef1234", server.url) as ingestor,
        pytest.raises(SettingsError, match="Set AUDITTRAIL_API_URL"),
    ):
        ingestor.register_trace("a trip")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(503, {"detail": "busy"}, (("retry-after", "3"),)), Unavailable),
        (Answer(500, b"oh"), AuditTrailError),
        (Answer(400, {"detail": [{"loc": ["body", "name"], "msg": "bad"}]}), InvalidInput),
    ],
)
def test_other_answers(answer: Answer, kind: type[AuditTrailError]) -> None:
    """Each has its type, with what the server said."""
    with (
        stand_in(answer) as server,
        AuditTrailIngestor(api_url=server.url) as ingestor,
        pytest.raises(kind) as caught,
    ):
        ingestor.register_trace("a trip")
    assert str(answer.status) in str(caught.value)
    assert any(word in str(caught.value) for word in ("busy", "oh", "name: bad"))
    assert getattr(caught.value, "retry_after", 3) == 3


def test_harmless(caplog: pytest.LogCaptureFixture) -> None:
    """It logs instead, and the id can be used all the same."""
    (port,) = free_ports(1)
    with AuditTrailIngestor(api_url=f"http://127.0.0.1:{port}") as ingestor:
        trace_id = ingestor.register_trace("a trip", harmless=True)
    assert len(bytes.fromhex(trace_id)) == 16
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("audittrail.ingestor", logging.WARNING)
    assert "No AuditTrail server answers" in record.getMessage()


def test_netrc_does_not_replace_the_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where requests would."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    key = "sk-at-1234567890abcdef1234"
    with stand_in() as server, AuditTrailIngestor(key, server.url) as ingestor:
        ingestor.register_trace("a trip")
    assert server.requests[0].headers["authorization"] == f"Bearer {key}"
