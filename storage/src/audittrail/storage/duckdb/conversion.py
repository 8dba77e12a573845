"""Long texts of files that an earlier release wrote: cut, and their parts stored once.

Such a file is opened and serves as it is; its texts stand in their rows whole. They are cut window
by window, each in a transaction of its own, between the groups that are stored. How far it is
stands in the file, so that it goes on after a restart, and ends once and for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import duckdb
import pyarrow as pa

from audittrail.storage.contents.recipe import MARK
from audittrail.storage.duckdb.contents import CUT_LOG_FIELDS, CUT_SPAN_FIELDS, TextCutting
from audittrail.storage.duckdb.converted import note_converted
from audittrail.storage.duckdb.queries import Queries

__all__ = ["CONVERTED_AT_ONCE", "convert_window"]

# The texts of a window are in memory at once; those of 256 calls of turn 150 are 80 MB.
CONVERTED_AT_ONCE: Final = 256

_FIELDS: Final[Mapping[str, Sequence[str]]] = {"spans": CUT_SPAN_FIELDS, "logs": CUT_LOG_FIELDS}


def convert_window(
    cursor: duckdb.DuckDBPyConnection,
    queries: Queries,
    cutting: TextCutting,
    after: int,
    until: int,
) -> int:
    """Cut the long texts of rows with these numbers; of how many rows."""
    count = sum(_cut(cursor, cutting, table, after, until) for table in _FIELDS)
    contents, uses = cutting.tables()
    for sql, incoming in ((queries.append_contents, contents), (queries.append_uses, uses)):
        if incoming is not None:
            cursor.execute(sql).fetchall()
    note_converted(cursor, until)
    return count


def _cut(
    cursor: duckdb.DuckDBPyConnection, cutting: TextCutting, table: str, after: int, until: int
) -> int:
    fields = _FIELDS[table]
    # Of a text that begins like a recipe and is none it is not known: it stays as it was read.
    long = [f"strlen({name}) >= 4096 AND NOT starts_with({name}, '{MARK}')" for name in fields]
    found = cursor.sql(
        f"SELECT seq, owner, trace_id, {', '.join(fields)} FROM {table} "  # noqa: S608 - our names
        f"WHERE seq > {after} AND seq <= {until} AND ({' OR '.join(long)}) ORDER BY owner, seq"
    ).to_arrow_table()
    if not found.num_rows:
        return 0
    parts = []
    owners = found.column("owner").to_pylist()
    for owner in dict.fromkeys(owners):
        first, count = owners.index(owner), owners.count(owner)
        parts.append(cutting.cut(owner, found.slice(first, count), fields))
    incoming = pa.concat_tables(parts).select(["seq", *fields])
    assigned = ", ".join(f"{name} = incoming.{name}" for name in fields)
    cursor.execute(
        f"UPDATE {table} SET {assigned} FROM incoming "  # noqa: S608
        f"WHERE {table}.seq = incoming.seq AND {table}.seq > {after} AND {table}.seq <= {until}"
    ).fetchall()
    return int(incoming.num_rows)
