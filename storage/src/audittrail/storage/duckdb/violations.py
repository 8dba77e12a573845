"""Writing violations, and finding what is to be judged, in the DuckDB file."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import duckdb
import pyarrow as pa

from audittrail.storage.columns import summary_table
from audittrail.storage.duckdb.database import Database
from audittrail.storage.duckdb.queries import joined_ids
from audittrail.storage.duckdb.rollups import RollupCache
from audittrail.storage.duckdb.writer import DuckDBWriter
from audittrail.storage.interface import CommitEvent
from audittrail.storage.violations import Decision, Recorded, TraceHead, ViolationRow

__all__ = ["DuckDBViolations"]

_INTS: Final = frozenset({"at_ns", "judged_ns", "data_seq", "seq", "decided_ns", "first_ns"})
# The settings of nobody are the server's own.
_NOBODY: Final = ""
_JUDGED: Final = "rules.judged_seq"


class DuckDBViolations:
    """See ``violations.ViolationStore``. Changes go through the writer, between its groups."""

    def __init__(self, database: Database, writer: DuckDBWriter) -> None:
        self._database = database
        self._queries = database.queries
        self._writer = writer

    def record(
        self,
        owner: str,
        rows: Sequence[ViolationRow],
        rules: Mapping[str, tuple[str, str]],
        judged: Mapping[str, int],
    ) -> Recorded:
        def store(cursor: duckdb.DuckDBPyConnection, rollups: RollupCache) -> Any:
            keys = {(owner, row.trace_id) for row in rows if row.trace_id is not None}
            loaded = rollups.load(cursor, keys) if keys else {}
            there = {key[1]: rollup.seq for key, rollup in loaded.items()}
            kept = [row for row in rows if row.trace_id is None or row.trace_id in there]
            if not kept:
                return Recorded([], 0, {}), []
            opened = self._new(cursor, owner, kept)
            stored = [{**row._asdict(), "seq": self._writer.take_seq()} for row in kept]
            _insert(cursor, self._queries.append_violations, owner, stored)
            digests = {row.rule_digest for row in kept}
            texts = [
                {"digest": digest, "rule_id": name, "text": text, "first_ns": time.time_ns()}
                for digest, (name, text) in rules.items()
                if digest in digests
            ]
            _insert(cursor, self._queries.append_rule_texts, owner, texts)
            events = self._count(cursor, rollups, owner, sorted(there))
            withdrawn = sum(row.state == "withdrawn" for row in kept)
            same = {name for name, seq in there.items() if judged.get(name) == seq}
            seqs = {event.trace_id: event.seq for event in events if event.trace_id in same}
            return Recorded(opened, withdrawn, seqs), events

        recorded, events = self._writer.execute(store).result()
        self._writer.publish(events)
        result: Recorded = recorded
        return result

    def _new(
        self, cursor: duckdb.DuckDBPyConnection, owner: str, rows: Sequence[ViolationRow]
    ) -> list[ViolationRow]:
        """Those that open what was never open before."""
        known = cursor.execute(
            "SELECT DISTINCT id FROM violations WHERE owner = $owner AND "
            "id IN (SELECT unnest(string_split($ids, ' ')))",
            {"owner": owner, "ids": joined_ids(row.id for row in rows)},
        ).fetchall()
        before = {row[0] for row in known}
        return [row for row in rows if row.state == "open" and row.id not in before]

    def _count(
        self,
        cursor: duckdb.DuckDBPyConnection,
        rollups: RollupCache,
        owner: str,
        trace_ids: Sequence[str],
    ) -> list[CommitEvent]:
        """Count the violations of these traces anew."""
        if not trace_ids:
            return []
        values = {"owner": owner, "trace_ids": joined_ids(trace_ids)}
        found = cursor.execute(self._queries.count_open_violations, values).fetchall()
        counts = dict(found)
        keys = [(owner, trace_id) for trace_id in trace_ids]
        # A transaction that fails must leave nothing of it in memory.
        rollups.forget(keys)
        events = []
        for key, rollup in rollups.load(cursor, keys).items():
            rollup.violation_count = counts.get(key[1], 0)
            rollup.touch(self._writer.take_seq(), 0)
            events.append(CommitEvent(*key, rollup.seq, rollup.summary(), (), judged=True))
        if events:
            table = summary_table([event.summary for event in events])
            cursor.register("incoming", table)
            try:
                cursor.execute(self._queries.append_summaries)
            finally:
                cursor.unregister("incoming")
        return events

    def decide(self, owner: str, decisions: Sequence[Decision]) -> int:
        def store(cursor: duckdb.DuckDBPyConnection, rollups: RollupCache) -> Any:
            values = {"owner": owner, "ids": joined_ids(each.violation_id for each in decisions)}
            found = cursor.execute(
                "SELECT DISTINCT id, trace_id FROM violations WHERE owner = $owner AND "
                "id IN (SELECT unnest(string_split($ids, ' ')))",
                values,
            ).fetchall()
            known = dict(found)
            kept = [
                {**each._asdict(), "seq": self._writer.take_seq()}
                for each in decisions
                if each.violation_id in known
            ]
            _insert(cursor, self._queries.append_decisions, owner, kept, {"owner": owner})
            traces = sorted({each for each in known.values() if each is not None})
            return len(kept), self._count(cursor, rollups, owner, traces)

        count, events = self._writer.execute(store).result()
        self._writer.publish(events)
        return int(count)

    def heads_after(self, seq: int, limit: int) -> Sequence[TraceHead]:
        return self._heads("AND span_count > 0", after=seq, limit=limit)

    def heads_gone_quiet(self, since_ns: int, until_ns: int, limit: int) -> Sequence[TraceHead]:
        # The newest row of a trace, not any row of it, tells whether it still runs.
        heads = self._heads(
            "AND last_received_ns >= $since AND last_received_ns < $until",
            after=-1,
            limit=limit,
            since=since_ns,
            until=until_ns,
        )
        return [head for head in heads if head.state == "running"]

    def heads_since(
        self, owner: str | None, since_ns: int, after: int, limit: int
    ) -> Sequence[TraceHead]:
        chosen, values = _chosen(owner)
        return self._heads(
            f"{chosen} AND span_count > 0 AND coalesce(start_ns, last_received_ns) >= $since",
            after=after,
            limit=limit,
            since=since_ns,
            **values,
        )

    def count_since(self, owner: str | None, since_ns: int) -> int:
        chosen, values = _chosen(owner)
        with self._database.cursor() as cursor:
            row = cursor.execute(
                "SELECT count(DISTINCT (owner, trace_id)) "  # noqa: S608 - our own text
                "FROM (FROM traces UNION ALL FROM trace_updates) WHERE span_count > 0 "
                f"AND coalesce(start_ns, last_received_ns) >= $since {chosen}",
                {"since": since_ns, **values},
            ).fetchone()
        return int(row[0]) if row else 0

    def _heads(self, conditions: str, **values: Any) -> list[TraceHead]:
        sql = self._queries.trace_heads.format(conditions=conditions)
        with self._database.cursor() as cursor:
            return [TraceHead._make(row) for row in cursor.execute(sql, values).fetchall()]

    def judged_seq(self) -> int | None:
        with self._database.cursor() as cursor:
            which = {"owner": _NOBODY, "name": _JUDGED}
            row = cursor.execute(self._queries.get_setting, which).fetchone()
        return int(row[0]) if row else None

    def set_judged_seq(self, seq: int) -> None:
        def put(cursor: duckdb.DuckDBPyConnection, _: RollupCache) -> None:
            which = {"owner": _NOBODY, "name": _JUDGED}
            cursor.execute(self._queries.delete_setting, which)
            cursor.execute(self._queries.add_setting, {**which, "value": str(seq)})

        self._writer.execute(put).result()


def _chosen(owner: str | None) -> tuple[str, dict[str, str]]:
    return ("", {}) if owner is None else ("AND owner = $owner", {"owner": owner})


def _insert(
    cursor: duckdb.DuckDBPyConnection,
    sql: str,
    owner: str,
    rows: Sequence[Mapping[str, Any]],
    values: Mapping[str, Any] | None = None,
) -> None:
    if not rows:
        return
    columns: dict[str, Any] = {"owner": pa.array([owner] * len(rows), pa.string())}
    for name in rows[0]:
        kind = pa.int64() if name in _INTS else pa.string()
        columns[name] = pa.array([row[name] for row in rows], kind)
    cursor.register("incoming", pa.table(columns))
    try:
        cursor.execute(sql, dict(values or {}))
    finally:
        cursor.unregister("incoming")
