"""Counting usage once in a tree whose parents repeat the usage of their children.

Many frameworks report tokens on the agent span and again on each model call below it, and some
agents run two instrumentations that both record one call. So:

* tokens of a span count only if no descendant carries tokens;
* a cost counts with the tokens beside it; a span with a reported cost and no tokens counts only
  if no descendant carries tokens or a reported cost;
* a model call (or tool call) counts only if no descendant is one as well;
* spans that share a provider's response id and overlap in time are one call.

Spans may come in any order: an update walks up to the first ancestor that knew already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from audittrail.storage.facts import FACT_FIELDS, SpanFacts

__all__ = ["UsageTotals", "UsageTree", "loop_heads"]

_USED: Final = 1  # tokens
_COST: Final = 2  # tokens or a reported cost
_MODEL_CALL: Final = 4
_TOOL_CALL: Final = 8
_TYPE_BITS: Final = {"llm": _MODEL_CALL, "tool": _TOOL_CALL}

# Costs are summed in whole units of 1e-12 USD, so that a sum does not depend on its order.
_PICO: Final = 10**12

# An id that more spans carry than this is a constant of some test server, not an id.
_MAX_SHARED_ID: Final = 32

_FOREVER: Final = 2**63
_MAX_INT64: Final = 2**63 - 1


class UsageTotals:
    """Sums over the spans that count. Token sums are None where no counted span said."""

    __slots__ = ("_cost", "_known", "_tokens", "llm_calls", "priced", "tool_calls", "unpriced")

    def __init__(self) -> None:
        self._tokens = [0, 0, 0, 0, 0]
        self._known = [0, 0, 0, 0, 0]
        self._cost = {"agent": 0, "estimated": 0, "default": 0}
        self.priced = {"agent": 0, "estimated": 0, "default": 0}
        self.unpriced = 0
        self.llm_calls = 0
        self.tool_calls = 0

    @property
    def tokens(self) -> list[int | None]:
        """In, out, cached, cache write, reasoning."""
        pairs = zip(self._tokens, self._known, strict=True)
        return [min(total, _MAX_INT64) if known else None for total, known in pairs]

    @property
    def cost(self) -> tuple[float | None, str | None]:
        """USD and its source; ``mixed`` where several sources or unpriced spans went in."""
        sources = [source for source, count in self.priced.items() if count]
        if not sources:
            return None, "unpriced" if self.unpriced else None
        mixed = len(sources) > 1 or self.unpriced
        return sum(self._cost.values()) / _PICO, "mixed" if mixed else sources[0]

    def add(self, share: _Share, sign: int) -> None:
        """Count a share (sign 1), or take it back (-1)."""
        span, counts = share
        if counts & _USED:
            tokens, known = self._tokens, self._known
            values: tuple[int | None, ...] = span[_TOKENS]  # type: ignore[assignment]
            for index, value in enumerate(values):
                if value is not None:
                    tokens[index] += sign * value
                    known[index] += sign
        if counts & _COST and span.cost_source is not None:
            if span.cost is None:
                self.unpriced += sign
            else:
                self._cost[span.cost_source] += sign * round(span.cost * _PICO)
                self.priced[span.cost_source] += sign
        if counts & _MODEL_CALL:
            self.llm_calls += sign
        elif counts & _TOOL_CALL:
            self.tool_calls += sign


# What one span adds: of the bits of what it is, those that count.
_Share = tuple[SpanFacts, int]

_TOKENS: Final = slice(FACT_FIELDS.index("tokens_in"), FACT_FIELDS.index("tokens_reasoning") + 1)


def _own_bits(span: SpanFacts) -> int:
    bits = _TYPE_BITS.get(span.span_type or "", 0)
    if span.tokens_in or span.tokens_out:
        return bits | _USED | _COST
    return bits | _COST if span.cost_source == "agent" else bits


def _counting(own: int, below: int) -> int:
    """The bits of a span that count, given those of its descendants."""
    if not below:
        return own
    counts = own & ~below
    if own & _USED:
        # A cost counts with the tokens beside it, whatever costs lie below.
        return counts | _COST if counts & _USED else counts & ~_COST
    return counts


def _call_id(share: _Share) -> str | None:
    """What tells which model call a share records; a tool's share records none."""
    return None if share[0].span_type == "tool" else share[0].response_id


class UsageTree:
    """The usage of one trace. ``cyclic`` turns true when parents form a loop."""

    __slots__ = ("_below", "_calls", "_own", "_parents", "_shares", "_spans", "cyclic", "totals")

    def __init__(self) -> None:
        self.totals = UsageTotals()
        self.cyclic = False
        self._spans: dict[str, SpanFacts] = {}
        self._own: dict[str, int] = {}
        self._parents: dict[str, str | None] = {}
        self._below: dict[str, int] = {}  # also holds parents that have not arrived
        self._shares: dict[str, _Share] = {}
        self._calls: dict[str, dict[str, _Share]] = {}  # response id -> span id -> share

    def insert(self, span: SpanFacts, parent: str | None) -> None:
        """Add a span that is not in the tree yet."""
        span_id = span.span_id
        own = _own_bits(span)
        self._spans[span_id] = span
        self._own[span_id] = own
        self._parents[span_id] = parent
        below = self._below.get(span_id)
        if below is None:
            below = 0
        elif self._leads_to(parent, span_id):
            self.cyclic = True
        if own:
            self._set_share(span_id, span, _counting(own, below))
        if parent is not None:
            self._propagate(parent, own | below)

    def replace(self, span: SpanFacts) -> bool:
        """Put a newer version of a span with the same parent; False if it lost something
        that its ancestors know of, so that the tree has to be built anew."""
        span_id = span.span_id
        old, own = self._own[span_id], _own_bits(span)
        if old & ~own:
            return False
        self._spans[span_id] = span
        self._own[span_id] = own
        self._set_share(span_id, span, _counting(own, self._below.get(span_id, 0)))
        parent = self._parents[span_id]
        if parent is not None and own != old:
            self._propagate(parent, own)
        return True

    def _leads_to(self, start: str | None, target: str) -> bool:
        seen: set[str] = set()
        while start is not None and start not in seen:
            if start == target:
                return True
            seen.add(start)
            start = self._parents.get(start)
        return False

    def _propagate(self, ancestor: str | None, bits: int) -> None:
        while ancestor is not None:
            old = self._below.get(ancestor)
            if old is not None and old | bits == old:
                return
            below = self._below[ancestor] = (old or 0) | bits
            span = self._spans.get(ancestor)
            if span is None:
                return
            self._set_share(ancestor, span, _counting(self._own[ancestor], below))
            ancestor = self._parents[ancestor]

    def _set_share(self, span_id: str, span: SpanFacts, counts: int) -> None:
        old = self._shares.get(span_id)
        if old is not None:
            if old[1] == counts and old[0] is span:
                return
            del self._shares[span_id]
            self._withdraw(span_id, old)
        if counts:
            share = self._shares[span_id] = (span, counts)
            self._contribute(span_id, share)

    def _contribute(self, span_id: str, share: _Share) -> None:
        response_id = _call_id(share)
        if response_id is None:
            self.totals.add(share, 1)
            return
        group = self._calls.get(response_id)
        if group is None:
            self._calls[response_id] = {span_id: share}
            self.totals.add(share, 1)
            return
        self._add_calls(group, -1)
        group[span_id] = share
        self._add_calls(group, 1)

    def _withdraw(self, span_id: str, share: _Share) -> None:
        response_id = _call_id(share)
        if response_id is None:
            self.totals.add(share, -1)
            return
        group = self._calls[response_id]
        self._add_calls(group, -1)
        del group[span_id]
        self._add_calls(group, 1)

    def _add_calls(self, group: dict[str, _Share], sign: int) -> None:
        if len(group) <= 1 or len(group) > _MAX_SHARED_ID:
            for share in group.values():
                self.totals.add(share, sign)
            return
        for call in _calls_of(group.values()):
            self.totals.add(call, sign)


def _calls_of(shares: Iterable[_Share]) -> Iterable[_Share]:
    """The shares of one response id, with those that overlap in time made one."""
    end = -1
    call: list[_Share] = []
    for share in sorted(shares, key=lambda s: (s[0].start_ns or 0, s[0].span_id)):
        start = share[0].start_ns or 0
        if call and start >= end:
            yield _one_call(call)
            call = []
        call.append(share)
        end = max(end, share[0].end_ns or _FOREVER)
    if call:
        yield _one_call(call)


def _one_call(shares: list[_Share]) -> _Share:
    """What counts of several records of one call: the usage of the one that told most."""

    def told_most(share: _Share) -> tuple[int, int, int, bool, str]:
        span, counts = share
        details = (span.tokens_cached, span.tokens_cache_write, span.tokens_reasoning)
        return (
            counts & _USED,
            (span.tokens_in or 0) + (span.tokens_out or 0),
            sum(detail is not None for detail in details),
            span.cost_source == "agent",
            span.span_id,
        )

    span, counts = max(shares, key=told_most)
    kinds = 0
    for share in shares:
        kinds |= share[1] & (_MODEL_CALL | _TOOL_CALL)
    return span, counts & (_USED | _COST) | kinds


def loop_heads(spans: Mapping[str, SpanFacts]) -> set[str]:
    """The earliest span of every loop that parents form; it is taken as having no parent."""
    heads: set[str] = set()
    settled: set[str] = set()
    for first in spans:
        path: dict[str, None] = {}
        at: str | None = first
        while at is not None and at in spans and at not in settled and at not in path:
            path[at] = None
            at = spans[at].parent_span_id
        if at is not None and at in path:
            walk = list(path)
            loop = walk[walk.index(at) :]
            heads.add(min(loop, key=lambda span_id: (spans[span_id].start_ns or 0, span_id)))
        settled.update(path)
    return heads
