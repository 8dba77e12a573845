"""What was said, as a conversation."""

from __future__ import annotations

import re

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from playwright.sync_api import Page, expect

from tests.dashboard.support_details import agent_run, choose, open_details, post
from tests.dashboard.support_trace import get, send
from tests.support.otlp import new_span_id, new_trace_id, span
from tests.support.servers import Server
from tests.support.truth import payloads

_DIALECTS = (
    "agent-framework-core-1.23.0-sensitive",
    "google-adk-2.13.0-latest",
    "openinference-instrumentation-openai-agents-2.6.0",
    "openinference-instrumentation-crewai-1.1.21",
    "openinference-instrumentation-haystack-0.1.46",
    "openinference-instrumentation-langchain-0.1.80",
    "openinference-instrumentation-openai-0.1.66",
    "openlit-1.45.0",
    "opentelemetry-instrumentation-anthropic-0.62.4",
    "opentelemetry-instrumentation-genai-openai-1.3b0-span",
    "opentelemetry-instrumentation-openai-v2-2.4b0-legacy-content",
    "pydantic-ai-slim-2.68.0-vdefault",
    "strands-agents-1.62.0-default",
)
# Their traces have a span for each tool that was run.
_WITH_TOOLS = (
    "agent-framework",
    "google-adk",
    "openinference-instrumentation-crewai",
    "openinference-instrumentation-langchain",
    "openinference-instrumentation-openai-agents",
    "pydantic-ai",
    "strands",
)
_RAW = re.compile(r'^\s*(\{\s*"|\[\s*[{"])')
_TEXTS = """() => {
  const walker = document.createTreeWalker(
    document.querySelector(".at-section-conversation"), NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) found.push(walker.currentNode.textContent);
  return found;
}"""


def _trace_ids(name: str) -> list[str]:
    found = {}
    for signal, body in payloads(name):
        if signal != "traces":
            continue
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                found.update({each.trace_id.hex(): None for each in scope.spans})
    return list(found)


def _told(server: Server, trace_id: str, kind: str, name: str = "") -> list[str]:
    """The spans of a trace that are of a kind and of which both sides were recorded."""
    spans = get(server, f"/traces/{trace_id}/spans", limit=200)
    return [
        each["span_id"]
        for each in spans
        if each["span_type"] == kind and each["input"] and each["output"] and name in each["name"]
    ]


@pytest.mark.parametrize("name", _DIALECTS)
def test_every_dialect_is_a_conversation(page: Page, local_server: Server, name: str) -> None:
    """Messages are messages, whatever instrumentation wrote them down; and a tool that was run is
    joined to the call of the model that asked for it."""
    for signal, body in payloads(name):
        post(local_server, signal, body)
    told = {each: _told(local_server, each, "llm") for each in _trace_ids(name)}
    trace_id = max(told, key=lambda each: len(told[each]))
    assert told[trace_id]
    open_details(page, local_server, trace_id, told[trace_id][0])
    for span_id in told[trace_id][:3]:
        choose(page, span_id)
        first = page.locator(".at-details .at-section").first
        expect(first).to_contain_class("at-section-conversation")
        expect(first.locator(".at-role", has_text="Assistant").first).to_be_visible()
        assert first.locator(".at-section-body").inner_text().strip()
        # A result stands with the call that it answers.
        expect(first.locator(".at-said-tool")).to_have_count(0)
        raw = [each for each in page.evaluate(_TEXTS) if _RAW.match(each)]
        assert raw == []
    if name.startswith(_WITH_TOOLS):
        choose(page, _told(local_server, trace_id, "tool", "get_weather")[0])
        first = page.locator(".at-details .at-section").first
        expect(first).to_contain_class("at-section-arguments")
        assert first.locator(".at-section-body").inner_text().strip()
        joined = page.locator(".at-details .at-joined")
        expect(joined.filter(has_text="Called by").get_by_role("button")).to_be_visible()


def test_a_result_stands_with_its_call(page: Page, local_server: Server) -> None:
    """In the conversation, and by links between the calls of the model and the tool."""
    trace_id = new_trace_id()
    _, first, tool, second = (each["span_id"] for each in agent_run(trace_id, "sunny"))
    send(local_server, *agent_run(trace_id, "sunny"))
    open_details(page, local_server, trace_id, second)
    details = page.locator(".at-details")
    call = details.locator(".at-call")
    expect(call).to_have_count(1)
    expect(details.locator(".at-said-tool")).to_have_count(0)
    expect(call).to_contain_text("get_weather")
    expect(call.locator("dt")).to_have_text("city")
    expect(call.locator("dd")).to_have_text("Paris")
    expect(call.locator(".at-call-result")).to_contain_text("sunny")
    choose(page, tool)
    joined = details.locator(".at-joined")
    expect(joined.nth(0)).to_contain_text("Called by")
    expect(joined.nth(1)).to_contain_text("Result used by")
    expect(joined.nth(1).get_by_role("button")).to_contain_text("second call")
    joined.nth(0).get_by_role("button").click()
    expect(details.locator("h2")).to_contain_text("first call")
    assert f"span={first}" in page.url
    details.locator(".at-call").get_by_role("button", name="get_weather").click()
    expect(details.locator("h2")).to_contain_text("get_weather")


def test_what_was_not_recorded_can_be(page: Page, local_server: Server) -> None:
    """Where an agent told no messages, the details say what to set."""
    trace_id, span_id = new_trace_id(), new_span_id()
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini"}
    send(local_server, span(trace_id, span_id, name="chat", attributes=attributes))
    open_details(page, local_server, trace_id, span_id)
    note = page.locator(".at-section-content .at-note")
    expect(note).to_contain_text(
        "The agent did not record message content. With OpenTelemetry GenAI set "
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY"
    )
    expect(note.get_by_role("button")).to_be_visible()
