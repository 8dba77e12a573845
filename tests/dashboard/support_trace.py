"""Traces as the trace page meets them: sent to a server, or put into a store of its own."""

from __future__ import annotations

import time
from typing import Any

import httpx
from playwright.sync_api import Page

from tests.support.otlp import traces_request
from tests.support.servers import NO_TLS, Server

ROW = ".at-spans-row:not([hidden])"


def send(server: Server, *spans: dict[str, Any]) -> None:
    """To a server in local mode, by OTLP. Answered when it is committed."""
    answer = httpx.post(
        f"{server.otlp_http}/v1/traces",
        content=traces_request(*spans),
        headers={"content-type": "application/x-protobuf"},
        timeout=60,
        verify=NO_TLS,
    )
    assert answer.status_code == 200, answer.text


def get(server: Server, path: str, **params: Any) -> Any:
    answer = httpx.get(f"{server.api}/api/v1{path}", params=params, timeout=60, verify=NO_TLS)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def now_ns(seconds_ago: float = 0) -> int:
    return time.time_ns() - int(seconds_ago * 1e9)


def open_trace(page: Page, server: Server, trace_id: str, query: str = "") -> None:
    """Open a trace, and wait for its first line."""
    page.goto(f"{server.dashboard}/traces/{trace_id}{query}")
    page.wait_for_selector(f".at-panel:not([hidden]) {ROW}, .at-panel:not([hidden]) canvas")


def names(page: Page) -> list[str]:
    """The names of the lines in the document, from the first on."""
    lines: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".at-spans-row:not([hidden])")]
          .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
          .map((line) => line.querySelector(".at-spans-text").textContent)"""
    )
    return lines


def top_line(page: Page) -> tuple[str, float]:
    """The id of the first line on the screen, and how far below the top of the list it is."""
    found: list[Any] = page.evaluate(
        """() => {
          const grid = document.querySelector(".at-grid");
          const top = grid.getBoundingClientRect().top + 29;
          const lines = [...document.querySelectorAll(".at-spans-row:not([hidden])")]
            .map((line) => [line.getBoundingClientRect(), line])
            .filter(([box]) => box.bottom > top + 1)
            .sort((a, b) => a[0].top - b[0].top);
          const [box, line] = lines[0];
          return [audittrail.trace.current.id[Number(line.dataset.value)], box.top - top];
        }"""
    )
    return str(found[0]), float(found[1])


def skeleton(
    spans: list[dict[str, Any]], seq: int, base_ns: int, trace: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The data of ``/skeleton`` for spans of ``span_state``, which are as of commit ``seq``."""
    coded: dict[str, list[int | None]] = {}
    dictionaries: dict[str, list[str]] = {}
    for name in ("name", "span_type", "status", "model", "agent_name", "cost_source"):
        places: dict[str, int] = {}
        coded[name] = [
            None if each[name] is None else places.setdefault(each[name], len(places))
            for each in spans
        ]
        dictionaries[name] = list(places)
    plain = (
        "span_id", "parent_span_id", "running", "remote_parent", "flagged", "tokens_in",
        "tokens_out", "tokens_cached", "tokens_reasoning", "cost", "seq", "ttft_ms", "events",
        "violations",
    )  # fmt: skip
    columns: dict[str, Any] = {name: [each[name] for each in spans] for name in plain}
    for name in ("start", "end"):
        columns[name] = [None if each[name] is None else each[name] - base_ns for each in spans]
    return {
        "trace": {"seq": seq, "status": "complete", "span_count": len(spans), **(trace or {})},
        "seq": seq,
        "base_ns": str(base_ns),
        "columns": columns | coded,
        "dictionaries": dictionaries,
    }


def span_state(span_id: str, parent: str | None = None, **given: Any) -> dict[str, Any]:
    """A span as ``skeleton`` takes it; times in ns."""
    return {
        "span_id": span_id,
        "parent_span_id": parent,
        "name": "step",
        "span_type": None,
        "status": "ok",
        "start": 0,
        "end": 1_000_000,
        "running": False,
        "remote_parent": False,
        "flagged": False,
        "model": None,
        "agent_name": None,
        "tokens_in": None,
        "tokens_out": None,
        "tokens_cached": None,
        "tokens_reasoning": None,
        "cost": None,
        "cost_source": None,
        "ttft_ms": None,
        "events": 0,
        "violations": 0,
        "seq": 1,
        **given,
    }
