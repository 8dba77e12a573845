"""The details of a span, as a reader meets them."""

from __future__ import annotations

import json
from typing import Any

import httpx
from playwright.sync_api import Page

from tests.dashboard.support_trace import now_ns, open_trace
from tests.dashboard.waiting import until
from tests.support.otlp import span
from tests.support.servers import NO_TLS, Server

_DONE = "document.querySelector('.at-details')?.getAttribute('aria-busy') === 'false'"


def open_details(page: Page, server: Server, trace_id: str, span_id: str) -> None:
    """Open a trace at a span, and wait until its details are shown."""
    open_trace(page, server, trace_id, f"?span={span_id}")
    until(page, _DONE)


def choose(page: Page, span_id: str) -> None:
    """Select another span of the trace that is open."""
    page.evaluate(
        """(id) => { const store = audittrail.trace.current; store.select(store.row(id), {}); }""",
        span_id,
    )
    until(page, _DONE)


def post(server: Server, signal: str, body: bytes) -> None:
    answer = httpx.post(
        f"{server.otlp_http}/v1/{signal}",
        content=body,
        headers={"content-type": "application/x-protobuf"},
        timeout=60,
        verify=NO_TLS,
    )
    assert answer.status_code == 200, answer.text


def said(role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "parts": list(parts)}


def text(content: str) -> dict[str, Any]:
    return {"type": "text", "content": content}


def tool_call(call_id: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"type": "tool_call", "id": call_id, "name": name, "arguments": arguments}


def tool_result(call_id: str, response: str) -> dict[str, Any]:
    return {"type": "tool_call_response", "id": call_id, "response": response}


def chat(given: list[dict[str, Any]], returned: list[dict[str, Any]]) -> dict[str, Any]:
    """The attributes of a model call that told its messages."""
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.input.messages": json.dumps(given),
        "gen_ai.output.messages": json.dumps(returned),
    }


def agent_run(trace_id: str, result: str, call_id: str = "call_1") -> list[dict[str, Any]]:
    """An agent that asks a model, runs the tool it asked for, and asks again with the result. The
    last digit of their ids tells them apart: 1 agent, 2 first call, 3 tool, 4 second call."""
    ids = [f"{trace_id[:15]}{place}" for place in range(1, 5)]
    start = now_ns(60)
    question = said("user", text("Weather in Paris?"))
    asked = said("assistant", tool_call(call_id, "get_weather", {"city": "Paris"}))
    answer = said("assistant", text("It is sunny."))
    told = said("tool", tool_result(call_id, "sunny"))
    tool = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "get_weather",
        "gen_ai.tool.call.id": call_id,
        "gen_ai.tool.call.arguments": json.dumps({"city": "Paris"}),
        "gen_ai.tool.call.result": result,
    }
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "weather"}
    kinds = [
        ("weather agent", agent),
        ("first call", chat([question], [asked])),
        ("get_weather", tool),
        ("second call", chat([question, asked, told], [answer])),
    ]
    return [
        span(
            trace_id,
            ids[place],
            ids[0] if place else None,
            name=name,
            start_ns=start + place * 10**9,
            end_ns=start + (5 if not place else place + 1) * 10**9,
            attributes=attributes,
        )
        for place, (name, attributes) in enumerate(kinds)
    ]
