"""The parts of the dashboard's benchmark; each returns what it measured, in milliseconds unless the
name says otherwise."""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
from playwright.sync_api import Page
from tests.support.otlp import new_span_id, new_trace_id, span, traces_request
from tests.support.servers import Server, running_server
from tests.support.sized import sized_spans

from audittrail import semconv
from benchmarks.browser import longest_task, opened, painted, running_browser, watched
from benchmarks.runs import send

__all__ = ["live", "trace_list", "traces", "viewers"]

_SIZES: Final = (300, 10_000, 100_000)
_PANEL: Final = "document.querySelector('.at-panel:not([hidden])')"
_VIEWS: Final = {
    "spans": f"{_PANEL}?.querySelector('[role=row] [role=gridcell]')",
    "dag": f"{_PANEL}?.querySelector('[role=option]')",
    "timeline": f"{_PANEL}?.querySelector('canvas')",
    "sankey": f"{_PANEL}?.childElementCount > 0",
}
_LIST: Final = "document.querySelector('[data-page=traces] [role=row] time')"
_RATE: Final = 200


def _server() -> Any:
    folder = tempfile.TemporaryDirectory(prefix="audittrail-benchmark-")
    return folder, running_server(Path(folder.name), "--local", dashboard=True)


def trace_list(given: argparse.Namespace) -> dict[str, Any]:
    """First paint of the list over many traces, with the browser's cache cold and warm."""
    folder, running = _server()
    with folder, running as server:
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


def _send(server: Server, spans: list[dict[str, Any]]) -> None:
    for first in range(0, len(spans), 2000):
        body = traces_request(*spans[first : first + 2000])
        headers = {"content-type": "application/x-protobuf"}
        answer = httpx.post(
            f"{server.otlp_http}/v1/traces", content=body, headers=headers, timeout=120
        )
        answer.raise_for_status()


def traces(given: argparse.Namespace) -> dict[str, Any]:
    """Opening each view by its address with a warm cache, and switching between built views."""
    told: dict[str, Any] = {}
    folder, running = _server()
    with folder, running as server, running_browser() as browser:
        page = watched(browser)
        opened(page, f"{server.dashboard}/settings", "document.querySelector('h1')")
        for size in _SIZES:
            trace_id = new_trace_id()
            _send(server, sized_spans(trace_id, size))
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


class _Growing:
    """A trace that grows by 200 spans a second, in requests of 20, in a thread of its own."""

    def __init__(self, server: Server, seconds: float) -> None:
        self.trace_id = new_trace_id()
        self.sent = 0
        self._server = server
        self._seconds = seconds
        self._root = new_span_id()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> _Growing:
        now = time.time_ns()
        running = {semconv.RUNNING: True}
        first = span(
            self.trace_id, self._root, name="agent", start_ns=now, end_ns=0, attributes=running
        )
        _send(self._server, [first])
        self.sent = 1
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def _run(self) -> None:
        begun = time.monotonic()
        with httpx.Client(headers={"content-type": "application/x-protobuf"}) as client:
            while (passed := time.monotonic() - begun) < self._seconds:
                now = time.time_ns()
                batch = [
                    span(
                        self.trace_id,
                        parent=self._root,
                        name=f"call {number % 7}",
                        start_ns=now - 80_000_000,
                        end_ns=now,
                    )
                    for number in range(20)
                ]
                url = f"{self._server.otlp_http}/v1/traces"
                client.post(url, content=traces_request(*batch)).raise_for_status()
                self.sent += len(batch)
                time.sleep(max(0.0, self.sent / _RATE - passed))


_PICTURE: Final = """() => {
  const s = audittrail.trace.current;
  return JSON.stringify(Array.from(s.order(), (row) =>
    [s.id[row], s.name[row], Math.round(s.start[row] * 1000 + s.baseMs * 1000), s.status[row]]));
}"""


def live(given: argparse.Namespace) -> dict[str, Any]:
    """Watching each view in turn while the trace grows."""
    folder, running = _server()
    with folder, running as server, running_browser() as browser:
        page = watched(browser)
        with _Growing(server, given.seconds) as growing:
            opened(page, f"{server.dashboard}/traces/{growing.trace_id}", _VIEWS["spans"])
            longest_task(page)
            for view in ("spans", "timeline", "dag"):
                page.click(f"#at-tab-{view}")
                page.wait_for_timeout(given.seconds * 300)
        longest = longest_task(page)
        page.wait_for_function(f"audittrail.trace.current.count === {growing.sent}")
        page.wait_for_timeout(3000)
        shown = page.evaluate(_PICTURE)
        opened(page, f"{server.dashboard}/traces/{growing.trace_id}", _VIEWS["spans"])
        return {
            "spans": growing.sent,
            "longest task": longest,
            "equal to a fresh load": page.evaluate(_PICTURE) == shown,
        }


def viewers(given: argparse.Namespace) -> dict[str, Any]:
    """Ingest without and with so many who watch a live trace, in turn; the median ratio."""
    ratios: list[float] = []
    messages = 0
    folder, running = _server()
    with folder, running as server:
        send(server, "grpc", 40_000)
        for _ in range(5):
            with _Growing(server, 12):
                alone = send(server, "grpc", 100_000)["spans_per_s"]
            with _Growing(server, 12) as growing, _watchers(server, growing, given.viewers) as told:
                looked_at = send(server, "grpc", 100_000)["spans_per_s"]
            messages += told["messages"]
            ratios.append(looked_at / alone)
    return {
        "viewers": given.viewers,
        "messages to them": messages,
        "ingest with them / without, median of 5": sorted(ratios)[2],
        "least": min(ratios),
        "most": max(ratios),
    }


@contextlib.contextmanager
def _watchers(server: Server, growing: _Growing, count: int) -> Iterator[dict[str, int]]:
    told: dict[str, int] = {}
    url = f"{server.dashboard}/live?trace_id={growing.trace_id}".replace("http", "ws", 1)
    with subprocess.Popen(
        [sys.executable, Path(__file__).with_name("watchers.py"), url, str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        yield told
        printed, _ = process.communicate()
        told.update(json.loads(printed))
