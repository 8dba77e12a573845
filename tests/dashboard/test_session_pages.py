"""Sessions: the list of them, and one as a conversation."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from tests.api.rest import rest_span, store
from tests.dashboard.support_accounts import sign_in, visit
from tests.support.otlp import new_trace_id
from tests.support.people import Person, new_person
from tests.support.servers import Server

CHAT: Final = "chat/1 of ada"
CHAT_PATH: Final = "/sessions/chat%2F1%20of%20ada"


def _turn(second: int, **fields: Any) -> dict[str, Any]:
    given = {
        "name": "assistant",
        "span_type": "llm",
        "session_id": CHAT,
        "user_id": "ada",
        "start_time": f"2026-01-31T12:00:{second:02}Z",
        "end_time": f"2026-01-31T12:00:{second + 2:02}Z",
        **fields,
    }
    return rest_span(new_trace_id(), **given)


FIRST: Final = _turn(0, input="Hello", output="Hi", cost=0.25, tokens_in=1200, tokens_out=30)
SECOND: Final = _turn(10, input="And now?", cost=0.5, tokens_in=34, tokens_out=5, status="error")


@pytest.fixture(scope="module")
def talker(shown_server: Server) -> Person:
    made = new_person(shown_server)
    store(made, SECOND, FIRST, rest_span(new_trace_id(), name="of no session"))
    return made


def test_the_list(page: Page, talker: Person) -> None:
    """A row names the session and its user, and sums its traces."""
    sign_in(page, talker)
    visit(page, talker, "/sessions")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(1)
    cells = rows.locator("td").all_inner_texts()
    assert cells[:3] == [CHAT, "ada", "2"]
    assert cells[3] == "4.00 s"
    assert cells[4] == "1,234 / 35"
    assert cells[5].startswith("$0.75")
    assert cells[6] == "! 1"
    expect(rows.locator("td").last.locator("time")).to_have_attribute(
        "datetime", "2026-01-31T12:00:12.000Z"
    )
    rows.get_by_role("link", name=CHAT).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(CHAT)


def test_no_session(page: Page, viewer: Person) -> None:
    """The page says which attribute makes one, and how."""
    sign_in(page, viewer)
    visit(page, viewer, "/sessions")
    text = "No sessions. Set session.id (or gen_ai.conversation.id) on your spans."
    expect(page.get_by_text(text, exact=True)).to_be_visible()
    page.get_by_role("button", name="How").click()
    expect(page.get_by_role("dialog")).to_contain_text("gen_ai.conversation.id")


def test_a_conversation(page: Page, talker: Person) -> None:
    """It has a turn per trace, the first said first, with totals above; a turn leads to its
    trace."""
    sign_in(page, talker)
    visit(page, talker, CHAT_PATH)
    turns = page.locator(".at-turn")
    expect(turns).to_have_count(2)
    expect(turns.nth(0).locator(".at-turn-user")).to_contain_text("Hello")
    expect(turns.nth(0).locator(".at-turn-agent")).to_contain_text("Hi")
    expect(turns.nth(1).locator(".at-turn-user")).to_contain_text("And now?")
    expect(turns.nth(1).locator(".at-turn-agent")).to_contain_text("No answer was recorded.")
    expect(turns.nth(1)).to_contain_text("1 failed span")
    totals = page.locator(".at-figures")
    for figure in ("ada", "4.00 s", "1,234 in / 35 out", "$0.75", "1 trace"):
        expect(totals).to_contain_text(figure)
    turns.nth(1).get_by_role("link").click()
    expect(page).to_have_url(f"{talker.server.dashboard}/traces/{SECOND['trace_id']}")


def test_a_turn_comes(page: Page, viewer: Person) -> None:
    """It appears in the open conversation, and counts."""
    store(viewer, FIRST)
    sign_in(page, viewer)
    visit(page, viewer, CHAT_PATH)
    turns = page.locator(".at-turn")
    expect(turns).to_have_count(1)
    store(viewer, SECOND)
    expect(turns).to_have_count(2)
    expect(page.locator(".at-figures")).to_contain_text("$0.75")
