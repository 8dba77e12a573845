"""Backup, check and repricing of the DuckDB file, while it is in use."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, TypeAlias

import duckdb
import pyarrow as pa

from audittrail.errors import Conflict
from audittrail.storage.columns import summary_table
from audittrail.storage.contents.recipe import decode, part_ids
from audittrail.storage.duckdb.compaction import write_copy
from audittrail.storage.duckdb.contents import CUT_LOG_FIELDS, CUT_SPAN_FIELDS, TextCutting
from audittrail.storage.duckdb.conversion import CONVERTED_AT_ONCE, convert_window
from audittrail.storage.duckdb.converted import converted_until, note_converted
from audittrail.storage.duckdb.database import Database, roll_back
from audittrail.storage.duckdb.remapping import remap_window
from audittrail.storage.duckdb.rollups import RollupCache, TraceKey
from audittrail.storage.duckdb.writer import DuckDBWriter
from audittrail.storage.interface import CheckReport, Remapper, Repricer, StoreStatus
from audittrail.storage.summary import SUMMARY_FIELDS, TraceSummary

__all__ = ["DuckDBMaintenance"]

Window: TypeAlias = tuple[int, int]
Change: TypeAlias = Callable[[duckdb.DuckDBPyConnection, RollupCache, Window], int]

_WINDOW: Final = 8192
_MAPPED_AT_ONCE: Final = 1024  # their texts are in memory meanwhile, and ingest waits
_CHECKED_AT_ONCE: Final = 2000
_RECIPES_AT_ONCE: Final = 500
_MAX_PROBLEMS: Final = 100


class DuckDBMaintenance:
    """See ``interface.Maintenance``."""

    def __init__(self, database: Database, writer: DuckDBWriter) -> None:
        self._database = database
        self._queries = database.queries
        self._writer = writer
        self._converted = False

    def status(self) -> StoreStatus:
        connected, error = True, self._writer.last_error
        try:
            with self._database.cursor() as cursor:
                cursor.execute("SELECT 1").fetchone()
        except Exception as failure:
            connected, error = False, str(failure)
        rows, size = self._writer.queued
        return StoreStatus(
            connected=connected,
            engine="duckdb",
            engine_version=duckdb.__version__,
            schema_version=self._database.schema_version,
            file_bytes=_size(self._database.path),
            wal_bytes=_size(self._database.wal_path),
            queued_rows=rows,
            queued_bytes=size,
            last_seq=self._writer.last_seq,
            last_error=error,
        )

    def last_seq(self) -> int:
        return self._writer.last_seq

    def queued(self) -> tuple[int, int]:
        return self._writer.queued

    def backup(self, target: Path) -> int:
        if target.exists():
            raise Conflict(f"{target} exists already; backups never overwrite a file.")
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(target.name + ".partial")
        _remove(partial)
        try:
            with self._database.cursor() as cursor:
                # One transaction: the copy is the state of this moment.
                write_copy(cursor, partial, at_once=True)
            with partial.open("rb+") as file:
                os.fsync(file.fileno())
            partial.rename(target)
        except BaseException:
            _remove(partial)
            raise
        return target.stat().st_size

    def compact(self) -> Iterator[tuple[int, int, int]]:
        steps: SimpleQueue[tuple[int, int] | None] = SimpleQueue()
        done = self._writer.compact(lambda *step: steps.put(step))
        done.add_done_callback(lambda _: steps.put(None))
        while (step := steps.get()) is not None:
            yield *step, 0
        before, after = done.result()
        yield 1, 1, max(0, before - after)

    def check(self) -> CheckReport:
        report = CheckReport()
        with self._database.cursor() as cursor:
            cursor.begin()
            try:
                self._read_everything(cursor, report)
                self._find_parts(cursor, report)
                self._compare_summaries(cursor, report)
            except duckdb.Error as error:
                report.problems.append(f"The file cannot be read in full: {error}")
            finally:
                if not roll_back(cursor):
                    self._database.discard(cursor)
        return report

    def _read_everything(self, cursor: duckdb.DuckDBPyConnection, report: CheckReport) -> None:
        """Hash every value, which makes DuckDB read every block and verify its checksum."""
        counts = {}
        tables: tuple[str, ...] = (
            "spans",
            "logs",
            "registrations",
            "traces",
            "trace_updates",
            "users",
            "api_keys",
        )
        tables += ("violations", "decisions", "rule_texts", "webhooks", "deliveries")
        tables += ("ablation_runs", "ablation_calls", "contents", "uses")
        for table in tables:
            row = cursor.execute(
                f"SELECT count(*), bit_xor(hash(COLUMNS(*))) FROM {table}"  # noqa: S608
            ).fetchone()
            counts[table] = int(row[0]) if row else 0
        report.versions, report.logs = counts["spans"], counts["logs"]
        row = cursor.execute(
            "SELECT count(*) FROM (SELECT DISTINCT owner, trace_id, span_id FROM spans "
            "WHERE phase > 0)"
        ).fetchone()
        report.spans = int(row[0]) if row else 0
        repeated = cursor.execute(
            "SELECT count(*) FROM (SELECT seq FROM spans GROUP BY seq HAVING count(*) > 1)"
        ).fetchone()
        if repeated and repeated[0]:
            report.problems.append(f"{repeated[0]} sequence numbers of spans are used twice.")

    def _find_parts(self, cursor: duckdb.DuckDBPyConnection, report: CheckReport) -> None:
        """Every part that a recipe names is there."""
        kept = {
            owner: set(ids)
            for owner, ids in cursor.execute(
                "SELECT owner, list(id) FROM contents GROUP BY owner"
            ).fetchall()
        }
        for table, fields in (("spans", CUT_SPAN_FIELDS), ("logs", CUT_LOG_FIELDS)):
            for name in fields:
                cells = cursor.execute(
                    f"SELECT owner, trace_id, {name} FROM {table} WHERE is_recipe({name})"  # noqa: S608
                )
                while rows := cells.fetchmany(_RECIPES_AT_ONCE):
                    for owner, trace_id, cell in rows:
                        if not kept.get(owner, set()).issuperset(part_ids(decode(cell))):
                            report.problems.append(f"Trace {trace_id}: a part of {name} is lost.")

    def _compare_summaries(self, cursor: duckdb.DuckDBPyConnection, report: CheckReport) -> None:
        rollups = RollupCache(self._queries)
        stored = {
            (row[0], row[1]): row
            for row in cursor.execute(
                f"SELECT {', '.join(SUMMARY_FIELDS)} FROM "  # noqa: S608 - our own columns
                "(FROM traces UNION ALL FROM trace_updates) "
                "QUALIFY row_number() OVER (PARTITION BY owner, trace_id ORDER BY seq DESC) = 1"
            ).fetchall()
        }
        report.traces = len(stored)
        lost = cursor.execute(
            "SELECT DISTINCT owner, trace_id FROM spans ANTI JOIN "
            "(FROM traces UNION ALL FROM trace_updates) USING (owner, trace_id)"
        ).fetchall()
        report.problems += [f"Trace {row[1]} has spans but no summary." for row in lost]
        report.problems += [
            f"Trace {trace_id}: {said} violations are counted, there are {count}."
            for trace_id, said, count in cursor.execute(self._queries.check_violations).fetchall()
        ]
        keys = list(stored)
        for start in range(0, len(keys), _CHECKED_AT_ONCE):
            part: Sequence[TraceKey] = keys[start : start + _CHECKED_AT_ONCE]
            for key, rollup in rollups.load(cursor, part).items():
                wrong = _differences(TraceSummary._make(stored[key]), rollup.summary())
                if wrong:
                    report.problems.append(f"Trace {key[1]}: summary differs in {wrong}.")
                if len(report.problems) > _MAX_PROBLEMS:
                    report.problems.append("More problems are not listed.")
                    return

    def reprice(self, price: Repricer) -> Iterator[tuple[int, int, int]]:
        def priced(cursor: duckdb.DuckDBPyConnection, rollups: RollupCache, window: Window) -> int:
            return self._reprice_window(cursor, rollups, price, window)

        return self._by_windows(priced, _WINDOW)

    def _reprice_window(
        self,
        cursor: duckdb.DuckDBPyConnection,
        rollups: RollupCache,
        price: Repricer,
        window: tuple[int, int],
    ) -> int:
        bounds = {"after": window[0], "until": window[1]}
        rows = cursor.execute(self._queries.repricing_window, bounds).fetchall()
        priced: list[tuple[int, float | None, str | None]] = []
        keys: set[TraceKey] = set()
        for seq, owner, trace_id, *usage, cost, source in rows:
            new = price(*usage)
            if new != (cost, source):
                priced.append((seq, *new))
                keys.add((owner, trace_id))
        if not priced:
            return 0
        seqs, costs, sources = zip(*priced, strict=True)
        _with_table(
            cursor,
            self._queries.set_costs,
            pa.table(
                {
                    "seq": pa.array(seqs, pa.int64()),
                    "cost": pa.array(costs, pa.float64()),
                    "cost_source": pa.array(sources, pa.string()),
                }
            ),
            bounds,
        )
        self._renew(cursor, rollups, keys)
        return len(priced)

    def remap(self, mapper: Remapper) -> Iterator[tuple[int, int, int]]:
        def mapped(cursor: duckdb.DuckDBPyConnection, rollups: RollupCache, window: Window) -> int:
            bounds = {"after": window[0], "until": window[1]}
            cutting = TextCutting(self._writer.known_parts, self._writer.take_seq)
            changed, keys = remap_window(cursor, self._queries, mapper, cutting, bounds)
            if keys:
                self._renew(cursor, rollups, keys)
            return changed

        return self._by_windows(mapped, _MAPPED_AT_ONCE)

    def convert(self, seconds: float) -> int | None:
        if self._converted:
            return None
        with self._database.cursor() as cursor:
            after = converted_until(cursor)
        end = time.monotonic() + seconds
        count = 0
        while after is not None:
            until = min(after + CONVERTED_AT_ONCE, self._writer.last_seq)

            def step(
                cursor: duckdb.DuckDBPyConnection, _: RollupCache, window: Window = (after, until)
            ) -> int:
                if window[0] >= window[1]:
                    note_converted(cursor, None)
                    return 0
                cutting = TextCutting(self._writer.known_parts, self._writer.take_seq)
                return convert_window(cursor, self._queries, cutting, *window)

            count += self._writer.execute(step).result()
            after = until if until > after else None
            if after is not None and (time.monotonic() > end or self._writer.queued[0]):
                return count
        self._converted = True
        return count

    def _by_windows(self, change: Change, size: int) -> Iterator[tuple[int, int, int]]:
        """Each window is a transaction of its own, so that ingest goes on between them."""
        total = self._writer.last_seq
        changed = 0
        for after in range(0, total, size):
            until = min(after + size, total)

            def step(
                cursor: duckdb.DuckDBPyConnection,
                rollups: RollupCache,
                window: Window = (after, until),
            ) -> int:
                return change(cursor, rollups, window)

            changed += self._writer.execute(step).result()
            yield until, total, changed

    def _renew(
        self, cursor: duckdb.DuckDBPyConnection, rollups: RollupCache, keys: set[TraceKey]
    ) -> None:
        """Sum up these traces anew."""
        summaries = []
        for key, rollup in rollups.load(cursor, keys).items():
            rollup.touch(self._writer.take_seq(), 0)
            summaries.append(rollup.summary())
            rollups.forget([key])
        _with_table(cursor, self._queries.append_summaries, summary_table(summaries))


def _with_table(
    cursor: duckdb.DuckDBPyConnection,
    sql: str,
    table: pa.Table,
    values: dict[str, Any] | None = None,
) -> None:
    cursor.register("incoming", table)
    try:
        cursor.execute(sql, values or {})
    finally:
        cursor.unregister("incoming")


def _differences(stored: TraceSummary, true: TraceSummary) -> list[str]:
    ignored = ("seq", "first_seq", "last_received_ns", "id_form")
    return [
        f"{name} ({left!r}, should be {right!r})"
        for name, left, right in zip(SUMMARY_FIELDS, stored, true, strict=True)
        if name not in ignored and left != right
    ]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _remove(path: Path) -> None:
    for leftover in (path, path.with_name(path.name + ".wal")):
        leftover.unlink(missing_ok=True)
