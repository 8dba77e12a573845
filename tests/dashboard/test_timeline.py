"""The Timeline: bars over time, which stay where the reader put them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.support_timeline import CANVAS, VIEW, open_timeline, place, point, rows
from tests.dashboard.support_trace import ROW, names, now_ns, send
from tests.dashboard.waiting import until
from tests.support.otlp import new_trace_id, span
from tests.support.servers import Server

_LLM = {"gen_ai.operation.name": "chat"}
_TOOL = {"gen_ai.operation.name": "execute_tool"}
_AGENT = {"gen_ai.operation.name": "invoke_agent"}


def _span(trace_id: str, number: int, low: float, high: float, **more: Any) -> dict[str, Any]:
    """Between two moments, in seconds after a fixed one; below number 1."""
    start = _BASE + int(low * 1e9)
    more.setdefault("name", f"span {number}")
    parent = None if number == 1 else f"{trace_id[:12]}{more.pop('below', 1):04x}"
    end = _BASE + int(high * 1e9)
    return span(
        trace_id, f"{trace_id[:12]}{number:04x}", parent, start_ns=start, end_ns=end, **more
    )


_BASE = now_ns(600)


def _long_trace(server: Server) -> str:
    """A root of 100 s, and 60 steps from its middle on."""
    trace_id = new_trace_id()
    steps = [_span(trace_id, 2 + n, 50 + n / 2, 51 + n / 2) for n in range(60)]
    send(server, _span(trace_id, 1, 0, 100), *steps)
    return trace_id


def _settle(page: Page) -> None:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def _zoom_and_scroll(page: Page) -> None:
    page.evaluate(
        f"""() => {{
          const view = {VIEW};
          view.scroller.scrollTop = 24 * 20 + 7;
          view.show(40e3, 70e3);
          view.store.select(view.store.row(view.store.id[view.rows.entries[24]]), {{}});
        }}"""
    )
    until(page, f"{VIEW}.onScreen[0] === 20")
    _settle(page)


def test_spans_above_do_not_move_it(page: Page, local_server: Server) -> None:
    """50 spans come before the first row on the screen: that row, the time in view and the
    selection stay."""
    trace_id = _long_trace(local_server)
    open_timeline(page, local_server, trace_id)
    _zoom_and_scroll(page)
    before, top = place(page), page.evaluate(f"() => {VIEW}.scroller.scrollTop")
    assert before["selected"] is not None
    assert before["time"] == [40e3, 70e3]
    send(local_server, *(_span(trace_id, 100 + n, 1 + n / 10, 9) for n in range(50)))
    until(page, f"{VIEW}.rows.entries.length === 111")
    _settle(page)
    assert place(page) == before
    # It did come above: what was 20 rows down is now 70 down.
    assert page.evaluate(f"() => {VIEW}.scroller.scrollTop") == top + 50 * 24


def test_a_tab_left_and_returned_to(page: Page, local_server: Server) -> None:
    """Keeps the zoom and the rows it was scrolled to."""
    trace_id = _long_trace(local_server)
    open_timeline(page, local_server, trace_id)
    _zoom_and_scroll(page)
    before = place(page)
    page.keyboard.press("1")
    page.wait_for_selector(f".at-panel:not([hidden]) {ROW}")
    page.keyboard.press("3")
    page.wait_for_selector(f".at-panel:not([hidden]) {CANVAS}")
    _settle(page)
    assert place(page) == before


def test_selection_is_shared(page: Page, local_server: Server) -> None:
    """A click on a bar selects the span in the address and in the Spans; a reload restores it, and
    one selected among the Spans is brought into view here."""
    trace_id = _long_trace(local_server)
    open_timeline(page, local_server, trace_id)
    page.mouse.click(*point(page, "span 6"))
    until(page, f"new URLSearchParams(location.search).get('span') === '{trace_id[:12]}0006'")
    page.keyboard.press("1")
    chosen = page.locator(f'{ROW}[aria-selected="true"]')
    expect(chosen).to_contain_text("span 6")
    page.reload()
    expect(chosen).to_contain_text("span 6")
    page.evaluate(
        "(id) => { const { current } = audittrail.trace; current.select(current.row(id), {}); }",
        f"{trace_id[:12]}003c",
    )
    page.keyboard.press("3")
    until(page, "audittrail.timeline?.current?.onScreen?.[1] > 0")
    at = rows(page).index("span 60")
    seen = f"{VIEW}?.onScreen?.[0] <= {at} && {VIEW}.onScreen[1] > {at}"
    until(page, seen)
    page.reload()
    until(page, f"audittrail.timeline?.current && {seen}")
    assert place(page)["selected"] == f"{trace_id[:12]}003c"


def test_folds_are_shared(page: Page, local_server: Server) -> None:
    """What is folded here is folded in the Spans, and the other way round; the address keeps it."""
    trace_id = new_trace_id()
    below = [_span(trace_id, n, n, n + 1, below=2, name=f"inner {n}") for n in (3, 4)]
    send(local_server, _span(trace_id, 1, 0, 10), _span(trace_id, 2, 1, 9), *below)
    open_timeline(page, local_server, trace_id)
    assert rows(page) == ["span 1", "span 2", "inner 3", "inner 4"]
    page.mouse.click(*point(page, "span 2", "fold"))
    until(page, f"{VIEW}.rows.entries.length === 2")
    page.keyboard.press("1")
    page.wait_for_selector(ROW)
    assert names(page) == ["span 1", "span 2"]
    page.reload()
    page.wait_for_selector(ROW)
    assert names(page) == ["span 1", "span 2"]
    page.keyboard.press("Shift+X")
    page.keyboard.press("3")
    until(page, "audittrail.timeline?.current?.onScreen?.[1] === 4")
    assert rows(page) == ["span 1", "span 2", "inner 3", "inner 4"]


@pytest.mark.parametrize(("many", "depth"), [(90, 6), (150, 3), (1500, 2)])
def test_default_folds_by_size(page: Page, local_server: Server, many: int, depth: int) -> None:
    """A small trace is all open; larger ones to depth 3, then 2, here as in the Spans."""
    trace_id = new_trace_id()
    chain = [_span(trace_id, 2 + n, n, 99, below=1 + n) for n in range(6)]
    rest = [_span(trace_id, 10 + n, 50, 60, below=7, name=f"leaf {n}") for n in range(many - 7)]
    send(local_server, _span(trace_id, 1, 0, 100), *chain, *rest)
    open_timeline(page, local_server, trace_id)
    deepest = page.evaluate(
        f"() => Math.max(...[...{VIEW}.rows.entries].map((row) => {VIEW}.store.depth(row)))"
    )
    shown = rows(page)
    page.keyboard.press("1")
    page.wait_for_selector(f".at-panel:not([hidden]) {ROW}")
    seen = names(page)
    assert shown[: len(seen)] == seen
    if many > 100:
        assert (deepest, len(shown)) == (depth, depth + 1)
    else:
        assert len(shown) == many


def _with_gap(server: Server) -> str:
    trace_id = new_trace_id()
    send(
        server,
        _span(trace_id, 1, 0, 36, attributes=_AGENT),
        _span(trace_id, 2, 0, 4, attributes=_LLM),
        _span(trace_id, 3, 33, 36, attributes=_TOOL),
    )
    return trace_id


def test_idle_time(page: Page, local_server: Server) -> None:
    """It is a band with its length. Compression is offered, off at first, keeps the label and can
    be undone."""
    open_timeline(page, local_server, _with_gap(local_server))
    assert page.evaluate(f"() => [{VIEW}.gaps.gaps, {VIEW}.compressed]") == [[[4000, 33000]], False]
    words = page.locator(".at-timeline-idle")
    expect(words).to_contain_text("36.0 s, 80% idle.")
    part = f"({VIEW}.scale.x(33e3) - {VIEW}.scale.x(4e3)) / {VIEW}.scale.width"
    wide = page.evaluate(f"() => {part}")
    assert wide > 0.5
    assert page.evaluate(f"() => {VIEW}.gapLabels") == ["idle 29.0 s"]
    words.get_by_role("button", name="Compress gaps").click()
    until(page, f"{part} < 0.1")
    _settle(page)
    assert page.evaluate(f"() => {VIEW}.gapLabels") == ["idle 29.0 s"]
    expect(words).to_contain_text("Gaps are compressed; the whole takes 36.0 s.")
    words.get_by_role("button", name="Show true time").click()
    until(page, f"Math.abs({part} - {wide}) < 1e-6")


def test_short_waits_are_no_gaps(page: Page, local_server: Server) -> None:
    """Neither under a second, nor under a twentieth of the trace."""
    for long, gap in ((10, 0.9), (100, 4)):
        trace_id = new_trace_id()
        send(
            local_server,
            _span(trace_id, 1, 0, long, attributes=_AGENT),
            _span(trace_id, 2, 0, 3, attributes=_LLM),
            _span(trace_id, 3, 3 + gap, long, attributes=_TOOL),
        )
        open_timeline(page, local_server, trace_id)
        assert page.evaluate(f"() => {VIEW}.gaps.gaps") == []
        expect(page.locator(".at-timeline-idle")).to_be_hidden()


def test_critical_path(page: Page, local_server: Server) -> None:
    """Is told in the header by type, and lies on the rows of its spans."""
    open_timeline(page, local_server, _with_gap(local_server))
    page.keyboard.press("c")
    told = page.locator(".at-kpi", has_text="Critical path").locator("dd")
    expect(told).to_have_text("36.0 s: LLM 11%, Tool 8%, waiting 81%")
    segments = f"[...({VIEW}._criticalRows() ?? new Map()).values()].flat().length"
    until(page, f"{segments} === 3")
    page.keyboard.press("c")
    until(page, f"{segments} === 0")


def test_zoom_and_pan(page: Page, local_server: Server) -> None:
    """Ctrl and wheel zoom at the pointer, shift and wheel pan, a double click fits the span, and 0
    gives the whole; a drag on the ruler selects a range, which the address keeps."""
    open_timeline(page, local_server, _long_trace(local_server))
    x, y = (round(each) for each in point(page, "span 6"))
    box = page.locator(CANVAS).bounding_box()
    assert box
    page.mouse.move(x, y)
    under = f"{VIEW}.scale.t({x - box['x']})"
    at, whole = page.evaluate(f"() => [{under}, {VIEW}.scale.view()]")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    until(page, f"!{VIEW}.scale.fitted")
    low, high = page.evaluate(f"() => {VIEW}.scale.view()")
    assert high - low < whole[1] - whole[0]
    assert page.evaluate(f"() => {under}") == pytest.approx(at)
    page.keyboard.down("Shift")
    page.mouse.wheel(0, 100)
    page.keyboard.up("Shift")
    until(page, f"{VIEW}.scale.view()[0] > {low}")
    page.keyboard.press("0")
    until(page, f"{VIEW}.scale.fitted")
    head = page.locator(".at-timeline-head").bounding_box()
    assert head
    page.mouse.move(x, head["y"] + head["height"] - 8)
    page.mouse.down()
    page.mouse.move(x + 100, head["y"] + head["height"] - 8, steps=4)
    page.mouse.up()
    until(page, "new URLSearchParams(location.search).get('from') !== null")
    expect(page.get_by_role("button", name="Zoom to range")).to_be_visible()
    page.mouse.dblclick(*point(page, "span 6"))
    until(page, f"!{VIEW}.scale.fitted")
    low, high = page.evaluate(f"() => {VIEW}.scale.view()")
    assert (low < 52_000 < 53_000 < high, high - low < 2000) == (True, True)


def test_keys_zoom_and_pan(page: Page, local_server: Server) -> None:
    """Zooming keeps the middle; panning keeps the zoom."""
    open_timeline(page, local_server, _long_trace(local_server))

    def pressed(key: str) -> tuple[float, float]:
        """How long the time in view is after a key, and its middle; both in whole ms."""
        page.keyboard.press(key)
        _settle(page)
        low, high = page.evaluate(f"() => {VIEW}.scale.view()")
        return round(high - low), round((high + low) / 2)

    whole = pressed("0")
    for nearer, farther in (("w", "s"), ("+", "-")):
        once, middle = pressed(nearer)
        assert (once, middle) == pytest.approx((whole[0] / 1.5, whole[1]), abs=1)
        twice, _ = pressed(nearer)
        assert pressed(farther) == pytest.approx((once, middle), abs=1)
        for later, earlier in (("d", "a"), ("Shift+ArrowRight", "Shift+ArrowLeft")):
            page.keyboard.press(nearer)
            wide, after = pressed(later)
            assert (wide, after) == pytest.approx((twice, middle + twice / 5), abs=1)
            assert pressed(earlier) == pytest.approx((twice, middle), abs=1)
            page.keyboard.press(farther)
        assert pressed("0") == whole


def test_minimap(page: Page, local_server: Server) -> None:
    """A drag on it shows what it was drawn over; what is in view can be moved; two clicks give the
    whole."""
    open_timeline(page, local_server, _long_trace(local_server))
    head = page.locator(".at-timeline-head").bounding_box()
    assert head
    left, right = page.evaluate(f"() => [{VIEW}.left, {VIEW}.right]")
    low, high = page.evaluate(f"() => {VIEW}.scale.view()")

    def drag(start: float, end: float) -> tuple[float, float]:
        """From one part of its width to another; what is in view then, as parts of the whole."""
        y = head["y"] + 30
        page.mouse.move(head["x"] + left + start * (right - left), y)
        page.mouse.down()
        page.mouse.move(head["x"] + left + end * (right - left), y, steps=5)
        page.mouse.up()
        _settle(page)
        first, last = page.evaluate(f"() => {VIEW}.scale.view()")
        return (first - low) / (high - low), (last - low) / (high - low)

    assert drag(0.2, 0.5) == pytest.approx((0.2, 0.5), abs=0.01)
    assert drag(0.35, 0.55) == pytest.approx((0.4, 0.7), abs=0.01)
    assert drag(0.7, 0.9) == pytest.approx((0.4, 0.9), abs=0.01)
    page.mouse.dblclick(head["x"] + left + 100, head["y"] + 30)
    until(page, f"{VIEW}.scale.fitted")


def test_lanes_of_tokens_and_cost(page: Page, local_server: Server) -> None:
    """Tokens are spread over the time of their call, cost grows when a call ends; what nobody
    reported is told as unknown."""
    trace_id = new_trace_id()
    usage = {"gen_ai.usage.input_tokens": 900, "gen_ai.usage.output_tokens": 100}
    send(
        local_server,
        _span(trace_id, 1, 0, 10, attributes=_AGENT),
        _span(trace_id, 2, 1, 3, attributes=_LLM | usage | {"gen_ai.usage.cost": 0.25}),
        _span(trace_id, 3, 5, 6, attributes=_LLM | usage | {"gen_ai.usage.cost": 0.5}),
    )
    open_timeline(page, local_server, trace_id)
    at = "(s) => Math.floor(view.scale.share(s * 1000) * 400)"
    got = page.evaluate(
        f"""() => {{
          const view = {VIEW};
          const lanes = audittrail.timeline.lanes(view.store, view.scale, 400);
          const at = {at};
          return [0.5, 2, 4, 5.5, 8].map((s) =>
            [Math.round(lanes.rate[at(s)]), lanes.cost[at(s)]]);
        }}"""
    )
    assert got == [[0, 0], [500, 0], [0, 0.25], [1000, 0.25], [0, 0.75]]
    bare = new_trace_id()
    send(local_server, _span(bare, 1, 0, 10, attributes=_LLM))
    open_timeline(page, local_server, bare)
    known = f"audittrail.timeline.lanes({VIEW}.store, {VIEW}.scale, 400).known"
    assert page.evaluate(f"() => {known}") == {"tokens": False, "cost": False}


def test_a_running_span_grows(page: Page, local_server: Server) -> None:
    """Until its end comes, which is drawn in its place."""
    trace_id = new_trace_id()
    start, child = now_ns(5), f"{trace_id[:12]}0002"
    root = span(trace_id, f"{trace_id[:12]}0001", name="root", start_ns=start, end_ns=0)
    work = span(trace_id, child, root["span_id"], name="work", start_ns=start, end_ns=0)
    send(local_server, root, work)
    open_timeline(page, local_server, trace_id)
    until(page, f"{VIEW}.store.running[{VIEW}.store.row('{child}')]")
    ends = f"{VIEW}.store.endOf({VIEW}.store.row('{child}'))"
    first, drawn = page.evaluate(f"() => [{ends}, {VIEW}.scale.high]")
    until(page, f"{ends} > {first} && {VIEW}.scale.high > {drawn}")
    send(local_server, work | {"end": start + 2 * 10**9})
    until(page, f"{ends} === 2000")
    assert rows(page) == ["root", "work"]


def test_following(page: Page, local_server: Server) -> None:
    """The newest span of a running trace is kept in view, until the reader zooms or scrolls; the
    button resumes it."""
    trace_id = new_trace_id()
    start = now_ns(90)
    root = span(trace_id, f"{trace_id[:12]}0001", name="root", start_ns=start, end_ns=0)

    def step(number: int) -> dict[str, Any]:
        at = start + number * 10**9
        return span(
            trace_id, f"{trace_id[:12]}{number + 1:04x}", root["span_id"], name=f"step {number}",
            start_ns=at, end_ns=at + 10**9,
        )  # fmt: skip

    send(local_server, root, *map(step, range(1, 61)))
    open_timeline(page, local_server, trace_id)
    last = f"{VIEW}.onScreen[1] === {VIEW}.rows.entries.length"
    until(page, f"{VIEW}.store.following && {last}")
    send(local_server, step(61))
    until(page, f"{VIEW}.rows.entries.length === 62 && {last}")
    page.mouse.move(*point(page, "step 61"))
    page.mouse.wheel(0, -400)
    button = page.get_by_role("button", name="Resume")
    expect(page.get_by_text("Follow paused.")).to_be_visible()
    _settle(page)
    top = place(page)["first"]
    send(local_server, step(62))
    until(page, f"{VIEW}.rows.entries.length === 63")
    _settle(page)
    assert place(page)["first"] == top
    button.click()
    until(page, f"{VIEW}.store.following && {last}")
    page.keyboard.press("w")
    expect(button).to_be_visible()
    assert not page.evaluate(f"() => {VIEW}.store.following")


def test_it_is_described_to_those_who_do_not_see_it(page: Page, local_server: Server) -> None:
    """How many spans, how long, how many failed, and where the same is as a table."""
    trace_id = new_trace_id()
    failed = _span(trace_id, 2, 1, 2, status=2)
    send(local_server, _span(trace_id, 1, 0, 10), failed)
    open_timeline(page, local_server, trace_id)
    told = "Timeline of 2 spans over 10.0 s, 1 failed. The Spans tab has the same spans as a table."
    expect(page.get_by_role("img", name=told)).to_be_visible()
