"""The Spans view: order, one's place in it, a single span; and a trace that fell silent."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.support_trace import ROW, names, now_ns, open_trace, send, top_line
from tests.dashboard.waiting import until
from tests.support.otlp import new_span_id, new_trace_id, span
from tests.support.servers import Server

STORE = "audittrail.trace.current"


@pytest.fixture
def steps(local_server: Server) -> str:
    """A trace of a root and 60 steps in two groups; of two steps, the later is the shorter."""
    trace_id, root = new_trace_id(), new_span_id()
    groups = [new_span_id(), new_span_id()]
    begin = now_ns(600)
    end = begin + 80 * 10**9
    send(
        local_server,
        span(trace_id, root, name="agent", start_ns=begin, end_ns=begin + 90 * 10**9),
        *(
            span(trace_id, group, root, name=f"group {n}", start_ns=begin, end_ns=end)
            for n, group in enumerate(groups)
        ),
        *(
            span(
                trace_id, parent=groups[n % 2], name=f"step {n}", start_ns=begin + n * 10**9,
                end_ns=begin + n * 10**9 + (70 - n) * 10**8,
            )
            for n in range(60)
        ),
    )  # fmt: skip
    return trace_id


def test_sorting(page: Page, local_server: Server, steps: str) -> None:
    """By a column the tree is flat, and says so; a button brings the tree back."""
    open_trace(page, local_server, steps)
    tree = names(page)
    page.get_by_role("button", name="Duration").click()
    expect(page.get_by_text("Sorted by duration.")).to_be_visible()
    flat = ["agent", "group 0", "group 1", *(f"step {n}" for n in range(60))]
    until(page, f"document.querySelector({ROW!r}) !== null")
    top = names(page)
    assert sorted(top[:3]) == flat[:3]
    assert top[3:20] == flat[3:20]
    page.get_by_role("button", name="Back to tree").click()
    expect(page.get_by_text("Sorted by duration.")).to_be_hidden()
    assert names(page) == tree


def test_a_tab_left_and_returned_to(page: Page, local_server: Server, steps: str) -> None:
    """The same line stands first, and what was folded is folded."""
    open_trace(page, local_server, steps)
    page.locator(ROW, has_text=names(page)[1]).click()
    page.keyboard.press("ArrowLeft")
    until(page, f"{STORE}.visible().length === 33")
    page.locator(".at-grid").evaluate("(grid) => { grid.scrollTop = 170; }")
    until(page, "document.querySelector('.at-grid').scrollTop === 170")
    before = top_line(page)
    for view in ("DAG", "Timeline", "Sankey", "Spans"):
        page.get_by_role("tab", name=view).click()
    assert top_line(page) == before
    assert page.evaluate(f"() => {STORE}.visible().length") == 33


def test_one_span(page: Page, local_server: Server) -> None:
    """It is selected, its details are open, and the view says that it is the only one."""
    trace_id, span_id = new_trace_id(), new_span_id()
    send(local_server, span(trace_id, span_id, name="only"))
    open_trace(page, local_server, trace_id)
    expect(page.get_by_text("One span so far")).to_be_visible()
    expect(page.locator(".at-details").get_by_text("only").first).to_be_visible()
    assert page.evaluate(f"() => {STORE}.id[{STORE}.selected]") == span_id


def test_a_trace_that_fell_silent(own_page: Page, local_server: Server) -> None:
    """After 15 minutes without data it is incomplete, and the header says what is missing."""
    page = own_page
    trace_id, root = new_trace_id(), new_span_id()
    begin = now_ns(5)
    send(
        local_server,
        span(trace_id, root, name="agent", start_ns=begin, end_ns=0),
        span(trace_id, parent=root, name="tool", start_ns=begin, end_ns=0),
    )
    page.clock.install(time=time.time())
    open_trace(page, local_server, trace_id)
    pill = page.locator(".at-pill-place")
    expect(pill).to_have_text("Running")
    # The server's clock is not put forward: what it still says of the time must not count.
    page.evaluate("() => { audittrail.trace.current.setServerTime = () => {}; }")
    page.clock.fast_forward("14:00")
    expect(pill).to_have_text("Running")
    page.clock.fast_forward("03:00")
    expect(pill).to_have_text("Incomplete")
    expect(page.get_by_text("No data for 17 min; 2 spans never ended.")).to_be_visible()
