"""Keys that lead from page to page, and the palette."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.api.rest import rest_span, store
from tests.dashboard.support_accounts import sign_in, visit
from tests.dashboard.support_trace import ROW
from tests.dashboard.waiting import until
from tests.support.otlp import new_trace_id
from tests.support.people import Person


@pytest.fixture
def traces(page: Page, viewer: Person) -> list[str]:
    """The ids of three traces of somebody who is signed in, the newest first."""
    sign_in(page, viewer)
    ids = [new_trace_id() for _ in range(3)]
    for number, trace_id in enumerate(ids):
        start, end = (f"2026-01-31T12:0{3 - number}:0{second}Z" for second in (0, 1))
        known = {"name": f"agent {number}", "start_time": start, "end_time": end}
        store(viewer, rest_span(trace_id, **known))
    return ids


@pytest.mark.parametrize(
    ("key", "path"), [("t", "/traces"), ("s", "/sessions"), ("e", "/settings"), ("p", "/profile")]
)
def test_to_a_page(page: Page, viewer: Person, traces: list[str], key: str, path: str) -> None:
    """``g`` and a letter lead there; typed into a field they are letters."""
    visit(page, viewer, f"/traces/{traces[0]}")
    find = page.get_by_role("searchbox").last
    find.focus()
    page.keyboard.type(f"g{key}")
    expect(find).to_have_value(f"g{key}")
    find.blur()
    page.keyboard.press("g")
    page.keyboard.press(key)
    expect(page).to_have_url(re.compile(f"{path}$"))


def test_to_the_neighbours(page: Page, viewer: Person, traces: list[str]) -> None:
    """``]`` and ``[`` go through the traces in the order of the list that one came from."""
    visit(page, viewer, "/traces")
    page.get_by_role("link", name="agent 1").first.click()
    for key, place in (("]", 2), ("[", 1), ("[", 0)):
        page.wait_for_selector(ROW)
        page.keyboard.press(key)
        expect(page).to_have_url(re.compile(traces[place]))
        expect(page.get_by_role("heading", level=1)).to_have_text(f"agent {place}")


def test_the_palette(page: Page, viewer: Person, traces: list[str]) -> None:
    """Ctrl-K offers pages, the trace of an id, and the search for words; arrows choose."""
    visit(page, viewer, "/traces")
    expect(page.get_by_role("row")).to_have_count(4)
    ask = page.get_by_role("combobox", name="Search or jump to")

    def chosen(text: str, *keys: str) -> None:
        page.keyboard.press("Control+k")
        ask.fill(text)
        for key in (*keys, "Enter"):
            page.keyboard.press(key)

    chosen("se", "ArrowDown")
    expect(page).to_have_url(re.compile("/settings$"))
    chosen(traces[1])
    expect(page.get_by_role("heading", level=1)).to_have_text("agent 1")
    chosen("agent 2")
    until(page, "new URL(location).searchParams.get('q') === 'agent 2'")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(ask).to_have_count(0)
