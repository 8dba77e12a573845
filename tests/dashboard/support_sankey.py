"""The flow of tokens and cost, as a reader meets it."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page

from tests.dashboard.support_details import said, text, tool_call, tool_result
from tests.dashboard.support_trace import now_ns
from tests.dashboard.waiting import until
from tests.support.otlp import span
from tests.support.servers import Server

FLOW = ".at-sankey-flow"
NODE = f"{FLOW} .at-sankey-node"
_SECOND = 10**9


def open_sankey(page: Page, server: Server, trace_id: str, query: str = "") -> None:
    page.goto(f"{server.dashboard}/traces/{trace_id}?tab=sankey{query}")
    page.wait_for_selector(".at-sankey-nothing, .at-ablation h2")


def table(page: Page) -> set[tuple[str, ...]]:
    """The lines of the table: from, to, how much, in how many calls."""
    page.wait_for_selector(f"{FLOW} .at-sankey-table tbody tr")
    lines = page.evaluate(
        """(lines) => [...document.querySelectorAll(lines)].map((line) =>
          [...line.cells].map((cell) =>
            (cell.querySelector("button > span:last-child") ?? cell).textContent.trim()))""",
        f"{FLOW} .at-sankey-table tbody tr",
    )
    return {tuple(line) for line in lines}


def wait_for_node(page: Page, title: str) -> None:
    names = f"[...document.querySelectorAll('{NODE}')].map((node) => node.ariaLabel)"
    until(page, f"{names}.some((name) => name.includes({json.dumps(title)}))")


def call(
    trace_id: str, number: int, at: float, usage: tuple[int, int] | None = None, **more: Any
) -> dict[str, Any]:
    """A model call of a second, ``at`` seconds after the agent, as OpenTelemetry writes it.
    ``given`` and ``returned`` are its messages, ``cost`` what the agent says it cost."""
    attributes: dict[str, Any] = {"gen_ai.operation.name": "chat"}
    if usage is not None:
        attributes["gen_ai.usage.input_tokens"] = usage[0]
        attributes["gen_ai.usage.output_tokens"] = usage[1]
    for name, key in (("given", "gen_ai.input.messages"), ("returned", "gen_ai.output.messages")):
        if name in more:
            attributes[key] = json.dumps(more[name])
    if "cost" in more:
        attributes["gen_ai.usage.cost"] = more["cost"]
    if "model" in more:
        attributes["gen_ai.request.model"] = more["model"]
    return _step(trace_id, number, more.get("name", f"chat {number}"), at, attributes)


def tool(trace_id: str, number: int, at: float, name: str, call_id: str) -> dict[str, Any]:
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.id": call_id,
    }
    return _step(trace_id, number, name, at, attributes)


def agent(trace_id: str, seconds: float = 10) -> dict[str, Any]:
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "researcher"}
    return span(
        trace_id, span_id(trace_id, 1), name="researcher", start_ns=_BASE,
        end_ns=_BASE + int(seconds * _SECOND), attributes=attributes,
    )  # fmt: skip


def span_id(trace_id: str, number: int) -> str:
    return f"{trace_id[:12]}{number:04x}"


def agent_run(trace_id: str, *, costs: tuple[float, float] | None = None) -> list[dict[str, Any]]:
    """A call that asks for a search, the search, and the call that answers from its result."""
    question = [said("system", text("You are careful.")), said("user", text("How fast is it?"))]
    asked = said("assistant", tool_call("call_7", "web_search", {"query": "speed"}))
    found = said("tool", tool_result("call_7", "It does 90 km/h."))
    answer = said("assistant", text("90 km/h."))
    paid: list[dict[str, Any]] = [{"cost": each} for each in costs] if costs else [{}, {}]
    return [
        agent(trace_id),
        call(
            trace_id, 2, 0, (100, 20), name="plan", given=question, returned=[asked], **paid[0]
        ),
        tool(trace_id, 3, 2, "web_search", "call_7"),
        call(
            trace_id, 4, 4, (180, 40), name="answer", given=[*question, asked, found],
            returned=[answer], **paid[1],
        ),
    ]  # fmt: skip


def _step(
    trace_id: str, number: int, name: str, at: float, attributes: dict[str, Any]
) -> dict[str, Any]:
    start = _BASE + int(at * _SECOND)
    return span(
        trace_id, span_id(trace_id, number), span_id(trace_id, 1), name=name, start_ns=start,
        end_ns=start + _SECOND, attributes=attributes,
    )  # fmt: skip


_BASE = now_ns(300)
