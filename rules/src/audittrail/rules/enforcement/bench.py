"""Judging some traces of one owner: reading them, asking the judge, comparing with what is
stored."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import pyarrow as pa
from pyarrow import compute

from audittrail.rules.enforcement.constitution import Constitution, RuleSet
from audittrail.rules.enforcement.contents import Texts, with_texts
from audittrail.rules.enforcement.failing import Failing
from audittrail.rules.enforcement.reconciling import Judged, changes
from audittrail.rules.enforcement.sandbox import Sandbox
from audittrail.rules.enforcement.windows import fitting_length, in_runs, slices
from audittrail.rules.evaluation.verdict import Docket, Failure, Ruling
from audittrail.rules.evaluation.vocabulary import SOURCE_COLUMNS
from audittrail.storage import Row, Store, TraceHead, TraceReader, ViolationRow

__all__ = ["Bench", "Found"]

# Its functions are made when it is imported, so type checkers know of none.
pc: Any = compute

# A trace of more spans is not read whole each time that something comes to it: span rules look at
# the spans that changed, trace rules at all of them, but less often the longer that takes.
_LARGE: Final = 2000
_SPARE: Final = 20.0
_REMEMBERED: Final = 10_000
_TRACE: Final = (*SOURCE_COLUMNS["trace"], "seq")
_FACTS: Final = ("start_ns", "agent_name", "environment", "session_id", "seq")


class Found(NamedTuple):
    """The rows to store, the rules that failed, and the number of each trace as it was read."""

    rows: list[ViolationRow]
    failures: list[Failure]
    seqs: dict[str, int]


class Bench:
    """For one thread."""

    def __init__(
        self,
        store: Store,
        constitution: Constitution,
        sandbox: Sandbox,
        idle_ns: int,
        texts: Texts,
        failing: Failing | None = None,
    ) -> None:
        self._store = store
        self._constitution = constitution
        self._sandbox = sandbox
        self._idle_ns = idle_ns
        self._texts = texts
        self._failing = failing
        # Large traces: up to which number they were judged, and when trace rules may be again.
        self._large: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()
        # Sessions of many traces: when they may be judged again.
        self._sessions_due: OrderedDict[tuple[str, str], float] = OrderedDict()

    def judge(self, owner: str, heads: Sequence[TraceHead]) -> Found:
        """What is to be stored, for traces of one owner."""
        found = Found([], [], {})
        rules = self._constitution.rules_for(owner)
        if rules.dockets:
            self.judge_by(rules, owner, heads, found)
        return found

    def judge_by(
        self,
        rules: RuleSet,
        owner: str,
        heads: Sequence[TraceHead],
        found: Found,
        *,
        compare: bool = True,
    ) -> None:
        """Judge by these rules; without ``compare`` as if nothing were stored."""
        small = [head for head in heads if head.span_count <= _LARGE]
        batches: list[tuple[list[TraceHead], int]] = [(small, -1)] if small else []
        batches += [
            ([head], self._large.get((owner, head.trace_id), (-1, 0.0))[0])
            for head in heads
            if head.span_count > _LARGE
        ]
        for batch, changed_after in batches:
            self._judge(owner, rules, batch, changed_after, found, compare=compare)

    def _judge(
        self,
        owner: str,
        rules: RuleSet,
        heads: Sequence[TraceHead],
        changed_after: int,
        found: Found,
        *,
        compare: bool,
    ) -> None:
        ids = [head.trace_id for head in heads]
        large = heads[0].span_count > _LARGE
        skipped = self._failing.left_out(owner, rules) if self._failing else frozenset()
        dockets = [each for each in rules.dockets if each.rule_id not in skipped]
        ended = heads[0].state != "running"
        partly = large and not ended and not self._due(owner, heads[0].trace_id)
        if partly:
            dockets = [each for each in dockets if each.scope == "span" or not each.aggregates]
        started = time.monotonic()
        with self._store.read(owner) as reader:
            cut = reader.spans_to_judge(ids, _columns(dockets), changed_after if partly else -1)
        runs = in_runs(heads, cut)
        if len(runs) > 1:
            for run in runs:
                self._judge(owner, rules, run, changed_after, found, compare=compare)
            return
        length = fitting_length(cut)
        with self._store.read(owner) as reader:
            spans = with_texts(reader, heads, reader.with_whole_texts(cut, length), self._texts)
            traces = self._with_incomplete(reader.traces_to_judge(ids, _TRACE))
            sessions = self._sessions(reader, owner, heads, dockets)
            stored = self._stored(reader, ids, sessions) if compare else []
        changed = _changed(spans, changed_after) if changed_after >= 0 else None
        if length is None:
            ruling = self._sandbox.judge(dockets, spans, traces, sessions, changed)
        else:
            of_spans = [each for each in dockets if each.scope == "span"]
            of_traces = [each for each in dockets if each.scope != "span"]
            rulings = [self._sandbox.judge(of_traces, spans, traces, sessions)]
            rulings += self._judge_slices(owner, of_spans, heads, _changed(cut, changed_after))
            ruling = Ruling(
                [verdict for each in rulings for verdict in each.verdicts],
                [failure for each in rulings for failure in each.failures],
            )
        if large:
            self._remember(owner, heads[0], time.monotonic() - started)
        if sessions.num_rows > _LARGE:
            due = time.monotonic() + _SPARE * (time.monotonic() - started)
            for name in set(sessions.column("session_id").to_pylist()):
                self._sessions_due[owner, name] = due
            while len(self._sessions_due) > _REMEMBERED:
                self._sessions_due.popitem(last=False)
        states = dict(
            zip(
                traces.column("trace_id").to_pylist(),
                traces.column("state").to_pylist(),
                strict=True,
            )
        )
        on_ended = {each.rule_id for each in dockets if each.scope == "trace"}
        on_running = {each.rule_id for each in dockets if each.while_running}
        judged = Judged(
            {row["trace_id"]: row for row in traces.to_pylist()},
            set(sessions.column("session_id").to_pylist()),
            _facts(changed if changed is not None else spans, ruling.verdicts),
            () if changed is not None else ids,
        )
        trace_rules = {
            trace_id: on_running if state == "running" else on_ended
            for trace_id, state in states.items()
        }
        found.rows.extend(changes(ruling, judged, rules.by_id, trace_rules, stored, skipped))
        found.failures.extend(ruling.failures)
        found.seqs.update({name: row["seq"] for name, row in judged.traces.items()})

    def _judge_slices(
        self, owner: str, dockets: Sequence[Docket], heads: Sequence[TraceHead], cut: pa.Table
    ) -> Iterator[Ruling]:
        """Span rules, over spans of one trace whose texts are too long together."""
        left = list(dockets)
        for some in slices(cut):
            with self._store.read(owner) as reader:
                spans = with_texts(reader, heads, reader.with_whole_texts(some), self._texts)
                traces = reader.traces_to_judge([head.trace_id for head in heads], _TRACE)
            ruling = self._sandbox.judge(left, spans, traces, traces.slice(0, 0))
            failed = {each.rule_id for each in ruling.failures}
            left = [each for each in left if each.rule_id not in failed]
            yield ruling

    def _due(self, owner: str, trace_id: str) -> bool:
        return time.monotonic() >= self._large.get((owner, trace_id), (-1, 0.0))[1]

    def _remember(self, owner: str, head: TraceHead, seconds: float) -> None:
        self._large[owner, head.trace_id] = (head.seq, time.monotonic() + _SPARE * seconds)
        self._large.move_to_end((owner, head.trace_id))
        while len(self._large) > _REMEMBERED:
            self._large.popitem(last=False)

    def _with_incomplete(self, traces: pa.Table) -> pa.Table:
        """A running trace that has been silent for long is incomplete: it has ended."""
        silent = pc.less(traces.column("last_received_ns"), time.time_ns() - self._idle_ns)
        running = pc.equal(traces.column("state"), "running")
        state = pc.if_else(pc.and_(silent, running), "incomplete", traces.column("state"))
        place = traces.schema.get_field_index("state")
        return traces.set_column(place, "state", state)

    def _sessions(
        self,
        reader: TraceReader,
        owner: str,
        heads: Sequence[TraceHead],
        dockets: Sequence[Any],
    ) -> pa.Table:
        ids: set[str] = set()
        if any(each.scope == "session" for each in dockets):
            now = time.monotonic()
            ids = {
                head.session_id
                for head in heads
                if head.session_id is not None
                and self._sessions_due.get((owner, head.session_id), 0.0) <= now
            }
        return reader.sessions_to_judge(sorted(ids), _TRACE)

    def _stored(
        self, reader: TraceReader, trace_ids: Sequence[str], sessions: pa.Table
    ) -> list[Row]:
        stored = list(reader.violations_of_traces(trace_ids))
        names = sorted(set(sessions.column("session_id").to_pylist()))
        if names:
            stored += reader.violations_of_sessions(names)
        return stored


def _changed(spans: pa.Table, after: int) -> pa.Table:
    """Those with a version after a number."""
    return spans.filter(pc.greater(spans.column("seq"), after))


def _columns(dockets: Sequence[Docket]) -> list[str]:
    """The columns that these rules read, and those that every violation tells."""
    needed = {"start_ns", "end_ns", "agent_name", "environment"}
    for docket in dockets:
        needed.update(docket.needs)
    if needed & {"input", "output"}:
        needed |= {"input", "output", "span_type"}
    return [name for name in SOURCE_COLUMNS["span"] if name in needed]


def _facts(spans: pa.Table, verdicts: Sequence[Any]) -> dict[tuple[str, str], Row]:
    """Of each span that was judged: its key; of those that break a rule: what is told of them."""
    broken = {verdict.span_id for verdict in verdicts} - {None}
    traces = spans.column("trace_id").to_pylist()
    ids = spans.column("span_id").to_pylist()
    facts: dict[tuple[str, str], Row] = {key: {} for key in zip(traces, ids, strict=True)}
    if broken:
        names = [name for name in _FACTS if name in spans.column_names]
        rows = spans.filter(pc.is_in(spans.column("span_id"), pa.array(sorted(broken))))
        for row in rows.select(["trace_id", "span_id", *names]).to_pylist():
            facts[row["trace_id"], row["span_id"]] = row
    return facts
