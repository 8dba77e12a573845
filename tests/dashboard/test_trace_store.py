"""The browser's store of one trace: the same rows, whatever came in which order."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page

from tests.dashboard.support_trace import skeleton, span_state
from tests.support.servers import Server

# A whole number of microseconds: live messages tell no more.
_BASE = 1_780_000_000_000_000_000

_SNAPSHOT = """
  const at = window.audittrail;
  const REF = 1780000000000000000n;
  const put = (pieces) => {
    const store = at.trace.createStore("t".repeat(32));
    for (const piece of pieces) {
      if (piece.columns) {
        for (const [low, high] of piece.parts) store.putSkeleton(piece, low, high);
      } else store.putMessage(piece);
    }
    return store;
  };
  const ns = (store, ms) =>
    Number.isFinite(ms) ? String(BigInt(Math.round(ms * 1e6)) + store.columns.baseNs - REF) : null;
  const show = (store) => ({
    rows: [...store.order()].map((row) => {
      const sums = store.subtree(row);
      return [
        store.id[row], store.parent[row] < 0 ? null : store.id[store.parent[row]],
        store.depth(row), store.siblings(row),
        ns(store, store.start[row]), ns(store, store.end[row]),
        store.name[row], store.type[row], store.status[row], store.running[row], store.ghost[row],
        store.model[row], store.tokensIn[row], store.cost[row], store.costSource[row],
        store.ttft[row], store.events[row], store.violations[row], store.flagged[row],
        sums.count, sums.failed, sums.running, sums.violations, sums.tokensIn, sums.cost,
        sums.unpriced, ns(store, sums.start), ns(store, sums.end),
      ];
    }),
    shown: [...store.visible()].map((value) => {
      if (value > -2) return store.id[value];
      const run = store.run(-(value + 2));
      return [run.key, run.failed];
    }),
  });
"""


def _store_page(page: Page, server: Server) -> None:
    page.goto(f"{server.dashboard}/traces")
    page.wait_for_function("() => window.audittrail?.trace?.createStore")


def _iso(ns: int | None) -> str | None:
    if ns is None:
        return None
    moment = datetime.fromtimestamp(ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{ns % 10**9 // 1000:06d}Z"


def _message(spans: list[dict[str, Any]], seq: int, trace: dict[str, Any]) -> dict[str, Any]:
    left_out = ("start", "end", "ttft_ms", "events", "violations", "flagged", "seq")
    told = [
        {name: value for name, value in each.items() if name not in left_out}
        | {"start_time": _iso(each["start"]), "end_time": _iso(each["end"])}
        for each in spans
    ]
    return {"type": "commit", "seq": seq, "trace": {**trace, "seq": seq}, "spans": told}


def _arrivals(seed: int, many: int, crowd: int) -> dict[str, Any]:
    """A trace whose spans were first sent as started, then as ended; and pieces of it."""
    chance = random.Random(seed)
    ids = [f"{number:016x}" for number in range(1, many + 1)]
    chance.shuffle(ids)
    parents = [None, *ids[:4], "f" * 16, "e" * 16]
    final = [_random_span(chance, each, parents, 100 + at) for at, each in enumerate(ids)]
    for number in range(crowd):
        start = _BASE + number
        retry = span_state(f"{0xC0 + number:016x}", ids[0], name="retry", start=start, end=start)
        final.append(retry | {"status": chance.choice(["ok", "error"]), "seq": 300})
    nothing = dict.fromkeys(("end", "tokens_in", "cost", "cost_source", "ttft_ms"))
    started = [
        {**each, **nothing, "status": "unset", "running": True, "violations": 0, "seq": number}
        for number, each in enumerate(final)
    ]
    last = 400
    trace = {"status": "complete", "span_count": len(final)}

    def some(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return chance.sample(spans, chance.randint(1, min(8, len(spans))))

    cuts = sorted({0, len(final), *(chance.randint(0, len(final)) for _ in range(3))})
    pieces = [_skeleton(final[low:high], last, trace) for low, high in itertools.pairwise(cuts)]
    for _ in range(chance.randint(0, 4)):
        pieces.append(_message(some(final), chance.randint(331, last), trace))
        pieces.append(_message(some(started), chance.randint(60, 90), trace))
        pieces.append(_skeleton(some(started), 90, trace))
    sent = [*pieces, *chance.choices(pieces, k=3)]
    chance.shuffle(sent)
    return {"sent": sent, "whole": _skeleton(final, last, trace)}


def _random_span(
    chance: random.Random, span_id: str, parents: list[str | None], seq: int
) -> dict[str, Any]:
    start = _BASE + chance.randint(0, 5_000_000)
    running = chance.random() < 0.3
    used = chance.choice([None, 0, 7, 400])
    return span_state(
        span_id,
        chance.choice(parents),
        name=chance.choice(["plan", "search"]),
        span_type=chance.choice([None, "llm", "tool", "agent"]),
        status=chance.choice(["ok", "error", "unset"]),
        start=chance.choice([start, _BASE]),
        end=None if running else start + chance.randint(1000, 10**7),
        running=running,
        tokens_in=used,
        cost=chance.choice([None, 0.25]) if used else None,
        cost_source=chance.choice(["agent", "unpriced"]) if used else None,
        ttft_ms=chance.choice([None, 12.5]),
        violations=chance.randint(0, 2),
        seq=seq,
    )


def _skeleton(spans: list[dict[str, Any]], seq: int, trace: dict[str, Any]) -> dict[str, Any]:
    """As the server gives it: by start, then id. Long ones are put in by halves."""
    ordered = sorted(spans, key=lambda each: (each["start"], each["span_id"]))
    half, length = len(ordered) // 2, len(ordered)
    parts = [[0, half], [half, length]] if length > 4 else [[0, length]]
    return skeleton(ordered, seq, ordered[0]["start"], trace) | {"parts": parts}


def test_any_order_of_arrival_gives_the_rows_of_one_load(page: Page, local_server: Server) -> None:
    """Skeletons and messages, old and new, split, shuffled and repeated: rows, order, sums of
    subtrees and folded lines are those of the whole loaded at once."""
    _store_page(page, local_server)
    script = (
        f"(given) => {{ {_SNAPSHOT} return [show(put(given.sent)), show(put([given.whole]))]; }}"
    )

    @given(st.integers(0, 2**32), st.integers(1, 30), st.sampled_from([0, 25]))
    def check(seed: int, many: int, crowd: int) -> None:
        got, wanted = page.evaluate(script, _arrivals(seed, many, crowd))
        assert got == wanted

    check()


def test_a_late_parent_takes_the_row_of_its_ghost(page: Page, local_server: Server) -> None:
    """Its number stays, so whatever is selected or drawn by number stays where it was."""
    _store_page(page, local_server)
    child = skeleton([span_state("c" * 16, "a" * 16)], 1, 0)
    parent = _message([span_state("a" * 16, start=_BASE, end=_BASE + 10)], 2, {"span_count": 2})
    before, after = page.evaluate(
        f"""([child, parent]) => {{ {_SNAPSHOT}
          child.parts = [[0, 1]];
          const store = put([child]);
          const told = () => [store.row("{"a" * 16}"), store.ghost[1], store.columns.spans];
          const before = told();
          store.putMessage(parent);
          return [before, told()];
        }}""",
        [child, parent],
    )
    assert (before, after) == ([1, 1, 1], [1, 0, 2])


def test_more_spans_than_a_page_shows_are_left_out_by_start(
    page: Page, local_server: Server
) -> None:
    """The trace's own figures are still of all of them."""
    _store_page(page, local_server)
    spans = [span_state(f"{number:016x}", start=number) for number in range(1, 8)]
    given_ = skeleton(spans, 1, 0, {"span_count": 7})
    shown, total = page.evaluate(
        """(given) => {
          const at = window.audittrail;
          const most = at.trace.Columns.MOST;
          try {
            at.trace.Columns.MOST = 5;
            const store = at.trace.createStore("x");
            store.putSkeleton(given);
            store.putSkeleton(given);
            return [[...store.order()].map((row) => store.start[row] * 1e6), store.total];
          } finally {
            at.trace.Columns.MOST = most;
          }
        }""",
        given_,
    )
    assert (shown, total) == ([1, 2, 3, 4, 5], 7)
