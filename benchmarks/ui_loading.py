"""How long lists and traces take to open; milliseconds unless the name says otherwise."""

from __future__ import annotations

import argparse
import time
from typing import Any, Final

from playwright.sync_api import Page
from tests.support.otlp import new_trace_id
from tests.support.sized import sized_spans

from benchmarks.browser import longest_task, opened, painted, running_browser, watched
from benchmarks.runs import send
from benchmarks.ui_server import CELL, PANEL, send_spans, shown_server

__all__ = ["trace_list", "traces"]

_SIZES: Final = (300, 10_000, 100_000)
_VIEWS: Final = {
    "spans": CELL,
    "dag": f"{PANEL}?.querySelector('[role=option]')",
    "timeline": f"{PANEL}?.querySelector('canvas')",
    "sankey": f"{PANEL}?.querySelector('.at-sankey-node')",
}
_LIST: Final = "document.querySelector('[data-page=traces] [role=row] time')"


def trace_list(given: argparse.Namespace) -> dict[str, Any]:
    """First paint of the list over many traces, with the browser's cache cold and warm."""
    with shown_server() as server:
        send(server, "grpc", given.traces, per_request=2000, per_trace=1)
        with running_browser() as browser:
            page = watched(browser)
            url = f"{server.dashboard}/traces"
            cold = opened(page, url, _LIST)
            warm = min(opened(page, url, _LIST) for _ in range(3))
            begun = time.perf_counter()
            page.mouse.move(700, 600)
            for _ in range(40):
                page.mouse.wheel(0, 2000)
                page.wait_for_timeout(50)
            scrolled = time.perf_counter() - begun
            return {
                "traces": given.traces,
                "first visit": cold,
                "later visit": warm,
                "longest task while scrolling": longest_task(page),
                "scrolling took (s)": scrolled,
            }


def traces(given: argparse.Namespace) -> dict[str, Any]:
    """Opening each view by its address with a warm cache, and switching between built views."""
    told: dict[str, Any] = {}
    with shown_server() as server, running_browser() as browser:
        page = watched(browser)
        opened(page, f"{server.dashboard}/settings", "document.querySelector('h1')")
        for size in _SIZES:
            trace_id = new_trace_id()
            send_spans(server, sized_spans(trace_id, size))
            url = f"{server.dashboard}/traces/{trace_id}"
            for view, condition in _VIEWS.items():
                told[f"{size:,} spans: {view}"] = opened(page, f"{url}?tab={view}", condition)
            longest_task(page)
            told[f"{size:,} spans: slowest tab switch"] = max(_switches(page))
            told[f"{size:,} spans: longest task then"] = longest_task(page)
            nodes = page.evaluate("document.getElementsByTagName('*').length")
            told[f"{size:,} spans: DOM nodes"] = nodes
            heap = page.evaluate("performance.memory.usedJSHeapSize") / 2**20
            told[f"{size:,} spans: heap (MiB)"] = heap
    return told


def _switches(page: Page) -> list[float]:
    for view, condition in _VIEWS.items():  # each is built when first opened
        page.click(f"#at-tab-{view}")
        painted(page, condition)
    times = []
    for view, condition in [*_VIEWS.items(), *_VIEWS.items()]:
        begun = time.perf_counter()
        page.click(f"#at-tab-{view}")
        painted(page, condition)
        times.append((time.perf_counter() - begun) * 1e3)
    return times
