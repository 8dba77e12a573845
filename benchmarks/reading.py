"""How long a person waits for the answers that the views are drawn from."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import httpx

_MOST_SECONDS: Final = 15


def p95_ms(ask: Callable[[], Any], times: int) -> float:
    """The 95th percentile of how long ``ask`` takes, in milliseconds; of fewer than ``times`` where
    these would take over a quarter of a minute."""
    seconds: list[float] = []
    while len(seconds) < times and sum(seconds) < _MOST_SECONDS:
        started = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - started)
    return sorted(seconds)[int(len(seconds) * 0.95)] * 1e3


class Reader:
    """Somebody who looks at lists and traces of a server in local mode."""

    def __init__(self, api: str) -> None:
        self._client = httpx.Client(base_url=f"{api}/api/v1", timeout=600)

    def _get(self, path: str, **params: Any) -> Any:
        answer = self._client.get(path, params=params)
        answer.raise_for_status()
        return answer.json()

    def newest(self) -> float:
        """The first page of the trace list."""
        return p95_ms(lambda: self._get("/traces", limit=50), 60)

    def dearest(self) -> float:
        """The first page when the list is sorted by cost."""
        return p95_ms(lambda: self._get("/traces", limit=50, sort="cost"), 60)

    def filtered(self) -> float:
        """A page of the traces of a model that cost more than some sum."""
        return p95_ms(
            lambda: self._get(
                "/traces",
                limit=50,
                model="gpt-4o-mini-2024-07-18",
                min_cost=random.random() * 0.001,
            ),
            60,
        )

    def searched(self, word: str, least: int = 0) -> float:
        """The newest traces with this word in a name, an input or an output: ``least`` or more."""

        def look() -> None:
            found = len(self._get("/traces", limit=50, text=word)["data"])
            if found < least or (not least and found):
                raise SystemExit(f"{found} traces are found by {word}")

        return p95_ms(look, 20)

    def paged(self) -> float:
        """Ten pages, one after the other."""
        cursor: list[str | None] = [None]

        def page() -> None:
            params = {"cursor": cursor[0]} if cursor[0] else {}
            cursor[0] = self._get("/traces", limit=50, **params)["next_cursor"]

        return p95_ms(page, 60)

    def opened(self, trace_ids: Sequence[str]) -> float:
        """A trace, then its spans with all they say."""
        waiting = iter(random.sample(list(trace_ids), min(60, len(trace_ids))))

        def open_one() -> None:
            trace_id = next(waiting)
            self._get(f"/traces/{trace_id}")
            self._get(f"/traces/{trace_id}/spans", limit=100)

        return p95_ms(open_one, min(60, len(trace_ids)))

    def skeleton(self, trace_id: str, spans: int) -> float:
        """All spans of a large trace without what they carried."""

        def look() -> None:
            found = self._get(f"/traces/{trace_id}/skeleton")["data"]
            shown = len(found["columns"]["span_id"])
            if shown != spans:
                raise SystemExit(f"{shown} of {spans} spans in the skeleton")

        return p95_ms(look, 10)

    def payload(self, trace_id: str) -> Any:
        """Up to 200 spans of a trace with all they say."""
        return self._get(f"/traces/{trace_id}/spans", limit=200)["data"]

    def last_span(self, trace_id: str) -> str:
        """The id of the newest of up to 200 spans."""
        told = self._get(f"/traces/{trace_id}/spans", limit=200, fields="span_id,start_time")
        spans = told["data"]
        return str(max(spans, key=lambda span: str(span["start_time"]))["span_id"])

    def span(self, trace_id: str, span_id: str) -> None:
        """One span with all that is known of it."""
        self._get(f"/spans/{trace_id}/{span_id}")
