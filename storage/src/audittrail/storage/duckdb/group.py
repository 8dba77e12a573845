"""A group of batches that are stored in one transaction: first prepared, then committed.

Preparing is Python's work (roll-ups, summaries, sequence numbers), committing is DuckDB's. The
writer prepares one group while DuckDB commits the one before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from audittrail.storage.columns import summary_table
from audittrail.storage.contents.known import Known
from audittrail.storage.duckdb.contents import CUT_LOG_FIELDS, CUT_SPAN_FIELDS, TextCutting
from audittrail.storage.duckdb.database import roll_back
from audittrail.storage.duckdb.queries import Queries
from audittrail.storage.duckdb.rollups import RollupCache, TraceKey
from audittrail.storage.facts import SpanFacts
from audittrail.storage.interface import Batch, CommitEvent, Receipt
from audittrail.storage.rollup import Applied, TraceRollup
from audittrail.storage.summary import TraceRegistration

__all__ = ["Group", "Waiting", "commit_group", "keys_of", "prepare_group", "stamped"]


class Waiting(NamedTuple):
    """A batch that somebody waits for."""

    batch: Batch
    future: Future[Receipt]


@dataclass(slots=True)
class Group:
    """What one transaction stores. ``reload`` names the traces whose summary only the database
    can tell, once the rows are in it."""

    batches: Sequence[Batch]
    keys: Collection[TraceKey] = ()
    spans: pa.Table | None = None
    logs: pa.Table | None = None
    registrations: pa.Table | None = None
    contents: pa.Table | None = None
    uses: pa.Table | None = None
    summaries: pa.Table | None = None
    changed: dict[TraceKey, list[SpanFacts]] = field(default_factory=dict)
    reload: set[TraceKey] = field(default_factory=set)
    receipts: list[Receipt] = field(default_factory=list)
    events: list[CommitEvent] = field(default_factory=list)
    last_seq: int = 0


class _Preparation:
    """Goes through the batches of a group once, in order."""

    def __init__(
        self, batches: Sequence[Batch], rollups: RollupCache, known: Known, last_seq: int
    ) -> None:
        self.group = Group(batches, last_seq=last_seq)
        self._rollups = rollups
        self._cutting = TextCutting(known, self._take_seq)
        self._touched: dict[TraceKey, TraceRollup] = {}
        self._spans: list[pa.Table] = []
        self._logs: list[pa.Table] = []
        self._registrations: list[tuple[str, int, int, TraceRegistration]] = []

    def run(self, cursor: duckdb.DuckDBPyConnection) -> Group:
        group = self.group
        group.keys = keys_of(group.batches)
        self._touched = self._rollups.fetch(cursor, group.keys)
        for batch in group.batches:
            stored = self._add_spans(batch) + self._add_logs(batch)
            for word in batch.registrations:
                self._register(batch, word)
                stored += 1
            group.receipts.append(Receipt(group.last_seq, stored, batch.rows - stored))
        group.spans, group.logs = _together(self._spans), _together(self._logs)
        group.contents, group.uses = self._cutting.tables()
        if self._registrations:
            group.registrations = _registration_table(self._registrations)
        if not group.reload:
            _summarise(group, self._touched)
        return group

    def _take_seq(self) -> int:
        self.group.last_seq += 1
        return self.group.last_seq

    def _add_spans(self, batch: Batch) -> int:
        if batch.spans is None or not batch.facts:
            return 0
        group, owner, received = self.group, batch.owner, batch.received_ns
        kept = []
        first = group.last_seq + 1
        trace_id = batch.facts[0].trace_id
        key = (owner, trace_id)
        rollup = self._touched[key]
        for index, version in enumerate(batch.facts):
            if version.trace_id != trace_id:
                trace_id = version.trace_id
                key = (owner, trace_id)
                rollup = self._touched[key]
            applied = rollup.apply(version)
            if applied is Applied.DUPLICATE:
                continue
            if applied is Applied.RELOAD:
                group.reload.add(key)
            kept.append(index)
            rollup.touch(self._take_seq(), received)
            changed = group.changed.get(key)
            if changed is None:
                changed = group.changed[key] = []
            changed.append(version)
        if kept:
            table = batch.spans
            if len(kept) < len(batch.facts):
                table = table.take(pa.array(kept, pa.int64()))
            table = self._cutting.cut(owner, table, CUT_SPAN_FIELDS)
            self._spans.append(stamped(table, owner, first, received))
        return len(kept)

    def _add_logs(self, batch: Batch) -> int:
        if batch.logs is None or not batch.logs.num_rows:
            return 0
        group = self.group
        digests = batch.logs.column("digest").to_pylist()
        traces = batch.logs.column("trace_id").to_pylist()
        kept = []
        first = group.last_seq + 1
        for index, (digest, trace_id) in enumerate(zip(digests, traces, strict=True)):
            if not self._rollups.recent_logs.is_new(batch.owner, digest):
                continue
            kept.append(index)
            seq = self._take_seq()
            if trace_id is not None:
                key = (batch.owner, trace_id)
                rollup = self._touched[key]
                rollup.has_logs = True
                rollup.touch(seq, batch.received_ns)
                group.changed.setdefault(key, [])
        if kept:
            table = batch.logs.take(pa.array(kept, pa.int64()))
            table = self._cutting.cut(batch.owner, table, CUT_LOG_FIELDS)
            self._logs.append(stamped(table, batch.owner, first, batch.received_ns))
        return len(kept)

    def _register(self, batch: Batch, word: TraceRegistration) -> None:
        key = (batch.owner, word.trace_id)
        seq = self._take_seq()
        rollup = self._touched[key]
        rollup.register(word)
        rollup.touch(seq, batch.received_ns)
        self.group.changed.setdefault(key, [])
        self._registrations.append((batch.owner, seq, batch.received_ns, word))


def prepare_group(
    batches: Sequence[Batch],
    rollups: RollupCache,
    known: Known,
    cursor: duckdb.DuckDBPyConnection,
    last_seq: int,
) -> Group:
    """Work out what to store. The roll-ups hold the new state from here on, and ``known`` the new
    parts of texts, so if the commit fails those of ``Group.keys`` have to be forgotten, and all
    parts."""
    return _Preparation(batches, rollups, known, last_seq).run(cursor)


def commit_group(
    group: Group, rollups: RollupCache, cursor: duckdb.DuckDBPyConnection, queries: Queries
) -> None:
    """Store a group and fsync. Raises whatever DuckDB raises; nothing is stored then."""
    cursor.begin()
    try:
        _insert(cursor, queries.append_contents, group.contents)
        _insert(cursor, queries.append_uses, group.uses)
        _insert(cursor, queries.append_spans, group.spans)
        _insert(cursor, queries.append_logs, group.logs)
        _insert(cursor, queries.append_registrations, group.registrations)
        if group.reload:
            touched = rollups.fetch(cursor, group.changed.keys())
            _summarise(group, touched | rollups.reload(cursor, group.reload))
        _insert(cursor, queries.append_summaries, group.summaries)
        cursor.commit()
    except BaseException:
        roll_back(cursor)
        raise


def _summarise(group: Group, rollups: dict[TraceKey, TraceRollup]) -> None:
    """One event, with the summary to store, for each changed trace."""
    summaries = []
    for key, changed in group.changed.items():
        rollup = rollups[key]
        group.last_seq += 1
        rollup.touch(group.last_seq, 0)
        summary = rollup.summary()
        summaries.append(summary)
        spans = [rollup.spans[span.span_id] for span in changed]
        group.events.append(CommitEvent(*key, rollup.seq, summary, spans))
    if summaries:
        group.summaries = summary_table(summaries)


def _together(tables: Sequence[pa.Table]) -> pa.Table | None:
    if not tables:
        return None
    return tables[0] if len(tables) == 1 else pa.concat_tables(tables)


def _insert(cursor: duckdb.DuckDBPyConnection, sql: str, incoming: pa.Table | None) -> None:
    """Run ``sql``, which finds the table by the name that it has here. To register it would make a
    view, which is bound once more: 1 ms for each table of a group."""
    if incoming is not None:
        cursor.execute(sql).fetchall()


def keys_of(batches: Sequence[Batch]) -> set[TraceKey]:
    """The traces that the batches touch."""
    keys: set[TraceKey] = set()
    for batch in batches:
        owner = batch.owner
        keys.update((owner, version.trace_id) for version in batch.facts)
        keys.update((owner, word.trace_id) for word in batch.registrations)
        if batch.logs is not None:
            traces = batch.logs.column("trace_id").to_pylist()
            keys.update((owner, trace_id) for trace_id in traces if trace_id is not None)
    return keys


def stamped(table: pa.Table, owner: str, first_seq: int, received_ns: int) -> pa.Table:
    """The table with the columns that only the store knows."""
    rows = table.num_rows
    owners = pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(rows, np.int32)), pa.array([owner], pa.string())
    )
    added: dict[str, Any] = {
        "owner": owners,
        "seq": pa.array(np.arange(first_seq, first_seq + rows)),
        "received_ns": pa.array(np.full(rows, received_ns)),
    }
    for name, column in added.items():
        table = table.append_column(name, column)
    return table


def _registration_table(rows: Sequence[tuple[str, int, int, TraceRegistration]]) -> pa.Table:
    columns: dict[str, list[Any]] = {
        "owner": [row[0] for row in rows],
        "seq": [row[1] for row in rows],
        "received_ns": [row[2] for row in rows],
    }
    for place, name in enumerate(TraceRegistration._fields):
        columns[name] = [row[3][place] for row in rows]
    numbers = {"seq": pa.int64(), "received_ns": pa.int64(), "id_form": pa.int16()}
    return pa.table(
        {name: pa.array(values, numbers.get(name, pa.string())) for name, values in columns.items()}
    )
