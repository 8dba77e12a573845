"""What an ablation found: the picture and the table say the same, by pointer and by key."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.support_ablation import (
    ABLATION,
    CHART,
    NODE,
    Answers,
    deep_graph,
    graph,
    link,
    measured,
    named,
    node,
    run,
    show,
    source,
    step,
)
from tests.dashboard.support_sankey import agent_run, span_id
from tests.dashboard.support_trace import ROW, send
from tests.dashboard.waiting import until
from tests.support.otlp import new_trace_id
from tests.support.servers import Server

_CONVENTION = (
    "The share along a path is the product of the shares of its steps. This is a convention, not "
    "a measured total effect."
)


@pytest.fixture(scope="module")
def trace_id(local_server: Server) -> str:
    made = new_trace_id()
    send(local_server, *agent_run(made, costs=(0.001, 0.002)))
    return made


def test_ribbons_are_in_balance(page: Page, local_server: Server, trace_id: str) -> None:
    """What flows into the answer is as tall as the answer, by share; what works against it arrives
    below that; what cannot be told from zero is hollow."""
    show(page, local_server, Answers(page, trace_id).add(run(trace_id)))
    tall = page.evaluate(
        """() => Object.fromEntries(
          [...document.querySelectorAll(".at-causal-chart .at-causal-node")].map((node) =>
            [node.dataset.key, [...node.querySelectorAll(":scope > rect")].map((each) =>
              [Number(each.getAttribute("y")), Number(each.getAttribute("height"))])]))"""
    )
    [[top, whole], [below, _]] = tall["t"]
    shares = {"prior": 0.08, "m4": 0.62, "m5": 0.3}
    for name, share in shares.items():
        assert tall[name][0][1] == pytest.approx(share * whole)
    assert below == pytest.approx(top + whole)
    ends = page.evaluate(
        """() => Object.fromEntries(
          [...document.querySelectorAll(".at-causal-chart [data-kind] > path:first-child")].map(
            (path) => [path.parentNode.dataset.kind, path.getAttribute("d").match(/[\\d.]+/g)]))"""
    )
    assert float(ends["suppressor"][9]) >= top + whole
    assert sum(shares.values()) == 1
    look = page.evaluate(
        """() => Object.fromEntries(["zero", "suppressor", "cause"].map((kind) => {
          const style = getComputedStyle(document.querySelector(`.at-causal-${kind}`));
          return [kind, style.fill];
        }))"""
    )
    assert look["zero"] == "none"
    assert "at-causal-suppressor" in look["suppressor"]
    legend = page.locator(".at-causal-legend").inner_text()
    for word in ("Hollow", "Suppressor", "Ribbon", "Model prior"):
        assert word in legend


def test_the_table(page: Page, local_server: Server, trace_id: str) -> None:
    """It says what the picture shows: share, phi, interval, necessity, sufficiency, what stands in
    for what; what is not known to differ from zero is said to be so, what was pinned too."""
    show(page, local_server, Answers(page, trace_id).add(run(trace_id)))
    lines = page.locator(".at-ablation-table tbody tr")
    found = [" | ".join(line.locator("th, td").all_inner_texts()) for line in lines.all()]
    cells = [re.sub(r"\s+", " ", line).strip() for line in found]
    assert cells == [
        "Tool result web_search result It does 90 km/h. | 67% | 0.67 | 0.63 to 0.71 | 0.57 | 0.62 "
        "| redundant with Manual, page 4",
        "Document Manual, page 4 The limit is 80 km/h. | 33% | 0.33 | 0.28 to 0.38 | 0.23 | 0.28 "
        "| redundant with web_search result",
        "Tool result weather result It rains in Lyon. | suppressor | -0.09 | -0.12 to -0.06 | "
        "0.00 | 0.00 |",
        "Earlier model output plan Let me look. | not distinguishable from zero | 0.01 | "
        "-0.02 to 0.04 | 0.00 | 0.00 |",
        "System prompt System prompt You are careful. | pinned, in every call",
        "User message User message How fast is it? | pinned, in every call",
    ]


def test_what_was_measured_together(page: Page, local_server: Server, trace_id: str) -> None:
    """Sources of a group are one line with the names of its members."""
    together = measured(0.9, 0.1, 0.9, distinguishable=True, members=["a", "b", "c"])
    members = [
        {**source(name, "tool", f"search {name}", "found"), "group": "turn 2", **together}
        for name in "abc"
    ]
    one = step(trace_id, sources=members, pairs=[], method="grouped", intervals="measured")
    show(page, local_server, Answers(page, trace_id).add(run(trace_id, steps=[one])))
    lines = page.locator(".at-ablation-table tbody tr")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("turn 2")
    expect(lines).to_contain_text("3 sources, measured together: search a, search b, search c")


def test_many_steps(page: Page, local_server: Server, trace_id: str) -> None:
    """All the way back: a call and its result are joined by a dashed line, what has no influence
    further on is dotted, no ribbon runs through a step that it is no part of, and it is said that
    shares along a path are a convention."""
    back = step(trace_id, span_id=span_id(trace_id, 2), name="plan", depth=1)
    answers = Answers(page, trace_id).add(
        run(trace_id, steps=[step(trace_id), back], graph=deep_graph(trace_id))
    )
    part = show(page, local_server, answers)
    expect(part.get_by_text(_CONVENTION, exact=True)).to_be_visible()
    dashes = page.evaluate(
        """() => ["structural", "unmeasured"].map((kind) =>
          getComputedStyle(document.querySelector(`[data-kind=${kind}] > path`)).strokeDasharray)"""
    )
    assert all(each != "none" for each in dashes)
    headings = part.locator(".at-ablation-step h3").all_inner_texts()
    assert headings == ["Target: answer +4.00 s", "Step: plan +0 ms"]
    places = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".at-causal-node")].map((node) =>
          [node.dataset.key, Number(node.querySelector("rect").getAttribute("x"))]))"""
    )
    assert places["prior"] == places["u"] == places["s"] == 0
    assert 0 < places["plan"] < places["t"] == max(places.values())
    across = page.evaluate(
        """() => {
          const nodes = [...document.querySelectorAll(".at-causal-node")].map((node) => {
            const box = node.querySelector("rect").getBBox();
            return new DOMPoint(box.x + box.width / 2, box.y + box.height / 2);
          });
          const ribbons = [...document.querySelectorAll(".at-causal-prior, .at-causal-cause")];
          return ribbons.filter((each) => each.closest(".at-causal-chart") &&
            nodes.some((point) => each.isPointInFill(point))).length;
        }"""
    )
    assert across == 0
    named(page, "User message").hover()
    card = page.locator(".at-ablation-card")
    expect(card).to_contain_text(_CONVENTION)
    expect(card).to_contain_text("0.40 to 0.60")
    expect(card).to_contain_text("Intervals are model-based")


def test_a_card_by_key(page: Page, local_server: Server, trace_id: str) -> None:
    """The focus shows what pointing does, with the source's text; Escape takes it away."""
    show(page, local_server, Answers(page, trace_id).add(run(trace_id)))
    named(page, "web_search result").focus()
    card = page.locator(".at-ablation-card")
    for words in ("62%", "0.67", "0.63 to 0.71", "Necessity", "Text of web_search result."):
        expect(card).to_contain_text(words)
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)


def test_selection_and_hover_are_shared(page: Page, local_server: Server, trace_id: str) -> None:
    """A node, by click or Enter, selects its span everywhere; what is selected or pointed at
    elsewhere is marked here."""
    show(page, local_server, Answers(page, trace_id).add(run(trace_id)))
    found = named(page, "web_search result")
    found.click()
    until(page, f"audittrail.url.get('span') === '{span_id(trace_id, 3)}'")
    expect(found).to_have_attribute("aria-pressed", "true")
    row = page.locator(".at-ablation-table tr[aria-current]")
    expect(row).to_contain_text("web_search result")
    named(page, "Earlier model output: plan").focus()
    page.keyboard.press("Enter")
    until(page, f"audittrail.url.get('span') === '{span_id(trace_id, 2)}'")
    expect(found).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("1")
    expect(page.locator(f'{ROW}[aria-selected="true"]')).to_contain_text("plan")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("4")
    expect(found).to_have_class(re.compile("at-sankey-selected"))
    page.locator(".at-ablation-table").get_by_role("button", name="web_search result").hover()
    expect(found).to_have_class(re.compile("at-causal-hovered"))


def many(trace_id: str, number: int) -> dict[str, Any]:
    share = 1 / number
    return {
        **graph(trace_id),
        "nodes": [
            *(node(f"d{n}", "document", f"Document {n}", share, 1) for n in range(number)),
            node("t", "target", "Final answer", 1.0, 0, span_id=span_id(trace_id, 4)),
        ],
        "links": [
            link(f"d{n}", "t", "cause", share, **measured(share, 0.01, share))
            for n in range(number)
        ],
    }


def test_more_than_forty_nodes(page: Page, local_server: Server, trace_id: str) -> None:
    """The smallest become one; together they are as tall as before."""
    answers = Answers(page, trace_id).add(run(trace_id, graph=many(trace_id, 45)))
    show(page, local_server, answers)
    drawn = page.locator(NODE)
    assert drawn.count() <= 40
    rest = 45 - (drawn.count() - 2)
    other = named(page, f"other ({rest})")
    expect(other).to_have_attribute(
        "aria-label", re.compile(rf"{round(100 * rest / 45)}% of the answer")
    )
    assert page.locator(f"{CHART} [data-kind]").count() == drawn.count() - 1


def test_hostile_text(page: Page, local_server: Server, trace_id: str) -> None:
    """Markup in whatever an agent or a model said is text."""
    page.evaluate("() => { window.broken = 0; }")
    bad = "<img src=x onerror='window.broken = 1'><script>window.broken = 1</script>"
    found = step(trace_id, name=bad, reproduced=False, recorded=bad, rerun=bad + " ")
    found["sources"] = [{**each, "label": bad, "text": bad} for each in found["sources"]]
    shown = {**graph(trace_id)}
    shown["nodes"] = [{**each, "label": bad, "text": bad} for each in shown["nodes"]]
    answers = Answers(page, trace_id).add(
        run(trace_id, target={**run(trace_id)["target"], "name": bad}, steps=[found],
            graph=shown, notices=[bad], model=bad)
    )  # fmt: skip
    part = show(page, local_server, answers)
    part.get_by_text("Both texts").click()
    page.locator(NODE).first.focus()
    expect(page.locator(".at-ablation-card")).to_contain_text("<img src=x")
    assert page.locator(f"{ABLATION} img, {ABLATION} script, .at-ablation-card img").count() == 0
    assert not page.evaluate("() => window.broken")
