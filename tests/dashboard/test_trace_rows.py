"""The list of traces: what a filter finds, what comes while somebody reads, what the rows say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from tests.api.rest import rest_span, store
from tests.dashboard.support_accounts import sign_in, visit
from tests.dashboard.waiting import painted, until
from tests.support.otlp import new_span_id, new_trace_id
from tests.support.people import Person

ROW: Final = ".at-list-row:not([hidden])"
FIRST: Final = f"{ROW}[aria-rowindex='2']"
_PAGE: Final = Path(__file__).parents[2] / "docs" / "filters.md"
EXAMPLES: Final = [
    example
    for line in re.findall(r"^\| (`.*?) \|", _PAGE.read_text(), re.MULTILINE)
    for example in re.findall(r"`([^`]+)`", line)
]


@pytest.fixture
def owner(page: Page, viewer: Person) -> Person:
    sign_in(page, viewer)
    return viewer


def _trace(number: int, **more: Any) -> dict[str, Any]:
    """A trace of one span, that began ``number`` seconds after noon."""
    start = f"2026-01-31T12:{number // 60:02}:{number % 60:02}.000Z"
    end = f"2026-01-31T12:{number // 60:02}:{number % 60:02}.300Z"
    known = {"name": f"agent {number:03}", "start_time": start, "end_time": end, **more}
    return rest_span(new_trace_id(), **known)


def _assorted(owner: Person) -> None:
    """Traces of which each example finds some, and not all."""
    store(
        owner,
        _trace(0, status="error"),
        _trace(1, end_time=None),
        _trace(2, span_type="llm", model="gpt-4o", cost=0.02),
        _trace(3, name="web search"),
        _trace(4, span_type="tool", name="web_search"),
        _trace(5, end_time="2026-01-31T12:00:08Z"),
        _trace(6, attributes={"tenant": "acme"}),
        _trace(7, start_time=None, end_time=None, input="the overdraft of today"),
        _trace(8, output="with the -f flag"),
    )


def _shown(page: Page) -> list[str]:
    links = page.locator(f"{ROW} .at-list-name a").all()
    return sorted(str(each.get_attribute("href")).rsplit("/", 1)[-1] for each in links)


def test_the_examples_of_the_document(page: Page, owner: Person) -> None:
    """Each finds in the page what it finds by the API."""
    assert len(EXAMPLES) >= 11
    _assorted(owner)
    sizes = set()
    visit(page, owner, "/traces")
    box = page.get_by_role("combobox", name="Filter")
    for example in EXAMPLES:
        expected = sorted(each["trace_id"] for each in owner.get("/api/v1/traces", q=example))
        sizes.add(len(expected))
        expect(page.locator(ROW)).to_have_count(9)
        box.fill(example)
        box.press("Enter")
        if expected:
            expect(page.locator(ROW)).to_have_count(len(expected))
            assert _shown(page) == expected, example
        else:
            expect(page.get_by_text("No traces match this filter.")).to_be_visible()
        while page.locator(".at-term").count():
            box.press("Backspace")
    assert max(sizes) > 0


def test_a_filter_stays_and_goes(page: Page, owner: Person) -> None:
    """After a reload it is there as before; a filter that finds nothing can be cleared."""
    _assorted(owner)
    visit(page, owner, "/traces")
    box = page.get_by_role("combobox", name="Filter")
    box.fill("status:error")
    box.press("Enter")
    expect(page.locator(ROW)).to_have_count(1)
    page.reload()
    expect(page.locator(".at-term")).to_have_text("status:error")
    expect(page.locator(ROW)).to_have_count(1)
    box.fill("model:none")
    box.press("Enter")
    expect(page.get_by_text("No traces match this filter.")).to_be_visible()
    page.get_by_role("button", name="Clear filter").click()
    expect(page.locator(ROW)).to_have_count(9)
    expect(page.locator(".at-term")).to_have_count(0)


def test_costs_in_rows(page: Page, owner: Person) -> None:
    """With the badge of their source; without a price there is no amount."""
    store(
        owner,
        _trace(0, name="reported", span_type="llm", cost=0.5),
        _trace(1, name="by table", span_type="llm", model="gpt-4o", tokens_in=1000, tokens_out=1),
        _trace(2, name="by default", span_type="llm", model="made-up", tokens_in=1000),
        _trace(3, name="silent", span_type="llm", model="made-up"),
    )
    visit(page, owner, "/traces")
    expect(page.locator(ROW)).to_have_count(4)
    told = {
        name: page.locator(ROW, has_text=name).locator(".at-list-cost").inner_text()
        for name in ("reported", "by table", "by default", "silent")
    }
    assert re.match(r"\$0\.50*\s", told["reported"])
    assert [re.search(r"[A-Z]\w*", told[name]) is not None for name in told][:3] == [True] * 3
    assert "$" not in told["silent"]


def test_pages_by_scrolling(page: Page, owner: Person) -> None:
    """More come as the reader goes down, each trace once, in the order of the API."""
    for low in range(0, 250, 50):
        store(owner, *(_trace(n, cost=n / 1000) for n in range(low, low + 50)))
    visit(page, owner, "/traces?sort=cost")
    expect(page.locator(FIRST)).to_contain_text("agent 249")
    grid = page.get_by_role("grid")
    seen: list[str] = []
    for _ in range(60):
        for text in page.locator(f"{ROW} .at-list-link").all_inner_texts():
            if text.startswith("agent") and text not in seen:
                seen.append(text)
        if len(seen) == 250:
            break
        grid.evaluate("(node) => { node.scrollTop += 300; }")
        page.wait_for_timeout(30)
    assert sorted(seen, reverse=True) == [f"agent {n:03}" for n in range(249, -1, -1)]
    expect(page.locator(".at-list-foot")).to_have_text("250 traces")


def test_new_traces_wait(page: Page, owner: Person) -> None:
    """While the reader is further down nothing moves, and a button counts what came; it shows
    them. At the top they come by themselves."""
    store(owner, *(_trace(n) for n in range(60)))
    visit(page, owner, "/traces")
    expect(page.locator(FIRST)).to_contain_text("agent 059")
    store(owner, _trace(100))
    expect(page.locator(FIRST)).to_contain_text("agent 100")
    grid = page.get_by_role("grid")
    grid.evaluate("(node) => { node.scrollTop = 500; }")
    top = f"""() => [...document.querySelectorAll("{ROW}")].map((row) =>
      [row.querySelector("a").textContent, Math.round(row.getBoundingClientRect().top)])"""
    painted(page)
    before = page.evaluate(top)
    store(owner, _trace(101), _trace(102))
    pill = page.get_by_role("button", name="2 new traces - show")
    expect(pill).to_be_visible()
    assert page.evaluate(top) == before
    pill.click()
    expect(page.locator(FIRST)).to_contain_text("agent 102")
    expect(pill).to_be_hidden()


def test_a_child_first(page: Page, owner: Person) -> None:
    """A trace whose root has not come is one row, and runs."""
    trace_id, root = new_trace_id(), new_span_id()
    store(owner, _trace(0))
    visit(page, owner, "/traces")
    expect(page.locator(ROW)).to_have_count(1)
    store(owner, rest_span(trace_id, name="child", parent_span_id=root))
    expect(page.locator(ROW)).to_have_count(2)
    row = page.locator(ROW, has=page.locator(f"a[href='/traces/{trace_id}']"))
    expect(row).to_contain_text("Running")
    store(owner, rest_span(trace_id, root, name="parent"))
    expect(row).to_contain_text("Complete")
    expect(row).to_contain_text("parent")
    until(page, f"document.querySelectorAll({ROW!r}).length === 2")
