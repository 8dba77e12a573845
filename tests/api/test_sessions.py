"""Sessions: the traces of one conversation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.rest import rest_span, store
from tests.support.otlp import new_trace_id
from tests.support.people import Person, new_person
from tests.support.servers import Server

SESSIONS = "/api/v1/sessions"


def _turn(session: str, second: int, **fields: Any) -> dict[str, Any]:
    given = {
        "span_type": "llm",
        "start_time": f"2026-01-31T12:00:{second:02}Z",
        "end_time": f"2026-01-31T12:00:{second + 1:02}Z",
        **fields,
    }
    return rest_span(new_trace_id(), session_id=session, user_id="ada", **given)


@pytest.fixture(scope="module")
def owner(server: Server) -> Person:
    made = new_person(server)
    history = [{"role": "user", "content": "Hello"}, {"role": "user", "content": "And now?"}]
    reply = {"role": "assistant", "content": "Hi"}
    store(
        made,
        _turn("chat/1", 10, input=history, output="Bye", cost=0.25, tokens_in=5, status="error"),
        _turn("chat/1", 0, input="Hello", output=reply),
        _turn("chat 2", 30),
        rest_span(new_trace_id(), name="of no session"),
    )
    return made


def test_the_list(owner: Person) -> None:
    """The last used first, with sums; what nobody knows is null."""
    later, earlier = owner.get(SESSIONS)
    assert (later["session_id"], later["cost"], later["tokens_in"]) == ("chat 2", None, None)
    assert earlier == {
        "session_id": "chat/1",
        "user_id": "ada",
        "trace_count": 2,
        "first_time": "2026-01-31T12:00:00.000000Z",
        "last_time": "2026-01-31T12:00:11.000000Z",
        "duration_ms": 2000.0,
        "tokens_in": 5,
        "tokens_out": None,
        "cost": 0.25,
        "cost_source": "agent",
        "unpriced_spans": earlier["unpriced_spans"],
        "failed_traces": 1,
        "running_traces": 0,
    }


def test_pages_and_filters(owner: Person) -> None:
    """A page at a time, by text, and by when a session was last used."""
    ids = [each["session_id"] for each in owner.pages(SESSIONS, limit=1)]
    assert ids == ["chat 2", "chat/1"]
    assert [each["session_id"] for each in owner.get(SESSIONS, text="T/1")] == ["chat/1"]
    until = owner.get(SESSIONS, until="2026-01-31T12:00:20Z")
    assert [each["session_id"] for each in until] == ["chat/1"]


def test_turns(owner: Person) -> None:
    """By time, each with what was asked last and what came back; its id may hold a slash."""
    told = owner.get(f"{SESSIONS}/chat/1")
    assert [(turn["input"], turn["output"]) for turn in told["turns"]] == [
        ("Hello", "Hi"),
        ("And now?", "Bye"),
    ]
    assert (told["trace_count"], told["more"]) == (2, False)
    assert [turn["trace"]["status"] for turn in told["turns"]] == ["complete", "error"]
    [turn] = owner.get(f"{SESSIONS}/chat%202")["turns"]
    assert (turn["input"], turn["output"]) == (None, None)


def test_nobody_elses(server: Server, owner: Person) -> None:
    """Another's session is as unknown as one that is not there."""
    other = new_person(server)
    assert other.get(SESSIONS) == []
    with other.client() as client:
        answers = [client.get(f"{SESSIONS}/{name}") for name in ("chat/1", "nobody's")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()
    store(other, _turn("chat/1", 0, cost=9.0))
    assert owner.get(f"{SESSIONS}/chat/1")["cost"] == 0.25
