"""What the details tell of each kind of span."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from tests.dashboard.support_details import agent_run, choose, open_details
from tests.dashboard.support_trace import send
from tests.support.otlp import new_span_id, new_trace_id, span
from tests.support.servers import Server


def test_documents_as_cards(page: Page, local_server: Server) -> None:
    """A retrieval shows what was asked, and rank, id, score, text and metadata of what it found."""
    trace_id, span_id = new_trace_id(), new_span_id()
    found = [
        {"id": "doc-17", "content": "Arrow without a copy.", "score": 0.91},
        {"id": "doc-3", "content": "By row.", "score": 0.42, "metadata": {"page": 3}},
    ]
    attributes = {"openinference.span.kind": "RETRIEVER", "input.value": "arrow"}
    for place, each in enumerate(found):
        for key, value in each.items():
            told = json.dumps(value) if isinstance(value, dict) else value
            attributes[f"retrieval.documents.{place}.document.{key}"] = told
    send(local_server, span(trace_id, span_id, name="retrieve", attributes=attributes))
    open_details(page, local_server, trace_id, span_id)
    expect(page.locator(".at-section-query .at-section-body")).to_have_text("arrow")
    cards = page.locator(".at-section-documents .at-document")
    expect(cards).to_have_count(2)
    expect(cards.nth(0)).to_contain_text("#1doc-170.91Arrow without a copy.")
    bars = page.locator(".at-score > span")
    widths = [
        box["width"] for box in (bars.nth(0).bounding_box(), bars.nth(1).bounding_box()) if box
    ]
    assert widths[0] > 2 * widths[1]
    cards.nth(1).get_by_text("Metadata").click()
    expect(cards.nth(1).locator("dl")).to_have_text("page3")


def test_a_verdict(page: Page, local_server: Server) -> None:
    """A check tells in words whether it was passed, its score and why."""
    trace_id, span_id = new_trace_id(), new_span_id()
    output = {"passed": False, "label": "pii", "score": 0.83, "explanation": "An address."}
    attributes = {
        "openinference.span.kind": "GUARDRAIL",
        "input.value": "text",
        "output.value": json.dumps(output),
    }
    send(local_server, span(trace_id, span_id, name="guard", attributes=attributes))
    open_details(page, local_server, trace_id, span_id)
    first = page.locator(".at-details .at-section").first
    expect(first.locator("dl")).to_have_text(
        "VerdictNot passedLabelpiiScore0.83ExplanationAn address."
    )


def test_an_agent_by_its_transcript(page: Page, local_server: Server) -> None:
    """What an agent did, turn by turn and in words; each turn leads to its span."""
    trace_id = new_trace_id()
    sent = agent_run(trace_id, "sunny")
    send(local_server, *sent)
    open_details(page, local_server, trace_id, sent[0]["span_id"])
    turns = page.locator(".at-section-transcript .at-did")
    expect(turns).to_have_count(3)
    expect(turns.nth(0).locator(".at-did-text")).to_have_text("get_weather(city: Paris)")
    expect(turns.nth(1).locator(".at-did-text")).to_have_text("city: Paris → sunny")
    expect(turns.nth(2).locator(".at-did-text")).to_have_text("It is sunny.")
    turns.nth(1).get_by_role("button").click()
    expect(page.locator(".at-details h2")).to_contain_text("get_weather")


def test_where_a_cost_comes_from(page: Page, local_server: Server) -> None:
    """Each source has its badge and its words, and what has no price is never zero."""
    trace_id = new_trace_id()
    tokens = {"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 500}
    kinds = {
        "Agent": ({"gen_ai.request.model": "gpt-4o", "gen_ai.usage.cost": 0.5} | tokens, "$0.5000"),
        "Estimated": ({"gen_ai.request.model": "gpt-4o"} | tokens, "$0.0075"),
        "Unpriced": ({"gen_ai.request.model": "gpt-4o"}, "--"),
    }
    words = {
        "Agent": "Reported by the agent in its spans.",
        "Estimated": "Tokens x price table (gpt-4o).",
        "Unpriced": "No tokens or no price. Not counted in the total.",
    }
    ids = {}
    for label, (attributes, _) in kinds.items():
        ids[label] = new_span_id()
        told = attributes | {"gen_ai.operation.name": "chat", "session.id": "s 1/2"}
        send(local_server, span(trace_id, ids[label], name=label, attributes=told))
    open_details(page, local_server, trace_id, ids["Agent"])
    facts = page.locator(".at-section-facts")
    for label, (_, value) in kinds.items():
        choose(page, ids[label])
        cost = facts.locator("dt:text-is('Cost') + dd")
        expect(cost).to_contain_text(f"{value} {label}{words[label]}")
    facts.get_by_role("link", name="s 1/2").click()
    page.wait_for_url("**/sessions/s%201%2F2")


def test_links_lead_to_other_traces(page: Page, local_server: Server) -> None:
    """A span link within the trace selects, one to another trace opens that."""
    one, two = new_trace_id(), new_trace_id()
    near, far, here = new_span_id(), new_span_id(), new_span_id()
    send(local_server, span(two, far, name="far away"), span(one, near, name="near by"))
    linked = [{"trace_id": one, "span_id": near}, {"trace_id": two, "span_id": far}]
    events = [{"name": "retry", "attributes": {"told": json.dumps({"attempt": [1, 2]})}}]
    send(local_server, span(one, here, name="linked", links=linked, events=events))
    open_details(page, local_server, one, here)
    expect(page.locator(".at-events .at-json-key")).to_have_text("[2 items]")
    page.get_by_role("button", name="Open linked span").click()
    expect(page.locator(".at-details h2")).to_contain_text("near by")
    choose(page, here)
    page.get_by_role("link", name="Open linked trace").click()
    expect(page.locator(".at-details h2")).to_contain_text("far away")


def test_a_tree_of_many_children(page: Page, local_server: Server) -> None:
    """Is built as it is opened, 200 at a step, and stays open when the span is sent again."""
    trace_id, span_id = new_trace_id(), new_span_id()
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.call.arguments": json.dumps({"rows": [{"n": n} for n in range(450)]}),
    }
    made = span(trace_id, span_id, name="load", attributes=attributes)
    send(local_server, made)
    open_details(page, local_server, trace_id, span_id)
    tree = page.locator(".at-section-arguments .at-json")
    children = tree.locator(":scope > div > .at-json-children > .at-json-branch")
    expect(children).to_have_count(200)
    tree.get_by_role("button", name="Show 200 more of 250").click()
    expect(children).to_have_count(400)
    children.nth(399).get_by_role("button").click()
    expect(children.nth(399)).to_contain_text("n: 399")
    send(local_server, made | {"attributes": attributes | {"more": 1}})
    expect(page.get_by_role("tab", name="Versions (2)")).to_be_visible()
    expect(children.nth(399)).to_contain_text("n: 399")
