"""What the DAG shows: its nodes, edges and words, and where they are."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page

from tests.dashboard.support_trace import now_ns
from tests.dashboard.waiting import until
from tests.support.otlp import span
from tests.support.servers import Server

VIEW = "audittrail.dag.current"
NODE = ".at-dag-node[data-key]"
LLM = {"gen_ai.operation.name": "chat"}
TOOL = {"gen_ai.operation.name": "execute_tool"}
AGENT = {"gen_ai.operation.name": "invoke_agent"}
_BASE = now_ns(600)


def part(trace_id: str, number: int, low: float, high: float, **more: Any) -> dict[str, Any]:
    """A span between two moments, in seconds after a fixed one; ``below`` number 1."""
    more.setdefault("name", f"part {number}")
    below = more.pop("below", 1 if number > 1 else None)
    parent = None if below is None else span_id(trace_id, below)
    start, end = _BASE + int(low * 1e9), _BASE + int(high * 1e9)
    return span(
        trace_id, span_id(trace_id, number), parent, start_ns=start, end_ns=end, **more
    )  # fmt: skip


def span_id(trace_id: str, number: int) -> str:
    return f"{trace_id[:12]}{number:04x}"


def open_dag(page: Page, server: Server, trace_id: str, query: str = "") -> None:
    page.goto(f"{server.dashboard}/traces/{trace_id}?tab=dag{query}")
    page.wait_for_selector(NODE, state="attached")


def node(page: Page, name: str) -> Locator:
    """The drawn node of a name."""
    return page.locator(NODE).filter(has=page.locator(f'.at-dag-name:text-is("{name}")'))


def items(page: Page) -> list[str]:
    """The names of all nodes of the picture, in the order of the list beside it."""
    told: list[str] = page.evaluate(
        f"() => {VIEW}.ordered.map((item) => audittrail.dag.titleOf(item))"
    )
    return told


def places(page: Page) -> dict[str, list[float]]:
    """Where each drawn node is on the screen, by the id of its span."""
    found: dict[str, list[float]] = page.evaluate(
        f"""() => Object.fromEntries([...document.querySelectorAll("{NODE}")].map((each) => {{
          const {{ left, top }} = each.querySelector(".at-dag-shape").getBoundingClientRect();
          return [each.dataset.key, [Math.round(left * 10) / 10, Math.round(top * 10) / 10]];
        }}))"""
    )
    return found


def edges(page: Page) -> set[tuple[str, str, str, bool]]:
    """Kind, from, to, and whether it is drawn as inferred; ends by the names of nodes."""
    found: list[list[Any]] = page.evaluate(
        f"""() => [...document.querySelectorAll(".at-dag-stage .at-dag-edge[data-kind]")].map(
          (line) => {{
            const name = (key) => {VIEW}._byKey.get(key)?.name ?? "";
            const {{ kind, from, to }} = line.dataset;
            return [kind, name(from), name(to), line.classList.contains("at-dag-inferred")];
          }})"""
    )
    return {(kind, start, end, inferred) for kind, start, end, inferred in found}


def words(page: Page) -> str:
    return page.locator(".at-dag-words").inner_text()


def wait_for_items(page: Page, count: int) -> None:
    until(page, f"{VIEW}.picture.all.length === {count}")
    settle(page)


def settle(page: Page) -> None:
    """What was asked for at a frame is drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
