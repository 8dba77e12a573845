"""A trace that runs while somebody looks at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.support_trace import ROW, get, names, now_ns, open_trace, send, top_line
from tests.dashboard.waiting import painted, until
from tests.support.otlp import new_trace_id, span
from tests.support.servers import Server, running_server

STORE = "audittrail.trace.current"


def _id(trace_id: str, number: int) -> str:
    return f"{trace_id[:12]}{number:04x}"


def _span(trace_id: str, number: int, low: float, **more: Any) -> dict[str, Any]:
    """Below number 0; it began ``low`` seconds ago, and took one."""
    start = now_ns(low)
    known = {"name": f"span {number}", "start_ns": start, "end_ns": start + 10**9, **more}
    return span(trace_id, _id(trace_id, number), _id(trace_id, 0), **known)


def _root(trace_id: str, ended: bool = True) -> dict[str, Any]:
    start = now_ns(300)
    end = start + 299 * 10**9 if ended else 0
    return span(trace_id, _id(trace_id, 0), name="agent", start_ns=start, end_ns=end)


def test_a_child_before_its_parent(page: Page, local_server: Server) -> None:
    """It stands under a parent that has not come, and the trace is running. The parent fills that
    place: selection and first line stay."""
    trace_id = new_trace_id()
    send(local_server, *(_span(trace_id, n, 200 - n) for n in range(1, 41)))
    open_trace(page, local_server, trace_id)
    until(page, f"{STORE}.count === 41 && {STORE}.ghost[{STORE}.visible()[0]] === 1")
    expect(page.locator(".at-pill-place")).to_have_text("Running")
    page.locator(ROW, has_text="span 30").scroll_into_view_if_needed()
    page.locator(ROW, has_text="span 30").click()
    before = top_line(page)
    send(local_server, _root(trace_id))
    until(page, f"{STORE}.name[{STORE}.visible()[0]] === 'agent'")
    assert page.evaluate(f"() => [{STORE}.count, {STORE}.ghost[{STORE}.visible()[0]]]") == [41, 0]
    assert page.evaluate(f"() => {STORE}.id[{STORE}.selected]") == _id(trace_id, 30)
    assert top_line(page) == before
    expect(page.locator(".at-pill-place")).to_have_text("Complete")


def test_a_span_is_seen_from_its_start(page: Page, local_server: Server) -> None:
    """Without a reload; it grows while it runs, and ends in its place. The tab's title tells."""
    trace_id = new_trace_id()
    send(local_server, _root(trace_id, ended=False))
    open_trace(page, local_server, trace_id)
    start = now_ns(5)
    running = _span(trace_id, 1, 5, name="slow tool", start_ns=start, end_ns=0)
    send(local_server, running)
    line = page.locator(ROW, has_text="slow tool")
    expect(line).to_contain_text("Running")
    title = page.title()
    row = f"{STORE}.row('{_id(trace_id, 1)}')"
    assert page.evaluate(f"() => {STORE}.running[{row}]")
    shown = line.inner_text()
    until(page, f"[...document.querySelectorAll('{ROW}')].find((each) => "
          f"each.textContent.includes('slow tool')).innerText !== {shown!r}")  # fmt: skip
    place = line.get_attribute("aria-rowindex")
    send(local_server, {**running, "end": start + 7 * 10**9})
    until(page, f"!{STORE}.running[{row}]")
    expect(line).to_contain_text("7.00 s")
    assert line.get_attribute("aria-rowindex") == place
    send(local_server, _root(trace_id))
    expect(page.locator(".at-pill-place")).to_have_text("Complete")
    assert page.title() != title


def test_spans_above_do_not_move_the_list(page: Page, local_server: Server) -> None:
    """50 of them come above the first line on the screen: it stays there, and so does the
    selection."""
    trace_id = new_trace_id()
    later = [_span(trace_id, n, 100 - n / 10) for n in range(100, 160)]
    send(local_server, _root(trace_id), *later)
    open_trace(page, local_server, trace_id)
    until(page, f"{STORE}.count === 61")
    page.locator(".at-grid").evaluate("(grid) => { grid.scrollTop = 700; }")
    page.locator(ROW, has_text="span 135").click()
    before = top_line(page)
    send(local_server, *(_span(trace_id, n, 200 - n / 10) for n in range(1, 51)))
    until(page, f"{STORE}.count === 111")
    painted(page)
    assert top_line(page) == before
    assert page.evaluate(f"() => {STORE}.id[{STORE}.selected]") == _id(trace_id, 135)


def test_following(page: Page, local_server: Server) -> None:
    """Keeps the newest span in view until the reader scrolls; a button resumes it."""
    trace_id = new_trace_id()
    send(local_server, _root(trace_id, ended=False))
    send(local_server, *(_span(trace_id, n, 200 - n) for n in range(1, 100)))
    open_trace(page, local_server, trace_id)
    until(page, f"{STORE}.count === 100")
    if not page.evaluate(f"() => {STORE}.following"):
        page.keyboard.press("f")
    send(local_server, _span(trace_id, 200, 50))
    expect(page.locator(ROW, has_text="span 200")).to_be_in_viewport()
    page.locator(".at-grid").hover()
    page.mouse.wheel(0, -1500)
    expect(page.get_by_text("Follow paused.")).to_be_visible()
    before = top_line(page)
    send(local_server, _span(trace_id, 201, 40))
    until(page, f"{STORE}.count === 102")
    painted(page)
    assert top_line(page) == before
    page.get_by_role("button", name="Resume").click()
    send(local_server, _span(trace_id, 202, 30))
    expect(page.locator(ROW, has_text="span 202")).to_be_in_viewport()


def test_two_tabs(page: Page, local_server: Server) -> None:
    """Of one browser, with two traces: each gets its own spans alone."""
    tabs = []
    for name in ("one", "two"):
        trace_id = new_trace_id()
        send(local_server, _root(trace_id, ended=False))
        tab = page.context.new_page() if tabs else page
        open_trace(tab, local_server, trace_id)
        tabs.append((tab, trace_id, name))
    for number in range(1, 6):
        for _, trace_id, name in tabs:
            send(local_server, _span(trace_id, number, 100 - number, name=f"of {name}"))
    for tab, _, name in tabs:
        until(tab, f"{STORE}.count === 6")
        assert set(names(tab)) == {"agent", f"of {name}"}


@pytest.fixture
def own_server(tmp_path: Path) -> Any:
    with running_server(tmp_path, "--local", dashboard=True) as started:
        yield started


@pytest.mark.slow
def test_the_server_is_killed(loose_page: Page, own_server: Server) -> None:
    """The page says so, and what it shows may be old. When the server is back it catches up with
    all that came since: nothing doubled, the sums those of the API."""
    trace_id = new_trace_id()
    costs = {"gen_ai.operation.name": "chat", "gen_ai.usage.cost": 0.25}
    send(own_server, _root(trace_id, ended=False))
    send(own_server, *(_span(trace_id, n, 100 - n, attributes=costs) for n in range(1, 6)))
    page = loose_page
    open_trace(page, own_server, trace_id)
    until(page, f"{STORE}.count === 6")
    own_server.kill()
    expect(page.get_by_text("Connection lost at")).to_be_visible(timeout=30_000)
    own_server.start()
    # One again, and five more.
    send(own_server, *(_span(trace_id, n, 100 - n, attributes=costs) for n in range(5, 11)))
    expect(page.locator("#at-banner")).to_contain_text("Back online.", timeout=30_000)
    until(page, f"{STORE}.count === 11", seconds=60)
    expect(page.get_by_text("Connection lost at")).to_have_count(0)
    summary = get(own_server, f"/traces/{trace_id}")
    assert (summary["span_count"], summary["cost"]) == (11, 2.5)
    until(page, f"{STORE}.summary.span_count === 11")
    assert page.evaluate(f"() => {STORE}.summary.cost") == summary["cost"]
    ids = page.evaluate(f"() => [...{STORE}.order()].map((row) => {STORE}.id[row])")
    assert sorted(ids) == sorted(_id(trace_id, n) for n in range(11))
