"""What a live trace costs, and how soon it is seen; milliseconds unless the name says otherwise."""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
from tests.support.otlp import new_span_id, new_trace_id, span, traces_request
from tests.support.servers import Server

from audittrail import semconv
from benchmarks.browser import longest_task, opened, running_browser, watched
from benchmarks.runs import send
from benchmarks.ui_server import CELL, send_spans, shown_server

__all__ = ["live", "seen", "viewers"]

_RATE: Final = 200
_PROBES: Final = 100


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
        send_spans(self._server, [first])
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
    with shown_server() as server, running_browser() as browser:
        page = watched(browser)
        with _Growing(server, given.seconds) as growing:
            opened(page, f"{server.dashboard}/traces/{growing.trace_id}", CELL)
            longest_task(page)
            for view in ("spans", "timeline", "dag"):
                page.click(f"#at-tab-{view}")
                page.wait_for_timeout(given.seconds * 300)
        longest = longest_task(page)
        page.wait_for_function(f"audittrail.trace.current.count === {growing.sent}")
        page.wait_for_timeout(3000)
        shown = page.evaluate(_PICTURE)
        opened(page, f"{server.dashboard}/traces/{growing.trace_id}", CELL)
        return {
            "spans": growing.sent,
            "longest task": longest,
            "equal to a fresh load": page.evaluate(_PICTURE) == shown,
        }


# The first frame in which each probe's row is there, in ms since 1970.
_SEEN: Final = """
window.seenProbes = {};
const look = (now) => {
  for (const row of document.querySelectorAll(".at-panel:not([hidden]) [role=row]")) {
    const name = /probe \\d+/.exec(row.textContent);
    if (name) window.seenProbes[name[0]] ??= performance.timeOrigin + now;
  }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


def seen(given: argparse.Namespace) -> dict[str, Any]:
    """From a span's start being stored to its row in the Spans view of a trace of 1,000 spans."""
    trace_id, root = new_trace_id(), new_span_id()
    running = {semconv.RUNNING: True}
    with shown_server() as server, running_browser() as browser:
        now = time.time_ns()
        agent = span(trace_id, root, name="agent", start_ns=now, end_ns=0, attributes=running)
        send_spans(server, [agent, *(span(trace_id, parent=root) for _ in range(999))])
        page = watched(browser)
        page.add_init_script(_SEEN)
        opened(page, f"{server.dashboard}/traces/{trace_id}", CELL)
        stored = {}
        for number in range(_PROBES):
            name = f"probe {number}"
            probe = span(
                trace_id,
                parent=root,
                name=name,
                start_ns=time.time_ns(),
                end_ns=0,
                attributes=running,
            )
            send_spans(server, [probe])
            stored[name] = time.time() * 1e3
            page.wait_for_timeout(150)
        page.wait_for_function(f"Object.keys(seenProbes).length === {_PROBES}")
        shown: dict[str, float] = page.evaluate("seenProbes")
    taken = sorted(shown[name] - at for name, at in stored.items())
    return {
        "spans": _PROBES,
        "stored to seen, median": taken[_PROBES // 2],
        "stored to seen, p95": taken[_PROBES * 95 // 100],
        "stored to seen, most": taken[-1],
    }


def viewers(given: argparse.Namespace) -> dict[str, Any]:
    """Ingest without and with so many who watch a live trace, in turn; the median ratio."""
    ratios: list[float] = []
    messages = 0
    with shown_server() as server:
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
