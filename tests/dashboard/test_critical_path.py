"""The critical path: what the end of a trace had to wait for."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from tests.dashboard.support_trace import open_trace, send, skeleton, span_state
from tests.support.otlp import new_trace_id, span
from tests.support.servers import Server

_BASE = 1_780_000_000_000_000_000
_MISSING = "f" * 16

# As text: Playwright takes long over many values.
_PATH = """(given) => {
  const store = audittrail.trace.createStore("t".repeat(32));
  store.putSkeleton(JSON.parse(given));
  const { total, segments, byType, waiting } = store.criticalPath();
  const told = segments.map(({ row, within, start, end }) =>
    [row < 0 ? null : store.id[row], within < 0 ? null : store.id[within],
      Math.round(start), Math.round(end)]);
  return JSON.stringify({ total, told, byType, waiting });
}"""


class _Reference:
    """The definition, written as recursion over plain spans: backwards from the end of a span, the
    child that ended last was waited for, and from where that began, the next."""

    def __init__(self, spans: list[dict[str, Any]]) -> None:
        self.spans = {each["span_id"]: each for each in spans}
        self.below: dict[str | None, list[str]] = {}
        for each in spans:
            self.below.setdefault(each["parent_span_id"], []).append(each["span_id"])
        self.roots = self.below.get(None, [])
        if _MISSING in self.below:
            self.roots = [*self.roots, _MISSING]
        self.low = min(self.window(each)[0] for each in self.roots)
        self.high = max(self.window(each)[1] for each in self.roots)
        self.segments: list[tuple[str | None, str | None, int, int]] = []
        self._walk(None, self.roots, self.low, self.high)
        self.segments.reverse()

    def window(self, span_id: str) -> tuple[int, int]:
        if span_id in self.spans:
            return self.spans[span_id]["start"], self.spans[span_id]["end"]
        # A parent that was not received is as long as what is below it.
        inner = [self._extent(each) for each in self.below[span_id]]
        return min(low for low, _ in inner), max(high for _, high in inner)

    def _extent(self, span_id: str) -> tuple[int, int]:
        all_ = [self.window(span_id), *map(self._extent, self.below.get(span_id, []))]
        return min(low for low, _ in all_), max(high for _, high in all_)

    def _walk(self, span_id: str | None, children: list[str], low: int, high: int) -> None:
        t = high
        while True:
            ended = [(*self.window(each), each) for each in children]
            waited = [each for each in ended if low < each[1] <= t and each[0] < each[1]]
            if not waited:
                break
            start, end, child = min(waited, key=lambda each: (-each[1], each[0], each[2]))
            self._put(span_id, end, t)
            t = max(start, low)
            self._walk(child, self.below.get(child, []), t, end)
        self._put(span_id, low, t)

    def _put(self, span_id: str | None, start: int, end: int) -> None:
        if start < end:
            does_nothing = span_id not in self.spans or (
                span_id in self.below and self.spans[span_id]["span_type"] in (None, "agent")
            )
            self.segments.append((None if does_nothing else span_id, span_id, start, end))


def _random_trace(seed: int, many: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    spans: list[dict[str, Any]] = []
    for number in range(many):
        above = spans[chance.randrange(len(spans))] if spans and chance.random() < 0.9 else None
        parent = above["span_id"] if above else chance.choice([None, _MISSING])
        # Few moments, so that ends fall together; some children outlive their parent.
        low, high = (above["start"], above["end"]) if above else (0, 40)
        start = chance.randint(low, max(low, high - 1))
        end = chance.randint(start, high if chance.random() < 0.8 else high + 5)
        kind = chance.choice([None, "agent", "llm", "tool"])
        spans.append(span_state(f"{number + 1:016x}", parent, span_type=kind, start=start, end=end))
    return spans


def _path(page: Page, spans: list[dict[str, Any]]) -> dict[str, Any]:
    """What the browser finds in spans, whose times are in ms."""
    moved = [
        each | {name: _BASE + each[name] * 1_000_000 for name in ("start", "end")}
        for each in sorted(spans, key=lambda each: (each["start"], each["span_id"]))
    ]
    found: dict[str, Any] = json.loads(
        page.evaluate(_PATH, json.dumps(skeleton(moved, 1, moved[0]["start"])))
    )
    return found


@pytest.fixture
def store_page(page: Page, local_server: Server) -> Page:
    trace_id = new_trace_id()
    send(local_server, span(trace_id))
    open_trace(page, local_server, trace_id)
    return page


def test_equals_the_reference_on_random_traces(store_page: Page) -> None:
    """Segment by segment; they follow one another without a hole, and sum to the duration."""

    @settings(max_examples=50)
    @given(st.integers(0, 2**32), st.integers(1, 30))
    def check(seed: int, many: int) -> None:
        spans = _random_trace(seed, many)
        wanted = _Reference(spans)
        if wanted.low == wanted.high:
            return
        got = _path(store_page, spans)
        base = min(each["start"] for each in spans)
        told = [(row, within, start + base, end + base) for row, within, start, end in got["told"]]
        assert told == wanted.segments
        assert (told[0][2], told[-1][3]) == (wanted.low, wanted.high)
        assert all(one[3] == two[2] for one, two in pairwise(told))
        assert got["total"] == pytest.approx(wanted.high - wanted.low)
        assert sum(got["byType"].values()) + got["waiting"] == pytest.approx(got["total"])

    check()


def test_what_outlives_its_parent_was_not_waited_for(store_page: Page) -> None:
    """Nor anything below it."""
    agent, tool, late = ("a" * 16, "b" * 16, "c" * 16)
    got = _path(
        store_page,
        [
            span_state(agent, span_type="agent", start=0, end=10),
            span_state(tool, agent, span_type="tool", start=2, end=8),
            span_state(late, agent, span_type="llm", start=1, end=12),
            span_state("d" * 16, late, span_type="llm", start=3, end=10),
        ],
    )
    assert got["told"] == [[None, agent, 0, 2], [tool, tool, 2, 8], [None, agent, 8, 10]]
    assert (got["byType"], got["waiting"], got["total"]) == ({"tool": 6}, 4, 10)


def test_a_very_deep_trace(store_page: Page) -> None:
    """Deeper than a browser's stack of calls: each span in the last is its own segment's end."""
    ids = [f"{number:016x}" for number in range(1, 20_001)]
    spans = [
        span_state(
            each, ids[place - 1] if place else None, span_type="tool", start=place, end=30_000
        )
        for place, each in enumerate(ids)
    ]
    got = _path(store_page, spans)
    assert (got["total"], len(got["told"])) == (30_000, 20_000)
    assert got["told"][-1] == [ids[-1], ids[-1], 19_999, 30_000]
