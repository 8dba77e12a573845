"""Spans of a framework's own working, and what judges said of a span, in a browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.support_trace import ROW, names, now_ns, open_trace, send
from tests.dashboard.waiting import until
from tests.support.otlp import new_span_id, new_trace_id, span
from tests.support.servers import Server

STORE = "audittrail.trace.current"
PING = {"mcp.method.name": "ping"}
OPENS = {"mcp.method.name": "initialize"}


@pytest.fixture
def trace(local_server: Server) -> tuple[str, str, str]:
    """(trace, an internal span, the tool below it): an agent keeps a session open, calls a tool
    within, and once fails to."""
    trace_id, root, session, tool = (new_trace_id(), *(new_span_id() for _ in range(3)))
    begin = now_ns(60)
    at: dict[str, Any] = {"start_ns": begin, "end_ns": begin + 10**9}
    agent = {"gen_ai.operation.name": "invoke_agent"}
    send(
        local_server,
        span(trace_id, root, name="planner", attributes=agent, **at),
        span(trace_id, session, root, name="initialize", attributes=OPENS, **at),
        span(
            trace_id,
            tool,
            session,
            name="tools/call search",
            attributes={"mcp.method.name": "tools/call", "gen_ai.tool.name": "search"},
            **at,
        ),
        span(trace_id, parent=root, name="ping", attributes=PING, **at),
        span(
            trace_id,
            parent=root,
            name="ping that failed",
            attributes=PING,
            status=2,
            start_ns=begin + 10**9,
            end_ns=begin + 2 * 10**9,
        ),
    )  # fmt: skip
    return trace_id, session, tool


def test_internals_are_left_out_until_asked_for(
    page: Page, local_server: Server, trace: tuple[str, str, str]
) -> None:
    """What is below one stands below its parent; one that failed is shown. A switch shows all,
    and the address keeps it."""
    open_trace(page, local_server, trace[0])
    assert names(page) == ["planner", "search", "ping that failed"]
    switch = page.get_by_role("button", name="Internals")
    expect(switch).to_have_text("Internals2")
    expect(page.get_by_text("3 of 5 spans; 2 internal")).to_be_visible()
    switch.click()
    until(page, f"{STORE}.visible().length === 5")
    assert set(names(page)) == {"planner", "initialize", "search", "ping", "ping that failed"}
    assert "internal=1" in page.url
    page.reload()
    page.wait_for_selector(ROW)
    until(page, f"{STORE}.visible().length === 5")
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.click()
    until(page, f"{STORE}.visible().length === 3")
    assert "internal" not in page.url


def test_a_link_to_an_internal_span_shows_it(
    page: Page, local_server: Server, trace: tuple[str, str, str]
) -> None:
    """Whoever was sent there is not told that there is nothing."""
    open_trace(page, local_server, trace[0], f"?span={trace[1]}")
    until(page, f"{STORE}.visible().length === 5")
    expect(page.locator(".at-details").get_by_role("heading", name="initialize")).to_be_visible()


def test_a_trace_of_nothing_else_shows_it(page: Page, local_server: Server) -> None:
    """Leaving all out would leave nothing."""
    trace_id = new_trace_id()
    begin = now_ns(60)
    send(
        local_server,
        span(trace_id, name="ping", attributes=PING, start_ns=begin, end_ns=begin + 10**9),
    )
    open_trace(page, local_server, trace_id)
    assert names(page) == ["ping"]


def test_every_view_leaves_them_out(
    page: Page, local_server: Server, trace: tuple[str, str, str]
) -> None:
    """The tree is one, so the timeline and the chain show what the list shows."""
    open_trace(page, local_server, trace[0])
    page.get_by_role("tab", name="DAG").click()
    expect(page.locator(".at-panel:not([hidden])")).to_contain_text("search")
    expect(page.locator(".at-panel:not([hidden])")).not_to_contain_text("initialize")
    assert page.evaluate(f"[...{STORE}.order()].map((row) => {STORE}.name[row])") == [
        "planner",
        "search",
        "ping that failed",
    ]


def test_internals_that_arrive_live(page: Page, local_server: Server) -> None:
    """They are left out from their first message on, and shown when they fail."""
    trace_id, root, inner = new_trace_id(), new_span_id(), new_span_id()
    begin = now_ns(5)
    agent = {"gen_ai.operation.name": "invoke_agent"}
    runs: dict[str, Any] = {"start_ns": begin, "end_ns": 0}
    ends: dict[str, Any] = {"start_ns": begin, "end_ns": begin + 10**9}
    send(local_server, span(trace_id, root, name="planner", attributes=agent, **runs))
    open_trace(page, local_server, trace_id)
    send(
        local_server,
        span(trace_id, inner, root, name="ping", attributes=PING, **runs),
        span(trace_id, parent=root, name="step", **ends),
    )
    until(page, f"{STORE}.count === 3")
    until(page, f"{STORE}.visible().length === 2")
    send(local_server, span(trace_id, inner, root, name="ping", attributes=PING, status=2, **ends))
    until(page, f"{STORE}.visible().length === 3")


def test_evaluations_of_a_span(page: Page, local_server: Server) -> None:
    """Measure, score, label, why and whose word it is."""
    trace_id, call = new_trace_id(), new_span_id()
    begin = now_ns(60)
    said = {
        "gen_ai.evaluation.name": "Relevance",
        "gen_ai.evaluation.score.value": 0.85,
        "gen_ai.evaluation.score.label": "relevant",
        "gen_ai.evaluation.explanation": "It answers what was asked.",
    }
    marks = {
        "gen_ai.operation.name": "chat",
        "annotations.0.annotation.name": "tone",
        "annotations.0.annotation.label": "kind",
        "annotations.0.annotation.annotator_kind": "HUMAN",
    }
    events = [{"name": "gen_ai.evaluation.result", "attributes": said}]
    send(
        local_server,
        span(
            trace_id, call, name="chat", attributes=marks, events=events, start_ns=begin,
            end_ns=begin + 10**9,
        ),
    )  # fmt: skip
    open_trace(page, local_server, trace_id, f"?span={call}")
    section = page.locator(".at-section-evaluations")
    expect(section).to_contain_text("Evaluations (2)")
    for text in ("Relevance", "0.85", "relevant", "It answers what was asked.", "by HUMAN", "kind"):
        expect(section).to_contain_text(text)
