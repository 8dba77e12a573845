"""Before an ablation: what is chosen, what it would take, and what is refused."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.dashboard.support_ablation import ABLATION, NO_ENDPOINT, Answers, preview, target
from tests.dashboard.support_accounts import look_at_demo
from tests.dashboard.support_sankey import agent, agent_run, call, open_sankey, span_id
from tests.dashboard.support_trace import send
from tests.dashboard.waiting import painted, until
from tests.support.otlp import new_trace_id
from tests.support.servers import Server

_FIGURES = "48 to 210 calls, <= 250,000 input tokens, about $0.021, at most $0.034"
_ONE_STEP = "48 calls, <= 61,000 input tokens, about $0.021, at most $0.034"


def opened(page: Page, server: Server, query: str = "&run=new", **overview: Any) -> Answers:
    """The plan of a trace whose ablations are answered by hand."""
    trace_id = new_trace_id()
    send(server, *agent_run(trace_id, costs=(0.001, 0.002)))
    answers = Answers(page, trace_id, **overview)
    open_sankey(page, server, trace_id, query)
    return answers


def test_preview_before_any_call(page: Page, local_server: Server) -> None:
    """The final answer is the target by default, all the way back; what its ablation takes is told
    with where the price is from, and only previews were asked for. One step takes less."""
    answers = opened(page, local_server)
    plan = page.locator(ABLATION)
    expect(plan.locator(".at-ablation-figures")).to_contain_text(_FIGURES)
    expect(plan.locator(".at-ablation-figures .at-badge")).to_have_text("Estimated")
    expect(plan.get_by_label("Target")).to_have_value(span_id(answers.trace_id, 4))
    expect(plan.locator(".at-ablation-answer")).to_contain_text("It does 90 km/h.")
    expect(plan.get_by_role("button", name="Run Ablation")).to_be_enabled()
    body = answers.bodies("/preview")[-1]
    assert body["target"] == span_id(answers.trace_id, 4)
    assert {"measure": "text", "mode": "standard", "steps": "all"}.items() <= body.items()
    plan.get_by_role("button", name="Only this step").click()
    expect(plan.locator(".at-ablation-figures")).to_contain_text(_ONE_STEP)
    assert {method for method, path, _ in answers.asked if path == ""} == {"GET"}


def test_unpriced(page: Page, local_server: Server) -> None:
    """A model without a price has cost --, never $0."""
    answers = opened(page, local_server)
    answers.plan = lambda body: preview(
        answers.trace_id, body, cost=None, cost_at_most=None, cost_source="unpriced"
    )
    page.get_by_role("button", name="Quick").click()
    figures = page.locator(".at-ablation-figures")
    expect(figures.locator("strong")).to_have_text(
        "48 to 210 calls, <= 250,000 input tokens, cost --"
    )
    expect(figures.locator(".at-badge")).to_have_text("Unpriced")
    assert "$0" not in page.locator(ABLATION).inner_text()


def test_every_choice_is_asked_for(page: Page, local_server: Server) -> None:
    """Target, what of it, precision, how far, model and budget reach the preview; a call that chose
    a tool is explained by that choice."""
    answers = opened(page, local_server)
    plan = page.locator(ABLATION)
    plan.get_by_label("What is explained").select_option(label="One sentence of it")
    plan.get_by_label("Sentence", exact=True).select_option(index=1)
    plan.get_by_role("button", name="Quick").click()
    plan.get_by_role("button", name="All the way back").click()
    expect(plan.locator(".at-ablation-figures strong")).to_have_text(_FIGURES)
    expect(plan).to_contain_text("plan +0 ms: 0 sources, up to 6 calls")
    plan.get_by_label("Model", exact=True).fill("gpt-4o")
    plan.get_by_label("Budget, USD").fill("0.5")
    expect(plan.locator(".at-ablation-figures")).to_contain_text("With gpt-4o at api.example.com")
    until_asked(page, answers, "max_usd", 0.5)
    assert answers.bodies("/preview")[-1] == {
        "target": span_id(answers.trace_id, 4),
        "measure": "sentence",
        "sentence": 1,
        "mode": "quick",
        "steps": "all",
        "include": [],
        "exclude": [],
        "model": "gpt-4o",
        "max_usd": 0.5,
    }
    plan.get_by_label("Target").select_option(label="plan +0 ms (chose web_search)")
    measure = plan.get_by_label("What is explained")
    expect(measure).to_have_value("decision")
    offered = measure.locator("option").all_inner_texts()
    assert offered == ["Which tool it chose", "The arguments it gave"]
    until_asked(page, answers, "measure", "decision")


def until_asked(page: Page, answers: Answers, name: str, value: object) -> None:
    """Until the newest preview was asked for with that."""
    while answers.bodies("/preview")[-1][name] != value:
        page.wait_for_timeout(20)


def test_sources_are_switched(page: Page, local_server: Server) -> None:
    """A pinned source can be measured and a measured one pinned, by key; one that cannot be
    unpinned has no switch; each leads to its span."""
    answers = opened(page, local_server)
    pieces = page.locator(".at-ablation-pieces")
    expect(pieces).to_contain_text("4 of 6 sources are masked in turn; 2 pinned, in every call.")
    expect(pieces.get_by_role("switch", name="User message User message")).to_be_disabled()
    expect(pieces.locator("li", has_text="User message")).to_contain_text("always pinned")
    expect(pieces.locator("li", has_text="Manual, page 4")).to_contain_text(
        "repeats web_search result"
    )
    pieces.get_by_role("switch", name="System prompt System prompt").focus()
    page.keyboard.press("Space")
    expect(pieces).to_contain_text("5 of 6 sources are masked in turn; 1 pinned")
    expect(pieces.get_by_role("switch", name="System prompt System prompt")).to_be_focused()
    pieces.get_by_role("switch", name="Tool result weather result").uncheck()
    expect(pieces.locator("li", has_text="weather result")).to_contain_text("pinned")
    body = answers.bodies("/preview")[-1]
    assert (body["include"], body["exclude"]) == (["m1"], ["m6"])
    pieces.get_by_role("switch", name="Tool result weather result").check()
    expect(pieces).to_contain_text("5 of 6 sources are masked in turn; 1 pinned")
    assert answers.bodies("/preview")[-1]["exclude"] == []
    pieces.get_by_role("button", name="Show the span web_search").click()
    until(page, f"audittrail.url.get('span') === '{span_id(answers.trace_id, 3)}'")


def test_answers_out_of_order(page: Page, local_server: Server) -> None:
    """Of two previews under way the one asked for last is shown, whichever comes last."""
    answers = opened(page, local_server)
    expect(page.locator(".at-ablation-figures")).to_contain_text(_FIGURES)
    held: list[Route] = []
    answers.held = held
    page.get_by_role("button", name="Quick").click()
    page.get_by_role("button", name="Standard").click()
    until_held(page, held, 2)
    expect(page.get_by_role("button", name="Run Ablation")).to_have_attribute(
        "aria-disabled", "true"
    )
    first, second = held
    second.fulfill(json={"data": preview(answers.trace_id, calls=22, calls_at_most=22)})
    expect(page.locator(".at-ablation-figures")).to_contain_text("22 calls")
    first.fulfill(json={"data": preview(answers.trace_id, calls=11, calls_at_most=11)})
    painted(page)
    expect(page.locator(".at-ablation-figures")).to_contain_text("22 calls")


def until_held(page: Page, held: list[Route], many: int) -> None:
    while len(held) < many:
        page.wait_for_timeout(20)


def test_a_budget(page: Page, local_server: Server) -> None:
    """What is no amount is told beside it and not sent; one that may not be enough is told."""
    answers = opened(page, local_server)
    budget = page.get_by_label("Budget, USD")
    expect(page.locator(".at-ablation-figures")).to_contain_text(_FIGURES)
    before = len(answers.bodies("/preview"))
    for wrong in ("-1", "nothing"):
        budget.fill(wrong)
        expect(page.locator(f"{ABLATION} [role=alert]")).to_have_text(
            "The budget is an amount in USD above 0, such as 0.50. Leave it empty for none."
        )
    budget.fill("0.01")
    expect(page.locator(".at-ablation-tight")).to_contain_text(
        "A budget of $0.01 may not be enough"
    )
    while len(answers.bodies("/preview")) == before:
        page.wait_for_timeout(20)
    assert [each["max_usd"] for each in answers.bodies("/preview")[before:]] == [0.01]


def test_a_refusal(loose_page: Page, local_server: Server) -> None:
    """What the server refuses is said in its words, in place, and can be tried again."""
    page = loose_page
    trace_id = new_trace_id()
    send(local_server, *agent_run(trace_id))
    answers = Answers(page, trace_id)
    answers.refusal = (409, "Nothing of this prompt can be masked. Switch a source on.")
    open_sankey(page, local_server, trace_id, "&run=new")
    alert = page.locator(f"{ABLATION} [role=alert]")
    expect(alert).to_have_text("Nothing of this prompt can be masked. Switch a source on.")
    expect(page.get_by_role("button", name="Run Ablation")).to_have_attribute(
        "aria-disabled", "true"
    )
    answers.refusal = None
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".at-ablation-figures")).to_contain_text(_FIGURES)
    answers.refusal = (409, "10 ablations of yours wait already; let one end first.")
    page.get_by_role("button", name="Run Ablation").click()
    expect(alert).to_have_text("10 ablations of yours wait already; let one end first.")


def test_without_an_endpoint(page: Page, local_server: Server) -> None:
    """The overlap of texts is shown under its exact title, hatched, without intervals and never as
    a cause; how to configure an endpoint can be copied."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answers = opened(page, local_server, "", endpoint=NO_ENDPOINT)
    part = page.locator(ABLATION)
    expect(part.get_by_role("heading", level=2)).to_have_text(
        "Text overlap (not causal; no model was re-run)", use_inner_text=True
    )
    expect(part.locator(".at-causal-overlap").first).to_be_visible()
    assert part.locator("svg .at-causal-cause, .at-phi").count() == 0
    words = part.inner_text()
    assert not re.search(r"caus|interval|phi", words.replace("(not causal;", ""), re.IGNORECASE)
    part.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Settings copied.")).to_be_visible()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied == "OPENAI_API_KEY=sk-...\nOPENAI_BASE_URL=https://api.openai.com/v1"
    part.get_by_role("button", name="Ablation", exact=True).click()
    expect(part.get_by_role("button", name="Run Ablation")).to_have_attribute(
        "aria-disabled", "true"
    )
    expect(part).to_contain_text("No model endpoint can be used; see above.")
    part.get_by_role("button", name="Run Ablation").click(force=True)
    assert not answers.bodies("")


def test_overlap_with_an_endpoint(page: Page, local_server: Server) -> None:
    """The overlap stays reachable by a switch, which is in the address."""
    opened(page, local_server)
    part = page.locator(ABLATION)
    part.get_by_role("button", name="Text overlap").click()
    expect(part.get_by_role("heading", level=2)).to_have_text(
        "Text overlap (not causal; no model was re-run)", use_inner_text=True
    )
    assert "run=overlap" in page.url
    expect(part.locator(".at-ablation-setup")).to_have_count(0)
    page.reload()
    expect(part.locator(".at-causal-overlap").first).to_be_visible()
    page.go_back()
    expect(part.get_by_role("heading", level=2)).to_have_text("Run Ablation")


@pytest.mark.parametrize("recorded", [False, True])
def test_nothing_to_re_run(page: Page, local_server: Server, *, recorded: bool) -> None:
    """A trace without a model call with recorded input says so; the flow of tokens is shown."""
    trace_id = new_trace_id()
    send(local_server, agent(trace_id), *([call(trace_id, 2, 0, (10, 5))] if recorded else []))
    found = [target(trace_id, 2, why_not="no input was recorded")] if recorded else []
    answers = Answers(page, trace_id, targets=found, default_target=None)
    open_sankey(page, local_server, trace_id)
    expect(page.locator(".at-sankey-nothing")).to_have_text(
        "This trace has no model call with recorded input, so there is nothing to re-run."
    )
    expect(page.locator(".at-sankey-flow")).to_be_visible(visible=recorded)
    assert answers.bodies("/preview") == []


def test_the_demonstration(page: Page, shown_server: Server) -> None:
    """Who only looks is told why the button does nothing, and nothing is sent."""
    look_at_demo(page, shown_server)
    found = page.context.request.get(f"{shown_server.dashboard}/web/v1/traces").json()["data"]
    trace_id = next(each["trace_id"] for each in found if each["llm_calls"])
    answers = Answers(page, trace_id)
    open_sankey(page, shown_server, trace_id, "&run=new")
    expect(page.locator("#at-ablation-why")).to_have_text(
        "The demo is read-only, so nothing can be run here. With an account you can run an "
        "ablation of your own traces."
    )
    button = page.get_by_role("button", name="Run Ablation")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_attribute("aria-describedby", "at-ablation-why")
    button.click(force=True)
    painted(page)
    assert not answers.bodies(""), json.dumps(answers.asked)
