"""What a reader takes away from the DAG: its text, its picture, and its address."""

from __future__ import annotations

import base64
import re
import struct
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.dashboard.support_dag import (
    AGENT,
    LLM,
    NODE,
    TOOL,
    VIEW,
    edges,
    items,
    open_dag,
    part,
    places,
    settle,
    span_id,
    wait_for_items,
)  # fmt: skip
from tests.dashboard.support_sankey import agent_run
from tests.dashboard.support_trace import send
from tests.dashboard.waiting import until
from tests.support.otlp import new_trace_id
from tests.support.servers import Server

_ARROWS = {"-->": "order", "==>": "handoff", "-->|call|": "call", "-->|result|": "result"}


def _menu(page: Page, label: str) -> None:
    page.get_by_role("button", name="Copy or download the graph").click()
    page.get_by_role("menuitem", name=label).click()


def test_mermaid_tells_what_is_drawn(page: Page, local_server: Server) -> None:
    """The text has the nodes and edges of the picture, each once, and the boxes around them."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    trace_id = new_trace_id()
    send(local_server, *agent_run(trace_id))
    open_dag(page, local_server, trace_id)
    until(page, f"{VIEW}.edges.all.length === 4")
    _menu(page, "Copy as Mermaid")
    expect(page.get_by_text("Graph copied.")).to_be_visible()
    lines = str(page.evaluate("navigator.clipboard.readText()")).splitlines()
    assert lines[0] == "flowchart LR"
    named = dict(re.findall(r'(n\d+)\["(.*)"\]', "\n".join(lines)))
    assert list(named.values()) == items(page)
    (box,) = [line for line in lines if line.strip().startswith("subgraph")]
    assert box.strip() == 'subgraph n0["researcher"]'
    told = [
        found.groups() for line in lines if (found := re.fullmatch(r"  (n\d+) (\S+) (n\d+)", line))
    ]
    assert len(told) == 4
    assert {(_ARROWS[arrow], named[a], named[b], False) for a, arrow, b in told} == edges(page)


def test_mermaid_has_the_edges_that_meet(page: Page, local_server: Server) -> None:
    """Where each of three steps leads to each of the next three, the text leads there, too."""
    trace_id = new_trace_id()
    steps = [
        part(trace_id, 2 + n, n // 3 * 5, n // 3 * 5 + 4, name=f"step {n}", attributes=TOOL)
        for n in range(6)
    ]
    send(local_server, part(trace_id, 1, 0, 10, name="agent", attributes=AGENT), *steps)
    open_dag(page, local_server, trace_id)
    text = str(page.evaluate(f"() => audittrail.dag.toMermaid({VIEW}.picture, {VIEW}.edges)"))
    assert text.count("(( ))") == 1
    led = set(re.findall(r"  (\w+) --> (\w+)", text))
    named = dict(re.findall(r'(n\d+)\["(.*)"\]', text))
    assert {named[a] for a, b in led if b == "p0"} == {"step 0", "step 1", "step 2"}
    assert {named[b] for a, b in led if a == "p0"} == {"step 3", "step 4", "step 5"}
    assert len(led) == 6


def _long(trace_id: str, names: int) -> list[dict[str, Any]]:
    """An agent, and so many steps of three parts each."""
    spans = [part(trace_id, 1, 0, names * 10, name="agent", attributes=AGENT)]
    for step in range(names):
        number, at = 10 + step * 10, step * 10
        spans.append(part(trace_id, number, at, at + 9, name=f"step {step}"))
        spans += [
            part(trace_id, number + n, at + n, at + n + 1, name=f"{step} {name}", below=number,
                 attributes=kind)
            for n, (name, kind) in enumerate((("ask", LLM), ("do", TOOL), ("say", LLM)), 1)
        ]  # fmt: skip
    return spans


def test_flow_of_a_selection_is_in_the_address(page: Page, local_server: Server) -> None:
    """A reload gives the same picture; no step of the browser's history is made, and the whole
    trace takes it away."""
    trace_id = new_trace_id()
    send(local_server, *_long(trace_id, 4))
    open_dag(page, local_server, trace_id, f"&dag=summary&span={span_id(trace_id, 30)}")
    steps = page.evaluate("() => history.length")
    page.get_by_role("button", name="Flow of this selection").click()
    wait_for_items(page, 4)
    words = page.locator(".at-dag-words")
    flow = "new URLSearchParams(location.search).get('flow')"
    assert page.evaluate(f"() => {flow}") == span_id(trace_id, 30)
    assert page.evaluate("() => history.length") == steps
    before = places(page)
    assert len(before) == 4
    page.reload()
    page.wait_for_selector(NODE, state="attached")
    expect(words).to_have_text("Flow of step 2: 4 spans, 4 drawn.")
    settle(page)
    assert places(page) == before
    page.get_by_role("button", name="Whole trace").click()
    wait_for_items(page, 17)
    assert page.evaluate(f"() => {flow}") is None


def test_a_selection_elsewhere_offers_its_flow(page: Page, local_server: Server) -> None:
    """The button is there as soon as a span is selected in the Summary."""
    trace_id = new_trace_id()
    send(local_server, *_long(trace_id, 2))
    open_dag(page, local_server, trace_id, "&dag=summary")
    button = page.get_by_role("button", name="Flow of this selection")
    expect(button).to_be_hidden()
    until(page, f"!{VIEW}._timer && !{VIEW}._stale")
    page.evaluate(
        f"() => {VIEW}.store.select({VIEW}.store.name.indexOf('step 1'), {{ from: 'test' }})"
    )
    expect(button).to_be_visible()


def _png(page: Page, trace_id: str, folder: Path) -> tuple[int, int, bytes]:
    """The picture that is downloaded: width, height, and all of it."""
    with page.expect_download() as download:
        _menu(page, "Download PNG")
    assert download.value.suggested_filename == f"{trace_id}.png"
    download.value.save_as(folder / "graph.png")
    content = (folder / "graph.png").read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    return width, height, content


def _colours(page: Page, content: bytes) -> dict[str, Any]:
    """The colour of its corner, and those of its pixels in number; and those of the theme."""
    found: dict[str, Any] = page.evaluate(
        """async (content) => {
          const image = new Image();
          image.src = `data:image/png;base64,${content}`;
          await image.decode();
          const canvas = document.createElement("canvas");
          [canvas.width, canvas.height] = [image.width, image.height];
          const ctx = canvas.getContext("2d", { willReadFrequently: true });
          const read = () => [...new Set(new Uint32Array(
            ctx.getImageData(0, 0, canvas.width, canvas.height).data.buffer))];
          const theme = (name) => {
            ctx.fillStyle = audittrail.theme.color(name);
            ctx.fillRect(0, 0, 1, 1);
            return new Uint32Array(ctx.getImageData(0, 0, 1, 1).data.buffer)[0];
          };
          ctx.drawImage(image, 0, 0);
          const corner = new Uint32Array(ctx.getImageData(0, 0, 1, 1).data.buffer)[0];
          const all = read();
          return { corner, all, ground: theme("ground"), ink: theme("ink"), llm: theme("llm"),
            tool: theme("tool") };
        }""",
        base64.b64encode(content).decode(),
    )
    return found


def test_png_is_the_picture(page: Page, local_server: Server, tmp_path: Path) -> None:
    """It shows all nodes, also those off the screen, in the colours of the theme, light or dark;
    nothing of the page changes for it."""
    trace_id = new_trace_id()
    send(local_server, *agent_run(trace_id))
    open_dag(page, local_server, trace_id)
    until(page, f"{VIEW}.edges.all.length === 4")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
    settle(page)
    grounds, drawn = set(), set()
    for theme in ("light", "dark"):
        page.evaluate(f"() => audittrail.theme.set('{theme}')")
        width, height, content = _png(page, trace_id, tmp_path)
        bounds = page.evaluate(f"() => [{VIEW}.bounds.w, {VIEW}.bounds.h]")
        assert width > bounds[0] * 2
        assert height > bounds[1] * 2
        colours = _colours(page, content)
        assert colours["corner"] == colours["ground"]
        assert {colours["ink"], colours["llm"], colours["tool"]} <= set(colours["all"])
        grounds.add(colours["ground"])
        drawn.add(page.locator(f".at-dag-stage {NODE}").count())
    assert len(grounds) == 2
    assert len(drawn) == 1
    expect(page.locator(".at-toast")).to_have_count(0)


def test_png_of_a_long_picture_says_its_scale(
    page: Page, local_server: Server, tmp_path: Path
) -> None:
    """No side has more than 8,192 pixels; what is smaller for it is told in words."""
    trace_id = new_trace_id()
    steps = [part(trace_id, 2 + n, n, n + 1, name=f"step {n}") for n in range(440)]
    send(local_server, part(trace_id, 1, 0, 440, name="agent", attributes=AGENT), *steps)
    open_dag(page, local_server, trace_id, "&dag=flow")
    page.keyboard.press("Shift+X")
    wait_for_items(page, 441)
    width, height, _ = _png(page, trace_id, tmp_path)
    assert 0 < width < height
    assert height in (8191, 8192)
    full = page.evaluate(f"() => {VIEW}.bounds.h + 80")
    assert full > 8192
    words = f"The picture has {round(8192 / full * 100)} % of its size: "
    expect(page.locator(".at-toast")).to_contain_text(f"{words}a side has at most 8,192 pixels.")
