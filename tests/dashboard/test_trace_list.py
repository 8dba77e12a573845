"""The list of traces: ranges, filters that are wrong or find nothing, order, comparing."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.api.rest import rest_span, store
from tests.dashboard.support_accounts import sign_in, visit
from tests.support.otlp import new_trace_id
from tests.support.people import Person, new_person
from tests.support.servers import Server

ROW: Final = ".at-list-row:not([hidden])"
FIRST: Final = f"{ROW}[aria-rowindex='2']"
RANGE: Final = "from=2025-01-01T00:00:00Z&to=2025-01-02T00:00:00Z"


def _trace(minute: int) -> dict[str, Any]:
    start = f"2026-01-31T12:{minute:02}:00Z"
    end = f"2026-01-31T12:{minute:02}:01Z"
    cost = (40 - minute) / 100
    return rest_span(
        new_trace_id(), name=f"agent {minute:02}", start_time=start, end_time=end, cost=cost
    )


TRACES: Final = [_trace(minute) for minute in (0, 10, 20, 30)]


@pytest.fixture(scope="module")
def reader(shown_server: Server) -> Person:
    made = new_person(shown_server)
    store(made, *TRACES)
    return made


@pytest.fixture
def shown(page: Page, reader: Person) -> Page:
    sign_in(page, reader)
    visit(page, reader, "/traces")
    expect(page.locator(ROW)).to_have_count(4)
    return page


def test_a_range_by_dragging(shown: Page) -> None:
    """A drag over the later half of the bars puts its times into the address, and leaves the
    traces of that half."""
    expect(shown.locator(".at-histogram-bar")).to_have_count(4)
    box = shown.locator(".at-histogram-field").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    shown.mouse.move(box["x"] + box["width"] / 2, middle)
    shown.mouse.down()
    shown.mouse.move(box["x"] + box["width"] + 40, middle, steps=3)
    shown.mouse.up()
    expect(shown.locator(ROW)).to_have_count(2)
    expect(shown.locator(FIRST)).to_contain_text("agent 30")
    asked = parse_qs(urlsplit(shown.url).query)
    assert "2026-01-31T12:10" < asked["from"][0] < "2026-01-31T12:20"
    assert asked["to"][0] >= "2026-01-31T12:30"


def test_an_unknown_key(loose_page: Page, reader: Person) -> None:
    """It is marked, the key that was meant is named, and the list stays."""
    page = loose_page
    sign_in(page, reader)
    visit(page, reader, "/traces")
    expect(page.locator(ROW)).to_have_count(4)
    box = page.get_by_role("combobox", name="Filter")
    box.fill("modle:gpt-4o")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Unknown filter `modle`. Did you mean `model`?")
    expect(page.locator(".at-term-bad")).to_have_text("modle:gpt-4o")
    expect(page.locator(ROW)).to_have_count(4)


def test_a_range_without_traces(shown: Page, reader: Person) -> None:
    """The page offers all time, which keeps the filter."""
    visit(shown, reader, f"/traces?q=cost:>0.25&{RANGE}")
    expect(shown.get_by_text("No traces match this filter.")).to_be_visible()
    shown.get_by_role("button", name="Search all time").click()
    expect(shown.locator(ROW)).to_have_count(2)
    expect(shown.locator(".at-term")).to_have_text("cost:>0.25")
    assert "from=" not in shown.url


def test_an_order(shown: Page) -> None:
    """A click on a head sorts by it, the address keeps that, and a second click turns it round."""
    head = shown.get_by_role("columnheader", name="Cost")
    head.get_by_role("button").click()
    expect(shown).to_have_url(re.compile(r"[?&]sort=cost$"))
    expect(shown.locator(FIRST)).to_contain_text("agent 00")
    head.get_by_role("button").click()
    expect(shown).to_have_url(re.compile(r"[?&]sort=cost\.asc$"))
    shown.reload()
    expect(shown.locator(FIRST)).to_contain_text("agent 30")
    expect(head).to_have_attribute("aria-sort", "ascending")


def test_two_are_compared(shown: Page, reader: Person) -> None:
    """One ticked trace is not enough; two open side by side."""
    button = shown.get_by_role("button", name=re.compile("^Compare"))
    shown.get_by_role("checkbox", name="Choose agent 00").check()
    expect(button).to_be_disabled()
    shown.get_by_role("checkbox", name="Choose agent 20").check()
    button.click()
    a, b = TRACES[0]["trace_id"], TRACES[2]["trace_id"]
    expect(shown).to_have_url(f"{reader.server.dashboard}/compare?a={a}&b={b}")
