"""The DAG stays where the reader put it, and shares what the reader did with the other views."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.support_dag import (
    AGENT,
    LLM,
    NODE,
    TOOL,
    VIEW,
    items,
    node,
    open_dag,
    part,
    places,
    settle,
    span_id,
    wait_for_items,
    words,
)  # fmt: skip
from tests.dashboard.support_trace import ROW, names, send
from tests.dashboard.waiting import until
from tests.support.otlp import new_trace_id
from tests.support.servers import Server


def _steps(trace_id: str) -> list[dict[str, Any]]:
    """An agent of three steps with two parts each."""
    spans = [part(trace_id, 1, 0, 100, name="agent", attributes=AGENT)]
    for step in range(3):
        at, number = 50 + step * 10, 10 + step * 10
        spans += [
            part(trace_id, number, at, at + 9, name=f"step {step}"),
            part(trace_id, number + 1, at, at + 4, name=f"ask {step}", below=number,
                 attributes=LLM),
            part(trace_id, number + 2, at + 5, at + 9, name=f"do {step}", below=number,
                 attributes=TOOL),
        ]  # fmt: skip
    return spans


def _open(page: Page, server: Server) -> str:
    trace_id = new_trace_id()
    send(server, *_steps(trace_id))
    open_dag(page, server, trace_id)
    settle(page)
    return trace_id


def _eye(page: Page) -> list[float]:
    told: list[float] = page.evaluate(f"() => [{VIEW}.eye.x, {VIEW}.eye.y, {VIEW}.eye.k]")
    return told


def test_spans_above_do_not_move_it(page: Page, local_server: Server) -> None:
    """50 spans come before and between those drawn: these, the zoom and the selection stay. The
    new ones stand aside, with their number, until the reader lays out again."""
    trace_id = _open(page, local_server)
    node(page, "do 1").click()
    page.keyboard.press("+")
    page.keyboard.press("Shift+ArrowRight")
    settle(page)
    before, zoom = places(page), _eye(page)[2]
    assert len(before) > 3
    early = [part(trace_id, 100 + n, 1 + n / 2, 2 + n, name=f"early {n}") for n in range(40)]
    between = [
        part(trace_id, 200 + n, 61, 62 + n / 9, name=f"between {n}", below=20) for n in range(10)
    ]
    send(local_server, *early, *between)
    wait_for_items(page, 60)
    now = places(page)
    assert {key: now.get(key) for key in before} == before
    assert _eye(page)[2] == zoom
    assert page.evaluate(f"() => {VIEW}.store.selected") >= 0
    expect(page.locator(".at-dag-chosen")).to_have_count(1)
    boxes = page.evaluate(
        f"() => {VIEW}.picture.all.filter((i) => !i.open).map(({{ x, y, w, h }}) => [x, y, w, h])"
    )
    for i, (x, y, w, h) in enumerate(boxes):
        for left, top, width, height in boxes[:i]:
            apart = x >= left + width or left >= x + w or y >= top + height or top >= y + h
            assert apart, "two nodes overlap"
    page.get_by_role("button", name="Tidy (50 new)").click()
    until(page, f"!{VIEW}.layout.aside")
    expect(page.get_by_role("button", name="Tidy")).to_be_hidden()


def test_what_comes_at_the_end_takes_its_place(page: Page, local_server: Server) -> None:
    """If nothing has to move for it, nothing stands aside; laid out anew it is the same."""
    trace_id = _open(page, local_server)
    before = page.evaluate(f"() => [...{VIEW}.layout.placed]")
    send(local_server, part(trace_id, 90, 90, 95, name="last"))
    wait_for_items(page, 11)
    assert page.evaluate(f"() => {VIEW}.layout.aside") == 0
    grown = page.evaluate(f"() => [...{VIEW}.layout.placed]")
    where = {key: (at["x"], at["y"]) for key, at in grown}
    assert all(where[key] == (at["x"], at["y"]) for key, at in before)
    page.reload()
    page.wait_for_selector(NODE, state="attached")
    assert page.evaluate(f"() => [...{VIEW}.layout.placed]") == grown


def test_a_tab_left_and_returned_to(page: Page, local_server: Server) -> None:
    """Keeps zoom, place and folds."""
    _open(page, local_server)
    page.mouse.move(500, 500)
    page.mouse.wheel(0, -200)
    page.mouse.down()
    page.mouse.move(560, 540, steps=4)
    page.mouse.up()
    node(page, "step 0").locator("[data-fold]").click()
    wait_for_items(page, 8)
    eye, before = _eye(page), places(page)
    page.keyboard.press("1")
    page.wait_for_selector(f".at-panel:not([hidden]) {ROW}")
    page.keyboard.press("2")
    page.wait_for_selector(f".at-panel:not([hidden]) {NODE}")
    settle(page)
    assert _eye(page) == eye
    assert places(page) == before


def test_folds_are_shared(page: Page, local_server: Server) -> None:
    """A box closed here is closed in the Spans and the Timeline, one opened there is open here; the
    box stays where it was on the screen, and the words count what is in it."""
    _open(page, local_server)
    box = node(page, "step 1")
    where = box.locator(":scope > .at-dag-shape").bounding_box()
    box.locator("[data-fold]").click()
    wait_for_items(page, 8)
    assert words(page) == "Flow: 10 spans, 8 drawn, 2 in 1 closed box."
    after = node(page, "step 1").locator(":scope > .at-dag-shape").bounding_box()
    assert where
    assert after
    assert (after["x"], after["y"]) == pytest.approx((where["x"], where["y"]), abs=0.5)
    page.keyboard.press("3")
    until(page, "audittrail.timeline?.current?.onScreen?.[1] === 8")
    page.keyboard.press("1")
    page.wait_for_selector(ROW)
    assert "do 1" not in names(page)
    assert "do 0" in names(page)
    page.evaluate(f"() => {VIEW}.store.open({VIEW}.store.name.indexOf('step 1'))")
    page.evaluate(f"() => {VIEW}.store.close({VIEW}.store.name.indexOf('step 2'))")
    page.keyboard.press("2")
    wait_for_items(page, 8)
    assert "do 1" in items(page)
    assert "do 2" not in items(page)
    page.reload()
    page.wait_for_selector(NODE, state="attached")
    assert "do 2" not in items(page)


def test_default_folds_by_size(page: Page, local_server: Server) -> None:
    """A small trace is all open; of a larger one boxes are closed until 150 nodes are left, and
    what the reader opens beyond that is open."""
    _open(page, local_server)
    assert words(page) == "Flow: 10 spans, 10 drawn."
    trace_id = new_trace_id()
    spans = [part(trace_id, 1, 0, 1000, name="agent", attributes=AGENT)]
    for step in range(60):
        number = 10 + step * 10
        spans.append(part(trace_id, number, step * 10, step * 10 + 9, name=f"step {step}"))
        spans += [
            part(
                trace_id,
                number + n,
                step * 10 + n,
                step * 10 + n + 1,
                name=f"{step} {n}",
                below=number,
            )
            for n in range(1, 9)
        ]
    send(local_server, *spans)
    open_dag(page, local_server, trace_id)
    assert page.evaluate(f"() => {VIEW}.mode") == "flow"
    drawn = page.evaluate(f"() => {VIEW}.picture.all.length")
    assert 140 < drawn <= 150
    assert words(page) == f"Flow: 541 spans, {drawn} drawn, {541 - drawn} in 49 closed boxes."
    page.evaluate(f"() => {VIEW}.toggle('{span_id(trace_id, 600)}')")
    wait_for_items(page, drawn + 8)
    assert "59 8" in items(page)


def test_selection_and_hover_are_shared(page: Page, local_server: Server) -> None:
    """A click selects the span in the address and in the Spans; one selected there has the ring and
    is brought into view here, also after a reload."""
    trace_id = _open(page, local_server)
    node(page, "ask 1").click()
    until(page, f"new URLSearchParams(location.search).get('span') === '{span_id(trace_id, 21)}'")
    page.keyboard.press("1")
    expect(page.locator(f'{ROW}[aria-selected="true"]')).to_contain_text("ask 1")
    page.evaluate(
        f"() => {VIEW}.store.select({VIEW}.store.name.indexOf('do 2'), {{ from: 'test' }})"
    )
    page.keyboard.press("2")
    chosen = page.locator(".at-dag-list [role=option][aria-selected=true]")
    for _ in range(2):
        expect(chosen).to_contain_text("do 2")
        ring = page.locator(".at-dag-chosen").bounding_box()
        stage = page.locator(".at-dag-stage").bounding_box()
        assert ring
        assert stage
        assert stage["x"] <= ring["x"] <= stage["x"] + stage["width"] - ring["width"]
        assert stage["y"] <= ring["y"] <= stage["y"] + stage["height"] - ring["height"]
        page.reload()
        page.wait_for_selector(NODE, state="attached")
    node(page, "do 0").hover()
    until(page, f"{VIEW}.store.name[{VIEW}.store.hovered] === 'do 0'")
    expect(page.locator(".at-dag-pointed")).to_have_count(1)


def test_keys(page: Page, local_server: Server) -> None:
    """Arrows go through the nodes and their boxes, point and comma along edges; the letters zoom
    and pan."""
    _open(page, local_server)

    def selected() -> str:
        told: str = page.evaluate(f"() => {VIEW}.store.name[{VIEW}.store.selected] ?? ''")
        return told

    page.locator(".at-dag-list").focus()
    for key, there in (
        ("ArrowDown", "agent"), ("j", "step 0"), ("ArrowDown", "ask 0"), (".", "do 0"),
        (",", "ask 0"), ("k", "step 0"), (".", "step 1"), ("ArrowRight", "ask 1"),
        ("ArrowLeft", "step 1"),
    ):  # fmt: skip
        page.keyboard.press(key)
        assert (key, selected()) == (key, there)
    page.keyboard.press("ArrowLeft")
    wait_for_items(page, 8)
    page.keyboard.press("ArrowRight")
    wait_for_items(page, 10)
    active = page.locator(".at-dag-list").get_attribute("aria-activedescendant")
    assert active
    expect(page.locator(f"#{active}")).to_contain_text("step 1")
    page.keyboard.press("0")
    settle(page)
    x, y, scale = _eye(page)
    for near, far in (("+", "-"), ("w", "s")):
        page.keyboard.press(near)
        assert _eye(page)[2] == pytest.approx(scale * 1.3)
        page.keyboard.press(far)
        assert _eye(page) == pytest.approx([x, y, scale])
    for right, left in (("Shift+ArrowRight", "Shift+ArrowLeft"), ("d", "a")):
        page.keyboard.press(right)
        assert _eye(page)[0] < x
        page.keyboard.press(left)
        assert _eye(page) == pytest.approx([x, y, scale])
    page.keyboard.press("c")
    until(page, f"{VIEW}.edges.critical.size > 0")
    settle(page)
    assert page.locator(".at-dag-stage .at-dag-edge-critical[data-kind]").count() >= 5
    assert node(page, "do 2").locator(".at-dag-way").count() == 1


def test_one_span(page: Page, local_server: Server) -> None:
    """Is one node, with words on what will come."""
    trace_id = new_trace_id()
    send(local_server, part(trace_id, 1, 0, 1, name="only"))
    open_dag(page, local_server, trace_id)
    assert items(page) == ["only"]
    expect(
        page.get_by_text("One step so far. Steps appear here as the agent works.")
    ).to_be_visible()


def test_a_running_span_ends_in_its_place(page: Page, local_server: Server) -> None:
    """It is drawn as running until its end comes; nothing moves when it does, and an
    edge that comes later is drawn without a reload."""
    trace_id = new_trace_id()
    root = part(trace_id, 1, 0, 100, name="agent", attributes=AGENT)
    work = part(trace_id, 2, 1, 2, name="work", attributes=TOOL)
    send(local_server, root, work | {"end": 0})
    open_dag(page, local_server, trace_id)
    running = page.locator(".at-dag-running[data-key] > .at-dag-shape")
    expect(running).to_have_count(1)
    settle(page)
    before = places(page)
    send(local_server, work)
    expect(running).to_have_count(0)
    assert places(page) == before
    expect(node(page, "work").locator(".at-dag-figures")).to_have_text("1.00 s")
    link = {"trace_id": trace_id, "span_id": work["span_id"]}
    send(local_server, part(trace_id, 3, 3, 4, name="later", attributes=TOOL, links=[link]))
    until(page, f"{VIEW}.edges.all.some((edge) => edge.kind === 'link')")
    assert {key: places(page)[key] for key in before} == before
