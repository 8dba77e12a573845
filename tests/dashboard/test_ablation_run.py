"""An ablation while it runs and afterwards: what is drawn, told, and can be taken away."""

from __future__ import annotations

import csv
import json
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.dashboard.support_ablation import (
    ABLATION,
    CHART,
    NODE,
    Answers,
    deep_graph,
    graph,
    link,
    measured,
    node,
    progress,
    run,
    source,
    step,
)
from tests.dashboard.support_sankey import agent_run, open_sankey, span_id
from tests.dashboard.support_trace import ROW, send
from tests.dashboard.waiting import until
from tests.support.otlp import new_trace_id
from tests.support.servers import Server

_DIFFERS = (
    "The re-run does not reproduce the recorded answer. What is shown explains the re-run, not "
    "the record."
)
_CONVENTION = (
    "The share along a path is the product of the shares of its steps. This is a convention, not "
    "a measured total effect."
)


@pytest.fixture
def trace_id(local_server: Server) -> str:
    made = new_trace_id()
    send(local_server, *agent_run(made, costs=(0.001, 0.002)))
    return made


def show(page: Page, server: Server, answers: Answers, query: str = "") -> Locator:
    open_sankey(page, server, answers.trace_id, query)
    page.wait_for_selector(".at-ablation-result")
    return page.locator(ABLATION)


def named(page: Page, label: str) -> Locator:
    return page.locator(f'{NODE}[aria-label*="{label}"]')


def gets(answers: Answers, name: str) -> int:
    return sum((method, path) == ("GET", f"/{name}") for method, path, _ in answers.asked)


def tell(page: Page, name: str) -> None:
    """As the live socket tells that a run has gone on."""
    page.evaluate("(run) => audittrail.trace.current.tellAblation({ type: 'ablation', run })", name)


def test_it_is_watched(page: Page, local_server: Server, trace_id: str) -> None:
    """Started, it is in the address and shows how far it is; sources fill in as messages come, and
    however many come it is fetched at most each 700 ms; a reload takes it up again."""
    answers = Answers(page, trace_id)
    open_sankey(page, local_server, trace_id, "&run=new")
    page.get_by_role("button", name="Run Ablation").click()
    part = page.locator(ABLATION)
    count = part.locator(".at-ablation-count")
    expect(count).to_have_text("0 of 48 calls")
    expect(part).to_contain_text("The first calls are under way.")
    assert "run=abl_new" in page.url
    assert len(answers.bodies("")) == 1
    some = step(trace_id, complete=False, intervals="model-based", calls=17)
    answers.add(run(trace_id, "abl_new", state="running", progress=progress(17, 50), steps=[some]))
    before = gets(answers, "abl_new")
    for _ in range(30):
        tell(page, "abl_new")
        page.wait_for_timeout(20)
    expect(count).to_have_text("17 of 50 calls, $0.004 so far")
    expect(part.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "34")
    assert gets(answers, "abl_new") - before <= 3
    expect(page.locator(NODE)).to_have_count(6)
    expect(part).to_contain_text("Intervals are model-based")
    page.reload()
    expect(count).to_have_text("17 of 50 calls, $0.004 so far")
    answers.add(run(trace_id, "abl_new"))
    tell(page, "abl_new")
    expect(part.locator(".at-ablation-state")).to_have_text("Complete")
    expect(part.get_by_role("progressbar")).to_be_hidden()
    done = gets(answers, "abl_new")
    tell(page, "abl_new")
    page.wait_for_timeout(900)
    assert gets(answers, "abl_new") == done


def test_without_a_socket(page: Page, local_server: Server, trace_id: str) -> None:
    """Where no messages come the run is asked for all the same."""
    page.route_web_socket("**/live*", lambda socket: socket.close())
    answers = Answers(page, trace_id).add(
        run(trace_id, state="running", progress=progress(3, 48), steps=[], graph=None)
    )
    part = show(page, local_server, answers)
    expect(part.locator(".at-ablation-count")).to_contain_text("3 of 48 calls")
    answers.add(run(trace_id))
    expect(part.locator(".at-ablation-state")).to_have_text("Complete")
    expect(page.locator(NODE)).to_have_count(6)


def test_cancelling_keeps_what_is_there(page: Page, local_server: Server, trace_id: str) -> None:
    """What was measured stays, and it says that intervals are wider; it can go on later."""
    some = step(trace_id, complete=False, intervals="model-based", calls=17)
    answers = Answers(page, trace_id).add(
        run(trace_id, state="running", progress=progress(17, 50), steps=[some])
    )
    part = show(page, local_server, answers)
    part.get_by_role("button", name="Cancel, keep what is there").click()
    expect(part.locator(".at-ablation-state")).to_have_text("Cancelled")
    expect(part).to_contain_text(
        "Cancelled after 17 of 50 calls. What was measured is kept; intervals are wider than they "
        "would have been."
    )
    expect(page.locator(NODE)).to_have_count(6)
    expect(part.get_by_role("button", name="Go on")).to_be_visible()
    assert ("POST", "/abl_0001/cancel", None) in answers.asked


def test_a_failure(page: Page, local_server: Server, trace_id: str) -> None:
    """The reason is told; what was spent on a model without a price is --."""
    answers = Answers(page, trace_id).add(
        run(
            trace_id, state="failed", error="The endpoint answered 401: the key is not valid.",
            steps=[], graph=None,
            progress=progress(1, 48, cost=None, cost_source="unpriced"),
        )
    )  # fmt: skip
    part = show(page, local_server, answers, "&run=abl_0001")
    expect(part.get_by_role("alert")).to_have_text(
        "The endpoint answered 401: the key is not valid."
    )
    expect(part.locator(".at-ablation-facts")).to_contain_text("cost --Unpriced")
    assert "$0" not in part.inner_text()


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


def test_a_re_run_that_differs(page: Page, local_server: Server, trace_id: str) -> None:
    """A banner in exact words, once, with both texts and what differs; other notices beside it."""
    differs = step(trace_id, reproduced=False, rerun="It does 85 km/h.")
    answers = Answers(page, trace_id).add(
        run(
            trace_id, steps=[differs],
            notices=["answer: t" + _DIFFERS[1:], "temperature was refused and left out"],
        )
    )  # fmt: skip
    part = show(page, local_server, answers)
    banner = part.locator(".at-ablation-differs")
    expect(banner.locator("p").first).to_have_text(_DIFFERS)
    expect(part.locator(".at-ablation-notes .at-ablation-notice")).to_have_text(
        ["temperature was refused and left out"]
    )
    banner.get_by_text("Both texts, and what differs").click()
    expect(banner.locator("blockquote").first).to_contain_text("It does 90 km/h.")
    expect(banner.locator("blockquote").last).to_have_text("It does 85 km/h.")
    expect(banner.locator(".at-diff-gone, .at-diff-new")).to_have_count(2)


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


def test_runs_of_a_trace(page: Page, local_server: Server, trace_id: str) -> None:
    """They are listed with what they took; one is opened, two are compared, one is deleted after it
    was asked for; a reload shows the same."""
    lower = [
        {**each, "phi": each["phi"] - 0.2, "low": each["low"] - 0.2, "high": each["high"] - 0.2}
        if each["id"] == "m4" else each
        for each in step(trace_id)["sources"]
    ]  # fmt: skip
    answers = Answers(page, trace_id).add(
        run(trace_id, calls_trace_id=trace_id),
        run(trace_id, "abl_0002", model="gpt-4o", steps=[step(trace_id, sources=lower)]),
    )
    part = show(page, local_server, answers)
    listed = page.locator(".at-ablation-list tbody tr")
    expect(listed).to_have_count(2)
    expect(listed.first).to_contain_text("gpt-4oComplete18$0.004 E")
    expect(listed.first).to_have_attribute("aria-current", "true")
    listed.last.get_by_role("button", name=re.compile("Open the run")).click()
    expect(part.locator(".at-ablation-facts")).to_contain_text("gpt-4o-mini at api.example.com")
    assert "run=abl_0001" in page.url
    link_of = part.get_by_role("link", name="Its calls as a trace")
    expect(link_of).to_have_attribute("href", f"/traces/{trace_id}")
    for box in listed.get_by_role("checkbox").all():
        box.check()
    part.get_by_role("button", name="Compare (2)").click()
    expect(part.get_by_role("heading", level=2)).to_have_text("Two ablations compared")
    expect(part).to_contain_text("The two ran different models.")
    rows = part.locator(".at-ablation-table tbody tr")
    expect(rows.filter(has_text="web_search result")).to_have_text(
        re.compile(r"0\.67 \(0\.63 to 0\.71\)0\.47 \(0\.43 to 0\.51\)-0\.20do not overlap")
    )
    expect(rows.filter(has_text="Manual, page 4")).to_contain_text("0.00overlap")
    assert "run=abl_0001" in page.url
    assert "against=abl_0002" in page.url
    page.reload()
    expect(part.get_by_role("heading", level=2)).to_have_text("Two ablations compared")
    page.go_back()
    expect(part.locator(".at-ablation-facts")).to_be_visible()
    part.locator(".at-ablation-head").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    expect(listed).to_have_count(2)
    part.locator(".at-ablation-head").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(listed).to_have_count(1)
    assert list(answers.runs) == ["abl_0002"]
    expect(part.locator(".at-ablation-facts")).to_contain_text("gpt-4o at api.example.com")


def test_files(page: Page, local_server: Server, trace_id: str) -> None:
    """The picture as PNG and as SVG that stands alone, the figures as CSV and JSON."""
    show(page, local_server, Answers(page, trace_id).add(run(trace_id)))

    def saved(kind: str) -> Path:
        with page.expect_download() as download:
            page.locator(".at-ablation-exports").get_by_role("button", name=kind).click()
        assert (
            download.value.suggested_filename == f"ablation-{trace_id[:8]}-abl_0001.{kind.lower()}"
        )
        return Path(download.value.path())

    image = saved("PNG").read_bytes()
    assert image.startswith(b"\x89PNG")
    width, height = struct.unpack_from(">II", image, 16)
    assert width > 600
    assert height > 600
    drawing = saved("SVG").read_text()
    assert "Ablation of answer (final answer)" in drawing
    assert "web_search result" in drawing
    assert "class=" not in drawing
    assert "var(" not in drawing
    rows = list(csv.DictReader(saved("CSV").read_text().splitlines()))
    assert [
        (each["source_id"], each["phi"], each["low"], each["causal"]) for each in rows[3:5]
    ] == [
        ("m4", "0.67", "0.63", "true"),
        ("m5", "0.33", "0.28", "true"),
    ]
    assert rows[0]["pinned"] == "true"
    assert rows[3]["redundancy"] == "redundant with Manual, page 4"
    made = json.loads(saved("JSON").read_text())
    assert made["graph"] == graph(trace_id)
    assert made["steps"] == [step(trace_id)]


def test_files_of_the_overlap(page: Page, local_server: Server, trace_id: str) -> None:
    """They say that they are not causal."""
    answers = Answers(page, trace_id)
    show(page, local_server, answers, "&run=overlap")
    files = page.locator(".at-ablation-exports")
    with page.expect_download() as download:
        files.get_by_role("button", name="JSON").click()
    made = json.loads(Path(download.value.path()).read_text())
    assert made["causal"] is False
    assert made["title"] == "Text overlap (not causal; no model was re-run)"
    with page.expect_download() as download:
        files.get_by_role("button", name="CSV").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert lines[:2] == [
        '"source","target","overlap","causal"',
        '"User message","Final answer","0.1","false"',
    ]


def test_an_unknown_run(browser: Browser, local_server: Server, trace_id: str) -> None:
    """Of an id that is not there it says so; another can be opened."""
    page = browser.new_page()
    Answers(page, trace_id).add(run(trace_id))
    page.goto(f"{local_server.dashboard}/traces/{trace_id}?tab=sankey&run=abl_gone")
    part = page.locator(ABLATION)
    expect(part.get_by_role("alert")).to_have_text(
        "No ablation with this id belongs to this trace. It may have been deleted."
    )
    part.get_by_role("button", name=re.compile("Open the run")).click()
    expect(part.locator(".at-ablation-state")).to_have_text("Complete")
    page.close()
