"""A trace that is watched while it grows for long; ``make soak`` watches for an hour."""

from __future__ import annotations

import os
import time
from typing import Any, Final

import pytest
from playwright.sync_api import CDPSession, Page

from tests.dashboard.waiting import until
from tests.support.otlp import new_span_id, new_trace_id, span, traces_request
from tests.support.people import Person
from tests.support.servers import Server

_SECONDS: Final = float(os.environ.get("AUDITTRAIL_WATCHED_SECONDS", "10"))
_PER_SECOND: Final = 50
_STORE: Final = "window.audittrail?.trace?.current"
_COUNT: Final = f"({_STORE}?.count ?? 0)"
# More are counted, and not shown.
_MOST: Final = 100_000


@pytest.mark.slow
def test_memory_and_spans(own_page: Page, shown_server: Server, viewer: Person) -> None:
    """Watching 50 spans a second leaves no more behind than a page opened afterwards holds, within
    20 MB, and no span is missing."""
    page, trace_id, root = own_page, new_trace_id(), new_span_id()
    _send(viewer, [_span(trace_id, root, None)])
    _sign_in(page, viewer)
    page.goto(f"{shown_server.dashboard}/traces/{trace_id}")
    until(page, f"{_COUNT} === 1")
    sent = 1 + _stream(page, viewer, trace_id, root)
    shown = min(sent, _MOST)
    until(page, f"{_COUNT} >= {shown} && {_STORE}.total === {sent}")
    assert page.evaluate(_COUNT) == shown
    watched = _heap(page)
    page.reload()
    until(page, f"{_COUNT} >= {shown} && {_STORE}.total === {sent}")
    assert page.evaluate(_COUNT) == shown
    assert watched - _heap(page) < 20e6


def _stream(page: Page, viewer: Person, trace_id: str, root: str) -> int:
    """Send for so long, in groups of a fifth of a second; how many."""
    begun, sent = time.monotonic(), 0
    while (passed := time.monotonic() - begun) < _SECONDS:
        _send(viewer, [_span(trace_id, None, root) for _ in range(_PER_SECOND // 5)])
        sent += _PER_SECOND // 5
        # Playwright's own events are taken meanwhile, as they would pile up otherwise.
        page.wait_for_timeout(max(0.0, sent / _PER_SECOND - passed) * 1e3)
    return sent


def _span(trace_id: str, span_id: str | None, parent: str | None) -> dict[str, Any]:
    now = time.time_ns()
    begun = now - 50_000_000
    return span(trace_id, span_id, parent, name="chat gpt-4o", start_ns=begun, end_ns=now)


def _send(viewer: Person, spans: list[dict[str, Any]]) -> None:
    answer = viewer.otlp(traces_request(*spans))
    assert answer.status_code == 200, answer.text


def _sign_in(page: Page, viewer: Person) -> None:
    url = str(viewer.server.dashboard)
    cookie = {"name": "audittrail_token", "value": viewer.token, "url": url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]


def _heap(page: Page) -> float:
    """Bytes that the page's scripts hold, after what is not held is collected."""
    session: CDPSession = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")
    session.detach()
    return float(used["usedSize"])
