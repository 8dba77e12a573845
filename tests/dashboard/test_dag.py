"""The DAG: steps in the boxes of their agents, and what leads from one to the next."""

from __future__ import annotations

import json
import re
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
    node,
    open_dag,
    part,
    span_id,
    wait_for_items,
    words,
)  # fmt: skip
from tests.dashboard.support_sankey import agent_run
from tests.dashboard.support_trace import send, skeleton, span_state
from tests.dashboard.waiting import until
from tests.support.otlp import new_trace_id
from tests.support.servers import Server
from tests.support.sized import sized_spans


def _numbers(text: str) -> list[int]:
    return [int(each.replace(",", "")) for each in re.findall(r"[\d,]*\d", text)]


def _send_sized(server: Server, size: int) -> str:
    trace_id = new_trace_id()
    spans = sized_spans(trace_id, size)
    for first in range(0, size, 2500):
        send(server, *spans[first : first + 2500])
    return trace_id


def test_order_forks_and_joins(page: Page, local_server: Server) -> None:
    """What runs at the same time stands beside each other, between what was before and after."""
    trace_id = new_trace_id()
    send(
        local_server,
        part(trace_id, 1, 0, 20, name="agent", attributes=AGENT),
        part(trace_id, 2, 0, 2, name="plan", attributes=LLM),
        part(trace_id, 3, 3, 6, name="left", attributes=TOOL),
        part(trace_id, 4, 4, 7, name="right", attributes=TOOL),
        part(trace_id, 5, 8, 9, name="writer", attributes=AGENT),
    )
    open_dag(page, local_server, trace_id)
    assert edges(page) == {
        ("order", "plan", "left", False),
        ("order", "plan", "right", False),
        ("handoff", "left", "writer", False),
        ("handoff", "right", "writer", False),
    }
    at = {
        name: node(page, name).locator(".at-dag-shape").bounding_box()
        for name in ("agent", "plan", "left", "right", "writer")
    }
    found = {name: box for name, box in at.items() if box}
    assert len(found) == 5
    assert found["plan"]["x"] < found["left"]["x"] == found["right"]["x"] < found["writer"]["x"]
    assert found["left"]["y"] < found["right"]["y"]
    outer = found.pop("agent")
    for box in found.values():
        assert outer["x"] < box["x"]
        assert outer["y"] < box["y"]
        assert box["x"] + box["width"] < outer["x"] + outer["width"]
        assert box["y"] + box["height"] < outer["y"] + outer["height"]


def test_a_result_is_joined_to_its_call(page: Page, local_server: Server) -> None:
    """From the model that asked for a tool to the tool, and from the tool to the model that read
    its result."""
    trace_id = new_trace_id()
    send(local_server, *agent_run(trace_id))
    open_dag(page, local_server, trace_id)
    until(page, f"{VIEW}._found.length === 2")
    joined = {("call", "plan", "web_search", False), ("result", "web_search", "answer", False)}
    until(page, f"{VIEW}.edges.all.length === 4")
    assert joined <= edges(page)


def test_what_is_inferred_is_dashed(page: Page, local_server: Server) -> None:
    """A call that is known by name and arguments only is drawn as inferred, and named so."""
    trace_id = new_trace_id()
    asks = [{"role": "assistant", "parts": [
        {"type": "tool_call", "id": "c1", "name": "look", "arguments": {"q": 1}}]}]  # fmt: skip
    tool = {**TOOL, "gen_ai.tool.name": "look", "gen_ai.tool.call.arguments": '{"q": 1}'}
    send(
        local_server,
        part(trace_id, 1, 0, 20, attributes=AGENT),
        part(trace_id, 2, 0, 2, name="asks",
             attributes={**LLM, "gen_ai.output.messages": json.dumps(asks)}),
        part(trace_id, 3, 3, 6, name="look", attributes=tool),
    )  # fmt: skip
    open_dag(page, local_server, trace_id)
    until(page, f"{VIEW}.edges.all.length === 2")
    assert ("call", "asks", "look", True) in edges(page)
    line = page.locator(".at-dag-stage .at-dag-edge-call[data-kind]")
    assert line.evaluate("(line) => getComputedStyle(line).strokeDasharray") != "none"
    page.get_by_role("button", name="Legend").click()
    legend = page.get_by_role("list", name="Legend")
    expect(legend).to_contain_text("Call, inferred from name and arguments")
    expect(legend).to_contain_text("Result, inferred from its text")


def test_same_steps_are_a_run(page: Page, local_server: Server) -> None:
    """More than 20 leaves of one name are one node with an arrow back to itself, which opens; open
    here, it is open in the Spans."""
    trace_id = new_trace_id()
    steps = [part(trace_id, 2 + n, n, n + 1, name="try", attributes=TOOL) for n in range(25)]
    send(local_server, part(trace_id, 1, 0, 30, name="agent", attributes=AGENT), *steps)
    open_dag(page, local_server, trace_id)
    assert items(page) == ["agent", "try × 25"]
    assert words(page) == "Flow: 26 spans, 1 drawn, 25 in 1 run."
    run = node(page, "try × 25")
    expect(run.locator(".at-dag-loop")).to_have_count(1)
    run.locator("[data-fold]").click()
    wait_for_items(page, 27)
    assert words(page) == "Flow: 26 spans, 26 drawn."
    assert page.evaluate(f"() => {VIEW}.store.visible().length") == 27


# Cut off, and dear.
NAUGHTY = {
    "gen_ai.operation.name": "chat",
    "gen_ai.response.finish_reasons": ["length"],
    "audittrail.cost": 0.6,
}


def test_marks_do_not_need_colours(page: Page, local_server: Server) -> None:
    """Failed, running, not received and violating nodes differ in shapes, lines and words."""
    trace_id = new_trace_id()
    send(
        local_server,
        part(trace_id, 1, 0, 20, name="agent", attributes=AGENT),
        part(trace_id, 2, 0, 2, name="good"),
        part(trace_id, 3, 3, 6, name="bad", status=2),
        part(trace_id, 5, 7, 8, name="orphan", below=99),
        part(trace_id, 6, 8, 9, name="naughty", attributes=NAUGHTY),
    )
    open_dag(page, local_server, trace_id)
    naughty = f"{VIEW}.store.row('{span_id(trace_id, 6)}')"
    until(page, f"{VIEW}.store.violations[{naughty}] === 2")
    added = skeleton(
        [span_state("a" * 16, span_id(trace_id, 1), name="busy", running=True, end=None)], 1, 0
    )
    page.evaluate(
        f"""([added]) => {{
          const {{ store }} = {VIEW};
          added.base_ns = String(store.baseMs * 1e6);
          added.trace = {{ ...store.summary, status: "running" }};
          store.putSkeleton(added);
        }}""",
        [added],
    )
    wait_for_items(page, 7)
    drawn: dict[str, Any] = page.evaluate(
        f"""() => Object.fromEntries([...document.querySelectorAll("{NODE}")].map((each) => {{
          const style = getComputedStyle(each.querySelector(":scope > .at-dag-shape"));
          const has = (part) => Boolean(each.querySelector(`:scope > ${{part}}`));
          return [each.querySelector(".at-dag-name").textContent, {{
            dashes: style.strokeDasharray,
            empty: style.fill === "none",
            bold: parseFloat(style.strokeWidth) > 2,
            hatch: has(".at-dag-hatch"),
            exclamation: has(".at-dag-failed"),
            triangle: each.querySelector(":scope > .at-dag-violation text")?.textContent ?? "",
            words: each.querySelector(".at-dag-figures").textContent,
          }}];
        }}))"""
    )
    plain = drawn["good"]
    assert (plain["dashes"], plain["hatch"], plain["triangle"]) == ("none", False, "")
    assert (plain["exclamation"], plain["empty"]) == (False, False)
    assert drawn["bad"]["hatch"]
    assert drawn["bad"]["exclamation"]
    assert drawn["bad"]["bold"]
    assert drawn["naughty"]["triangle"] == "2"
    ghost, busy = drawn["parent not received"], drawn["busy"]
    assert ghost["empty"]
    assert len({plain["dashes"], ghost["dashes"], busy["dashes"]}) == 3
    assert busy["words"].startswith(("running", "never ended"))
    told = page.locator(".at-dag-list [role=option]").all_inner_texts()
    assert any("bad" in each and "failed" in each for each in told)
    assert any("naughty" in each and "2 violations" in each for each in told)


def test_large_traces_begin_as_a_summary(page: Page, local_server: Server) -> None:
    """10,000 spans are told in few nodes, whose numbers add up; loops are drawn back; from there
    one box is opened as a Flow of its own."""
    trace_id = _send_sized(local_server, 10_000)
    open_dag(page, local_server, trace_id)
    total, drawn = _numbers(words(page))
    assert words(page).startswith("Summary: ")
    assert total == 10_000
    assert drawn == page.locator(NODE).count() < 150
    summed = "items.reduce((sum, each) => sum + Number(each.dataset.spans), 0)"
    counted = (
        f"(() => {{ const items = [...document.querySelectorAll('{NODE}')]; return {summed}; }})()"
    )
    assert page.evaluate(counted) == 10_000
    assert page.locator(".at-dag-loop").count() > 0
    assert page.locator(".at-dag *").count() < 5000
    step = f"{VIEW}.store.name.indexOf('step 7')"
    page.evaluate(f"() => {VIEW}.store.select({step}, {{ from: 'test' }})")
    page.get_by_role("button", name="Flow of this selection").click()
    until(page, f"{VIEW}.mode === 'flow'")
    expect(page.locator(".at-dag-words")).to_have_text("Flow of step 7: 8 spans, 8 drawn.")
    page.get_by_role("button", name="Whole trace").click()
    expect(page.locator(".at-dag-words")).to_contain_text("10,000 spans")
    # All opened: no more nodes than the most, and words for the others.
    page.keyboard.press("Shift+X")
    until(page, f"{VIEW}.picture.all.length > 1000")
    told = words(page)
    assert page.evaluate(f"() => {VIEW}.picture.all.length") <= 1500
    assert "at most 1,500 nodes are drawn" in told
    # So many drawn, so many in boxes and in runs: together the trace.
    parts = re.findall(r"([\d,]+) (?:drawn|in|beyond)", told)
    assert sum(int(each.replace(",", "")) for each in parts) == 10_000
    assert "10,000 spans" in told
    assert (
        page.evaluate(f"() => {VIEW}.picture.all.reduce((sum, each) => sum + each.spans, 0)")
        == 10_000
    )
    page.keyboard.press("0")
    until(page, f"document.querySelectorAll('{NODE}').length > 1000")
    assert page.locator(NODE).count() <= 1500
