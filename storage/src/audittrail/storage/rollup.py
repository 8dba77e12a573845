"""A trace's summary, kept while its spans arrive.

The summary is a function of the set of received versions, whatever their order. The common
cases (a new span, a newer version of one) cost a few dictionary look-ups; the rest is worked
out again from the spans in memory, or, where even these do not suffice, from the database.
"""

from __future__ import annotations

import enum
import json
from typing import Final

from audittrail.storage.facts import (
    FACT_FIELDS,
    PHASE_FINAL,
    PHASE_LOG,
    SPAN_UUID,
    TRACE_UUID,
    SpanFacts,
    merge_facts,
)
from audittrail.storage.summary import TraceRegistration, TraceSummary
from audittrail.storage.usage_tree import UsageTree, loop_heads

__all__ = ["Applied", "TraceRollup"]

# The first span that has one names the trace's agent, session, ...: spans without a parent come
# first, then the earliest.
_PICKED: Final = (
    "name",
    "session_id",
    "user_id",
    "agent_name",
    "environment",
    "service_name",
)
_PICKS: Final = tuple((name, FACT_FIELDS.index(name)) for name in _PICKED)
# A change of one of these cannot be taken back from a running minimum or a set.
_FIXED: Final = tuple(
    FACT_FIELDS.index(name)
    for name in (*_PICKED, "parent_span_id", "remote_parent", "start_ns", "span_type", "model")
)
# An agent or a chain names the model that its calls use; only the calls tell what was used.
_MODEL_TYPES: Final = ("llm", "embedding", "reranker", "custom")

_Rank = tuple[bool, int, str]


class Applied(enum.Enum):
    """What a received version did to the summary."""

    CHANGED = enum.auto()
    DUPLICATE = enum.auto()
    RELOAD = enum.auto()  # only the database knows: drop this roll-up and load it again


class TraceRollup:
    """The spans of one trace, as facts, and everything that is summed over them."""

    __slots__ = (
        "_end",
        "_errors",
        "_first_use",
        "_missing",
        "_open",
        "_picks",
        "_present",
        "_registration",
        "_remote_roots",
        "_root",
        "_stale",
        "_start",
        "_tree",
        "_versions",
        "first_seq",
        "has_logs",
        "id_form",
        "last_received_ns",
        "owner",
        "seq",
        "spans",
        "trace_id",
        "violation_count",
    )

    def __init__(self, owner: str, trace_id: str) -> None:
        self.owner = owner
        self.trace_id = trace_id
        self.id_form = 0
        self.seq = -1
        self.first_seq = -1
        self.last_received_ns = 0
        self.violation_count = 0
        self.has_logs = False
        self.spans: dict[str, SpanFacts] = {}
        # Fingerprints of the versions behind a span's state, where there are several.
        self._versions: dict[str, set[int]] = {}
        self._registration: TraceRegistration | None = None
        self._reset()

    def _reset(self) -> None:
        self._stale = False
        self._tree = UsageTree()
        self._present: set[str] = set()
        self._missing: set[str] = set()
        self._open = 0
        self._errors = 0
        self._start: int | None = None
        self._end: int | None = None
        self._root: tuple[_Rank, str] | None = None
        self._remote_roots: dict[str, _Rank] = {}
        self._picks: dict[str, tuple[_Rank, str]] = {}
        self._first_use: dict[str, tuple[int, str]] = {}

    def emptied(self) -> TraceRollup:
        """The same trace without its spans, to be restored from the database."""
        fresh = TraceRollup(self.owner, self.trace_id)
        for name in ("id_form", "seq", "first_seq", "last_received_ns", "violation_count"):
            setattr(fresh, name, getattr(self, name))
        fresh.has_logs = self.has_logs
        fresh._registration = self._registration
        return fresh

    def register(self, registration: TraceRegistration) -> None:
        """Take what a client says of the whole trace; a later word wins, field by field."""
        old = self._registration
        if old is not None:
            registration = TraceRegistration._make(
                new if new is not None else kept
                for kept, new in zip(old, registration, strict=True)
            )
        self._registration = registration
        self.id_form |= registration.id_form & TRACE_UUID

    def touch(self, seq: int, received_ns: int) -> None:
        """Note the number, higher than those before, and the time of a stored row."""
        if self.first_seq < 0:
            self.first_seq = seq
        self.seq = seq
        if received_ns > self.last_received_ns:
            self.last_received_ns = received_ns

    def restore(self, span: SpanFacts, versions: int) -> None:
        """Take a span's state as the database resolved it from so many versions."""
        self.apply(span)
        if versions > 1:
            self._versions[span.span_id] = {span.fingerprint}

    def apply(self, version: SpanFacts) -> Applied:
        """Take one received version of a span, the newest by arrival."""
        span_id = version.span_id
        known = self.spans.get(span_id)
        if known is None:
            self.spans[span_id] = version
            self.id_form |= version.id_form & TRACE_UUID
            if not self._stale:
                self._include(version, version.parent_span_id)
            return Applied.CHANGED
        seen = self._versions.get(span_id)
        if version.fingerprint in (seen or (known.fingerprint,)):
            return Applied.DUPLICATE
        if version.phase >= known.phase:
            merged = merge_facts(known, version)
        elif seen is not None:
            return Applied.RELOAD
        else:
            merged = merge_facts(version, known)
        self._versions.setdefault(span_id, {known.fingerprint}).add(version.fingerprint)
        self.spans[span_id] = merged
        if not self._stale:
            self._exchange(known, merged)
        return Applied.CHANGED

    def _exchange(self, old: SpanFacts, new: SpanFacts) -> None:
        arrived = old.phase == PHASE_LOG != new.phase
        if arrived or _moved(old, new) or not self._tree.replace(new):
            self._stale = True
            return
        if new.phase != PHASE_LOG:
            self._open += (new.phase != PHASE_FINAL) - (old.phase != PHASE_FINAL)
            self._errors += (new.status == "error") - (old.status == "error")
            self._note(new)

    def _include(self, span: SpanFacts, parent: str | None) -> None:
        span_id = span.span_id
        if parent == span_id:
            parent = None
        self._tree.insert(span, parent)
        if span.phase == PHASE_LOG:
            return
        self._present.add(span_id)
        self._missing.discard(span_id)
        self._open += span.phase != PHASE_FINAL
        self._errors += span.status == "error"
        if parent is None:
            rank = _rank(span)
            if self._root is None or rank < self._root[0]:
                self._root = (rank, span_id)
        else:
            if span.remote_parent:
                self._remote_roots[span_id] = _rank(span)
            if parent not in self._present:
                self._missing.add(parent)
        self._note(span)

    def _note(self, span: SpanFacts) -> None:
        start, end = span.start_ns, span.end_ns
        if start is not None and (self._start is None or start < self._start):
            self._start = start
        if end is not None and (self._end is None or end > self._end):
            self._end = end
        rank = _rank(span)
        picks = self._picks
        for name, index in _PICKS:
            value: str | None = span[index]  # type: ignore[assignment]
            if value is not None:
                best = picks.get(name)
                if best is None or rank < best[0]:
                    picks[name] = (rank, value)
        if span.model is not None and span.span_type in _MODEL_TYPES:
            use = (start or 0, span.span_id)
            first = self._first_use.get(span.model)
            if first is None or use < first:
                self._first_use[span.model] = use

    def _rebuild(self) -> None:
        self._reset()
        heads = loop_heads(self.spans)
        for span in self.spans.values():
            self._include(span, None if span.span_id in heads else span.parent_span_id)

    def _find_root(self) -> SpanFacts | None:
        if self._root is not None:
            return self.spans[self._root[1]]
        entries = [
            (rank, span_id)
            for span_id, rank in self._remote_roots.items()
            if self.spans[span_id].parent_span_id not in self._present
        ]
        return self.spans[min(entries)[1]] if entries else None

    def summary(self) -> TraceSummary:
        """The row to store; ``span_count`` is 0 while only a registration has come."""
        if self._stale or self._tree.cyclic:
            self._rebuild()
        root = self._find_root()
        if root is None or self._open:
            state = "running"
        else:
            state = "error" if root.status == "error" else "complete"
        said = self._registration
        usage = self._tree.totals
        tokens = usage.tokens
        cost, cost_source = usage.cost

        def pick(name: str) -> str | None:
            registered: str | None = getattr(said, name, None)
            if registered is not None or name not in self._picks:
                return registered
            return self._picks[name][1]

        return TraceSummary(
            owner=self.owner,
            trace_id=self.trace_id,
            id_form=self.id_form | (root.id_form & SPAN_UUID if root else 0),
            seq=self.seq,
            first_seq=self.first_seq,
            last_received_ns=self.last_received_ns,
            name=pick("name"),
            root_span_id=root.span_id if root else None,
            state=state,
            start_ns=self._start,
            end_ns=self._end,
            span_count=len(self._present),
            open_spans=self._open,
            error_count=self._errors,
            missing_parents=len(self._missing),
            llm_calls=usage.llm_calls,
            tool_calls=usage.tool_calls,
            tokens_in=tokens[0],
            tokens_out=tokens[1],
            tokens_cached=tokens[2],
            tokens_cache_write=tokens[3],
            tokens_reasoning=tokens[4],
            cost=cost,
            cost_source=cost_source,
            unpriced_spans=usage.unpriced,
            violation_count=self.violation_count,
            agent_name=pick("agent_name"),
            environment=pick("environment"),
            session_id=pick("session_id"),
            user_id=pick("user_id"),
            service_name=pick("service_name"),
            models=json.dumps(sorted(self._first_use, key=lambda name: self._first_use[name])),
            metadata=said.metadata if said else None,
            has_logs=self.has_logs,
            registered=said is not None,
        )


def _rank(span: SpanFacts) -> _Rank:
    return (span.parent_span_id is not None, span.start_ns or 0, span.span_id)


def _moved(old: SpanFacts, new: SpanFacts) -> bool:
    if any(old[index] is not None and old[index] != new[index] for index in _FIXED):
        return True
    if (old.parent_span_id is None) != (new.parent_span_id is None):
        return True
    if (old.start_ns is None) != (new.start_ns is None) or old.span_type != new.span_type:
        return True
    return old.end_ns is not None and old.end_ns != new.end_ns
