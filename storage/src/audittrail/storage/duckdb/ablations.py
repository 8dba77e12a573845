"""Ablation runs and their calls in the DuckDB file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, TypeVar

import duckdb

from audittrail.storage.ablations import UNFINISHED, AblationCall, AblationRun
from audittrail.storage.duckdb.database import Database
from audittrail.storage.duckdb.queries import joined_ids
from audittrail.storage.duckdb.rollups import RollupCache
from audittrail.storage.duckdb.writer import DuckDBWriter

__all__ = ["DuckDBAblations"]

T = TypeVar("T", AblationRun, AblationCall)

_RUN: Final = ", ".join(AblationRun._fields)
_CALL: Final = ", ".join(AblationCall._fields)
_NEWEST: Final = "QUALIFY row_number() OVER (PARTITION BY owner, id ORDER BY revision DESC) = 1"
_FIRST: Final = 1

_IS_HERE: Final = """
SELECT count(*) > 0 FROM ablation_runs WHERE owner = $owner AND id = $id AND trace_id = $trace_id
"""
_ADD_RUN: Final = f"""
INSERT INTO ablation_runs ({_RUN}) VALUES ({", ".join(f"${name}" for name in AblationRun._fields)})
"""  # noqa: S608 - our own columns
_PRUNE: Final = """
DELETE FROM ablation_runs
WHERE owner = $owner AND id = $id AND trace_id = $trace_id AND revision < $revision
"""
_ADD_CALL: Final = f"""
INSERT INTO ablation_calls ({_CALL}, place)
SELECT {", ".join(f"${name}" for name in AblationCall._fields)},
    (SELECT count(*) FROM ablation_calls WHERE owner = $owner AND run_id = $run_id)
"""  # noqa: S608
_GET: Final = f"""
SELECT {_RUN} FROM ablation_runs
WHERE owner = $owner AND trace_id = $trace_id AND id = $id {_NEWEST}
"""  # noqa: S608
_LIST: Final = f"""
SELECT {_RUN} FROM ablation_runs WHERE owner = $owner AND trace_id = $trace_id {_NEWEST}
ORDER BY created_ns DESC, id DESC LIMIT $limit
"""  # noqa: S608
_UNFINISHED: Final = f"""
SELECT {_RUN} FROM ablation_runs {_NEWEST}
    AND state IN ({", ".join(f"'{state}'" for state in UNFINISHED)})
ORDER BY created_ns, owner, id
"""  # noqa: S608
_CALLS: Final = f"""
SELECT {_CALL} FROM ablation_calls WHERE owner = $owner AND run_id = $run_id ORDER BY place
"""  # noqa: S608
_DELETE: Final = """
DELETE FROM ablation_runs WHERE owner = $owner AND trace_id = $trace_id AND id = $id RETURNING id
"""
_DELETE_CALLS: Final = """
DELETE FROM ablation_calls WHERE owner = $owner AND trace_id = $trace_id AND run_id = $id
"""
_CALLS_TRACES: Final = """
SELECT DISTINCT calls_trace_id FROM ablation_runs
WHERE owner = $owner AND calls_trace_id IS NOT NULL
  AND trace_id IN (SELECT unnest(string_split($trace_ids, ' ')))
"""


class DuckDBAblations:
    """See ``ablations.AblationStore``. Changes go through the writer."""

    def __init__(self, database: Database, writer: DuckDBWriter) -> None:
        self._database = database
        self._writer = writer

    def put_run(self, run: AblationRun) -> bool:
        def put(cursor: duckdb.DuckDBPyConnection, _: RollupCache) -> bool:
            if run.revision > _FIRST and not _is_here(cursor, run.owner, run.id, run.trace_id):
                return False
            cursor.execute(_ADD_RUN, run._asdict())
            if run.state not in UNFINISHED:
                which = {"owner": run.owner, "id": run.id, "trace_id": run.trace_id}
                cursor.execute(_PRUNE, {**which, "revision": run.revision})
            return True

        return self._writer.execute(put).result()

    def add_calls(self, calls: Sequence[AblationCall]) -> None:
        if not calls:
            return

        def add(cursor: duckdb.DuckDBPyConnection, _: RollupCache) -> None:
            runs = {(call.owner, call.run_id, call.trace_id) for call in calls}
            here = {run for run in runs if _is_here(cursor, *run)}
            for call in calls:
                if (call.owner, call.run_id, call.trace_id) in here:
                    cursor.execute(_ADD_CALL, call._asdict())

        self._writer.execute(add).result()

    def get_run(self, owner: str, trace_id: str, run_id: str) -> AblationRun | None:
        found = self._rows(AblationRun, _GET, owner=owner, trace_id=trace_id, id=run_id)
        return found[0] if found else None

    def list_runs(self, owner: str, trace_id: str, limit: int) -> Sequence[AblationRun]:
        return self._rows(AblationRun, _LIST, owner=owner, trace_id=trace_id, limit=limit)

    def list_calls(self, owner: str, run_id: str) -> Sequence[AblationCall]:
        return self._rows(AblationCall, _CALLS, owner=owner, run_id=run_id)

    def unfinished(self) -> Sequence[AblationRun]:
        return self._rows(AblationRun, _UNFINISHED)

    def delete_run(self, owner: str, trace_id: str, run_id: str) -> bool:
        which = {"owner": owner, "trace_id": trace_id, "id": run_id}

        def delete(cursor: duckdb.DuckDBPyConnection, _: RollupCache) -> bool:
            cursor.execute(_DELETE_CALLS, which)
            return bool(cursor.execute(_DELETE, which).fetchall())

        return self._writer.execute(delete).result()

    def calls_traces(self, owner: str, trace_ids: Collection[str]) -> set[str]:
        values = {"owner": owner, "trace_ids": joined_ids(trace_ids)}
        with self._database.cursor() as cursor:
            rows = cursor.execute(_CALLS_TRACES, values).fetchall()
        return {trace_id for (trace_id,) in rows}

    def _rows(self, kind: type[T], sql: str, **values: Any) -> list[T]:
        with self._database.cursor() as cursor:
            return [kind._make(row) for row in cursor.execute(sql, values).fetchall()]


def _is_here(cursor: duckdb.DuckDBPyConnection, owner: str, run_id: str, trace_id: str) -> bool:
    values = {"owner": owner, "id": run_id, "trace_id": trace_id}
    row = cursor.execute(_IS_HERE, values).fetchone()
    return bool(row and row[0])
