"""The Sankey tab: where tokens and cost went."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from tests.dashboard.support_sankey import (
    FLOW,
    NODE,
    agent,
    agent_run,
    call,
    open_sankey,
    span_id,
    table,
    wait_for_node,
)
from tests.dashboard.support_trace import ROW, get, send, skeleton, span_state
from tests.dashboard.waiting import until
from tests.support.otlp import new_trace_id
from tests.support.servers import Server

_TITLE = "Token and cost flow (not causal)"
_FLOWS = """(given) => {
  const at = audittrail;
  const store = at.trace.createStore("t".repeat(32));
  store.putSkeleton(given);
  const calls = at.sankey.modelCalls(store, []);
  const told = (measure) => {
    const flow = at.sankey.buildFlow(store, calls, measure);
    return {
      nodes: flow.columns.map((nodes) => nodes.map(({ key, into, out }) => [key, into, out])),
      links: flow.links.map(({ from, to, value }) => [from.column, from.key, to.key, value]),
      silent: flow.silent.map((row) => store.id[row]),
    };
  };
  return { calls: calls.map((each) => store.id[each.row]),
    tokens: told("tokens"), cost: told("cost") };
}"""


def test_tokens_flow_from_sources_to_the_answer(page: Page, local_server: Server) -> None:
    """What a call read beyond the call before it is its tool's result; what it wrote asks for a
    tool, or is the answer. The table says what the picture shows."""
    trace_id = new_trace_id()
    send(local_server, *agent_run(trace_id))
    open_sankey(page, local_server, trace_id)
    assert table(page) == {
        ("System prompt and user input", "plan", "100", "1"),
        ("plan", "Calls of web_search", "20", "1"),
        ("Earlier conversation", "answer", "120", "1"),
        ("Results of web_search", "answer", "60", "1"),
        ("answer", "Final answer", "40", "1"),
    }
    names = page.locator(NODE).evaluate_all("(nodes) => nodes.map((node) => node.ariaLabel)")
    assert set(names) == {
        "Step: System prompt and user input, 100",
        "Step: Earlier conversation, 120",
        "Tool: Results of web_search, 60",
        "LLM: plan, 100 in, 20 out",
        "LLM: answer, 180 in, 40 out",
        "Tool: Calls of web_search, 20",
        "LLM: Final answer, 40",
    }


def test_it_is_never_called_a_cause(page: Page, local_server: Server) -> None:
    """The flow is named as what it is, in the tab and in its files."""
    trace_id = new_trace_id()
    send(local_server, *agent_run(trace_id, costs=(0.001, 0.002)))
    open_sankey(page, local_server, trace_id)
    expect(page.get_by_role("heading", name=_TITLE, exact=True)).to_be_visible()
    for measure in ("Tokens", "Cost"):
        page.get_by_role("button", name=measure, exact=True).click()
        words = page.locator(FLOW).inner_text()
        assert "not causes" in words
        assert not re.search("caus", words.replace("not causes", "").replace("not causal", ""))
    with page.expect_download() as download:
        page.locator(FLOW).get_by_role("button", name="JSON").click()
    made = json.loads(Path(download.value.path()).read_text())
    assert (made["title"], made["causal"], made["unit"]) == (_TITLE, False, "usd")
    assert {(each["from"], each["to"], each["value"]) for each in made["links"]} >= {
        ("answer", "Final answer", 0.002)
    }
    with page.expect_download() as download:
        page.locator(FLOW).get_by_role("button", name="CSV").click()
    head, *lines = Path(download.value.path()).read_text().splitlines()
    assert head == '"from","to","usd","causal","span_ids"'
    ids = span_id(trace_id, 4)
    assert f'"answer","Final answer","0.002","false","{ids}"' in lines


def test_a_formula_is_text_in_the_file(page: Page, local_server: Server) -> None:
    """A name that a spreadsheet would run is not one in the CSV."""
    trace_id = new_trace_id()
    send(local_server, agent(trace_id), call(trace_id, 2, 0, (10, 5), name='=1+"2"'))
    open_sankey(page, local_server, trace_id)
    with page.expect_download() as download:
        page.locator(FLOW).get_by_role("button", name="CSV").click()
    assert '"\'=1+""2"""' in Path(download.value.path()).read_text()


def test_unpriced_calls(page: Page, local_server: Server) -> None:
    """Are not drawn as free: the sum is a lower bound, or unknown, and each is named."""
    trace_id = new_trace_id()
    spans = agent_run(trace_id, costs=(0.001, 0.002))
    del spans[1]["attributes"]["gen_ai.usage.cost"]
    unknown = {"gen_ai.request.model": "a-model-of-our-own"}
    spans[1]["attributes"] |= unknown
    del spans[1]["attributes"]["gen_ai.usage.input_tokens"]
    del spans[1]["attributes"]["gen_ai.usage.output_tokens"]
    send(local_server, *spans)
    open_sankey(page, local_server, trace_id)
    page.get_by_role("button", name="Cost", exact=True).click()
    flow = page.locator(FLOW)
    expect(flow.locator(".at-sankey-costs")).to_have_text(">= $0.0020AgentUnpriced")
    expect(flow).to_contain_text("1 model call reported no cost and cannot be drawn:")
    flow.get_by_role("button", name="plan", exact=True).click()
    until(page, f"audittrail.url.get('span') === '{span_id(trace_id, 2)}'")
    bare = new_trace_id()
    send(local_server, agent(bare), call(bare, 2, 0))
    open_sankey(page, local_server, bare)
    page.get_by_role("button", name="Cost", exact=True).click()
    expect(flow.locator(".at-sankey-costs")).to_have_text("--Unpriced")
    assert "$0" not in page.locator(".at-sankey").inner_text()
    expect(flow.locator("svg.at-sankey-chart")).to_be_hidden()


def test_cost_of_other_spans(page: Page, local_server: Server) -> None:
    """A tool may cost something too: what is not drawn is told."""
    trace_id = new_trace_id()
    spans = agent_run(trace_id, costs=(0.001, 0.002))
    spans[2]["attributes"]["gen_ai.usage.cost"] = 0.25
    send(local_server, *spans)
    open_sankey(page, local_server, trace_id)
    page.get_by_role("button", name="Cost", exact=True).click()
    expect(page.locator(f"{FLOW} .at-sankey-costs")).to_have_text(
        "$0.0030Agentand $0.2500 of spans that are no model calls, which are not drawn"
    )


def _random_trace(seed: int, many: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    kinds = ["agent", "llm", "llm", "tool", "retrieval", None]
    spans: list[dict[str, Any]] = []
    for number in range(many):
        # Nothing below a model call: of calls within calls only the outer are drawn.
        above = chance.choice([e["span_id"] for e in spans if e["span_type"] != "llm"] or [None])
        kind = chance.choice(kinds) if spans else "agent"
        start = chance.randrange(10_000) * 10**6
        usage: dict[str, Any] = {}
        if kind == "llm":
            usage = {
                "tokens_in": chance.choice([None, 0, chance.randrange(5000)]),
                "tokens_out": chance.choice([None, chance.randrange(500)]),
                "cost": chance.choice([None, chance.random() / 7]),
                "cost_source": "agent",
            }
        spans.append(
            span_state(
                f"{number + 1:016x}", above, span_type=kind, name=f"{kind} {chance.randrange(60)}",
                start=start, end=start + chance.randrange(1, 3000) * 10**6, **usage,
            )
        )  # fmt: skip
    return spans


def test_nothing_is_lost_on_the_way(page: Page, local_server: Server) -> None:
    """Of random traces: what flows into each model call is what it read, what flows out what it
    wrote; its cost flows in and out in full. At most 40 nodes, and each call is drawn or named."""
    page.goto(f"{local_server.dashboard}/traces")
    until(page, "window.audittrail?.sankey?.buildFlow")

    @settings(max_examples=25)
    @given(st.integers(0, 2**32), st.sampled_from([2, 12, 60, 300]))
    def check(seed: int, many: int) -> None:
        spans = {each["span_id"]: each for each in _random_trace(seed, many)}
        got = page.evaluate(_FLOWS, skeleton(list(spans.values()), 1, 0))
        for measure in ("tokens", "cost"):
            flow = got[measure]
            drawn = [spans[each] for each in got["calls"] if each not in flow["silent"]]
            names = ("tokens_in", "tokens_out") if measure == "tokens" else ("cost", "cost")
            wanted = [sum(each[name] or 0 for each in drawn) for name in names]
            sides = [
                sum(value for column, *_, value in flow["links"] if column == side)
                for side in (0, 1)
            ]
            assert all(abs(a - b) < 1e-9 for a, b in zip(sides, wanted, strict=True))
            assert sum(map(len, flow["nodes"])) <= 40
            for column, nodes in enumerate(flow["nodes"]):
                for key, into, out in nodes:
                    ins = [v for c, _, to, v in flow["links"] if (c + 1, to) == (column, key)]
                    outs = [v for c, of, _, v in flow["links"] if (c, of) == (column, key)]
                    assert abs(sum(ins) - into) < 1e-9
                    assert abs(sum(outs) - out) < 1e-9
                    if measure == "cost" and column == 1:
                        assert abs(into - out) < 1e-9

    check()


def test_selection_is_shared(page: Page, local_server: Server) -> None:
    """A node, by click or by key, selects its span in the address and in the Spans, and a reload
    restores it; what was selected elsewhere is marked here, or told to be no part of the flow."""
    trace_id = new_trace_id()
    send(local_server, *agent_run(trace_id))
    open_sankey(page, local_server, trace_id)
    node = page.locator(f'{NODE}[aria-label^="Tool: Results of web_search"]')
    node.click()
    until(page, f"audittrail.url.get('span') === '{span_id(trace_id, 3)}'")
    expect(node).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(node).to_have_attribute("aria-pressed", "true")
    page.locator(f'{NODE}[aria-label^="LLM: plan"]').focus()
    page.keyboard.press("Enter")
    until(page, f"audittrail.url.get('span') === '{span_id(trace_id, 2)}'")
    page.keyboard.press("1")
    chosen = page.locator(f'{ROW}[aria-selected="true"]')
    expect(chosen).to_contain_text("plan")
    page.keyboard.press("ArrowUp")
    expect(chosen).to_contain_text("researcher")
    page.keyboard.press("4")
    expect(page.locator(FLOW)).to_contain_text(
        "The selected span, researcher, is not a part of this flow."
    )
    assert page.locator(f'{NODE}[aria-pressed="true"]').count() == 0


def test_data_do_not_move_it(page: Page, local_server: Server) -> None:
    """A call that comes while it is read is drawn; the measure, the scroll position, the selection
    and the focus stay, as they do when the tab is left and returned to."""
    trace_id = new_trace_id()
    send(local_server, *agent_run(trace_id, costs=(0.001, 0.002)))
    open_sankey(page, local_server, trace_id)
    page.get_by_role("button", name="Cost", exact=True).click()
    page.locator(f'{NODE}[aria-label^="LLM: answer"]').click()
    picked = page.locator(".at-sankey-pick").filter(has_text="plan")
    picked.focus()
    page.evaluate("() => { document.querySelector('.at-sankey').scrollTop = 150; }")
    kept = """() => [document.querySelector(".at-sankey").scrollTop,
      document.activeElement.textContent,
      document.querySelector(".at-sankey-selected").ariaLabel,
      document.querySelector(".at-sankey-flow [aria-pressed=true]").textContent]"""
    before = page.evaluate(kept)
    assert before[0] == 150
    late = [call(trace_id, 16 + n, 6 + n / 10, (50, 5), name=f"late {n}") for n in range(2)]
    send(local_server, *late)
    wait_for_node(page, "late")
    assert page.evaluate(kept) == before
    page.keyboard.press("1")
    page.wait_for_selector(f".at-panel:not([hidden]) {ROW}")
    page.keyboard.press("4")
    expect(page.locator(FLOW)).to_be_visible()
    after = page.evaluate(kept)
    assert [after[0], *after[2:]] == [before[0], *before[2:]]
    assert get(local_server, f"/traces/{trace_id}")["span_count"] == 6
