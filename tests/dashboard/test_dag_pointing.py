"""Pointing at the DAG: the card of a node, and the minimap."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.support_dag import AGENT, TOOL, VIEW, node, open_dag, part, settle
from tests.dashboard.support_trace import send
from tests.dashboard.waiting import until
from tests.support.otlp import new_trace_id
from tests.support.servers import Server

_CARD = ".at-dag-card"


def _middle(page: Page) -> list[float]:
    """What of the picture is in the middle of the screen."""
    told: list[float] = page.evaluate(
        f"() => {{ const {{ x, y, w, h }} = {VIEW}.eye.seen(); return [x + w / 2, y + h / 2]; }}"
    )
    return told


def _spans(trace_id: str) -> list[dict[str, Any]]:
    """An agent of twelve steps, of which the first has failed and has long texts."""
    long = {"gen_ai.tool.call.arguments": "a" * 300, "gen_ai.tool.call.result": "b" * 300}
    return [
        part(trace_id, 1, 0, 40, name="agent", attributes=AGENT),
        part(trace_id, 2, 1, 3.5, name="long", attributes=TOOL | long, status=2),
        part(trace_id, 3, 4, 5, name="short",
             attributes={**TOOL, "gen_ai.tool.call.arguments": '{"q": "speed"}',
                         "gen_ai.tool.call.result": "90 km/h"}),
        *(part(trace_id, 4 + n, 6 + n, 7 + n, name=f"step {n}") for n in range(10)),
    ]  # fmt: skip


def _open(page: Page, server: Server) -> None:
    trace_id = new_trace_id()
    send(server, *_spans(trace_id))
    open_dag(page, server, trace_id)
    settle(page)


def test_a_card_says_what_a_node_is(page: Page, local_server: Server) -> None:
    """Name, status, duration, and the first 200 characters of what went in and out; it goes with
    the pointer."""
    _open(page, local_server)
    node(page, "long").hover()
    card = page.locator(_CARD)
    expect(card.locator("strong")).to_have_text("long")
    expect(card.locator("p")).to_contain_text("Tool, long, 2.50 s")
    expect(card.locator("p")).to_contain_text("failed")
    expect(card.locator("dt")).to_have_text(["In", "Out"])
    expect(card.locator("dd")).to_have_text(["a" * 200 + "…", "b" * 200 + "…"])
    node(page, "short").hover()
    expect(card.locator("strong")).to_have_text("short")
    expect(card.locator("p")).to_contain_text("1.00 s")
    expect(card.locator("p")).not_to_contain_text("failed")
    expect(card.locator("dd").last).to_have_text("90 km/h")
    box, window = card.bounding_box(), page.viewport_size
    assert box
    assert window
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= window["width"]
    page.mouse.move(5, 5)
    expect(card).to_have_count(0)


def test_the_minimap_moves_the_view(page: Page, local_server: Server) -> None:
    """Pressed, it brings the place to the middle; dragged, the view goes with the pointer, at the
    same zoom. It is marked where the view is."""
    _open(page, local_server)
    for _ in range(4):
        page.keyboard.press("+")
    settle(page)
    zoom = page.evaluate(f"() => {VIEW}.eye.k")
    box = page.locator(".at-dag-minimap").bounding_box()
    bounds = page.evaluate(f"() => {VIEW}.bounds")
    assert box
    k = min((168 - 10) / bounds["w"], (108 - 10) / bounds["h"])

    def on_map(x: float, y: float) -> tuple[float, float]:
        # The border is one pixel.
        return box["x"] + 6 + (x - bounds["x"]) * k, box["y"] + 6 + (y - bounds["y"]) * k

    def marked() -> list[float]:
        """The middle of what has the colour of the mark."""
        told: list[float] = page.evaluate(
            """() => {
              const canvas = document.querySelector(".at-dag-minimap");
              const { width, height } = canvas;
              const copy = document.createElement("canvas");
              [copy.width, copy.height] = [width, height];
              const ctx = copy.getContext("2d", { willReadFrequently: true });
              ctx.drawImage(canvas, 0, 0);
              const { data } = ctx.getImageData(0, 0, width, height);
              ctx.fillStyle = audittrail.theme.color("accent");
              ctx.fillRect(0, 0, 1, 1);
              const accent = ctx.getImageData(0, 0, 1, 1).data.join();
              const places = [];
              for (let i = 0; i < data.length; i += 4) {
                if (data.slice(i, i + 4).join() === accent) {
                  places.push([(i / 4) % width, Math.floor(i / 4 / width)]);
                }
              }
              const middle = (of) => (Math.min(...of) + Math.max(...of)) / 2;
              return [middle(places.map(([x]) => x)), middle(places.map(([, y]) => y))];
            }"""
        )
        return told

    ends = [(bounds["x"] + bounds["w"] * at, bounds["y"] + bounds["h"] * 0.5) for at in (0.4, 0.7)]
    page.mouse.move(*on_map(*ends[0]))
    page.mouse.down()
    settle(page)
    assert _middle(page) == pytest.approx(ends[0], abs=1.5 / k)
    before = marked()
    page.mouse.move(*on_map(*ends[1]), steps=5)
    settle(page)
    assert _middle(page) == pytest.approx(ends[1], abs=1.5 / k)
    page.mouse.up()
    page.mouse.move(*on_map(*ends[0]))
    settle(page)
    assert _middle(page) == pytest.approx(ends[1], abs=1.5 / k)
    assert marked()[0] - before[0] == pytest.approx(bounds["w"] * 0.3 * k, abs=3)
    assert page.evaluate(f"() => {VIEW}.eye.k") == zoom


def test_a_card_of_a_closed_box(page: Page, local_server: Server) -> None:
    """Says how many spans are in it and how many of them have failed."""
    _open(page, local_server)
    node(page, "agent").locator("[data-fold]").click()
    until(page, f"{VIEW}.picture.all.length === 1")
    page.mouse.move(5, 5)
    node(page, "agent").hover()
    told = page.locator(f"{_CARD} p")
    expect(told).to_contain_text("1 failed below")
    expect(told).to_contain_text("closed, 13 spans")
