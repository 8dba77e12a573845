"""Writing what a mapping gives of stored spans now."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import duckdb
import pyarrow as pa

from audittrail.storage.columns import SPAN_COLUMNS
from audittrail.storage.contents.recipe import decode, is_recipe, rebuild
from audittrail.storage.duckdb.contents import CUT_SPAN_FIELDS, TextCutting
from audittrail.storage.duckdb.queries import Queries
from audittrail.storage.duckdb.rollups import TraceKey
from audittrail.storage.interface import Remapper, Row

__all__ = ["remap_window"]

# What no mapping changes.
_FIXED: Final = frozenset(
    {"origin", "trace_id", "id_form", "remote_parent", "kind", "start_ns", "service_name"}
    | {"events", "links", "resource", "scope", "trace_flags"}
)
_MAPPED: Final = [name for name in SPAN_COLUMNS if name not in _FIXED]
# The texts of so many bytes are in memory at once, and one span's at least.
_BYTES_AT_ONCE: Final = 16 * 2**20


def remap_window(
    cursor: duckdb.DuckDBPyConnection,
    queries: Queries,
    mapper: Remapper,
    cutting: TextCutting,
    bounds: dict[str, int],
) -> tuple[int, set[TraceKey]]:
    """Map the spans between two numbers anew: how many versions changed, and of which traces."""
    found = cursor.execute(queries.remapping_window, bounds)
    names = [column[0] for column in found.description or ()]
    stored = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    changed: list[pa.Table] = []
    keys: set[TraceKey] = set()
    count = 0
    for rows in _slices(stored):
        _fill_in(cursor, queries, rows)
        mapped = mapper(rows).select(_MAPPED)
        places = [
            place
            for place, (row, new) in enumerate(zip(rows, mapped.to_pylist(), strict=True))
            if any(row[name] != value for name, value in new.items())
        ]
        if not places:
            continue
        owner = str(rows[0]["owner"])
        chosen = [rows[place] for place in places]
        table = mapped.take(pa.array(places, pa.int64()))
        traces: Any = pa.array([row["trace_id"] for row in chosen], pa.string())
        table = cutting.cut(owner, table.append_column("trace_id", traces), CUT_SPAN_FIELDS)
        seqs: Any = pa.array([row["seq"] for row in chosen], pa.int64())
        changed.append(table.drop_columns(["trace_id"]).append_column("seq", seqs))
        keys.update((owner, row["trace_id"]) for row in chosen)
        count += len(chosen)
    if changed:
        contents, uses = cutting.tables()
        _with_table(cursor, queries.append_contents, contents)
        _with_table(cursor, queries.append_uses, uses)
        together = pa.concat_tables(changed)
        _with_table(cursor, queries.set_mapped, together, bounds)
    return count, keys


def _slices(rows: list[Row]) -> Iterator[list[Row]]:
    """The rows of one owner after another, as many as fit."""
    part: list[Row] = []
    size = 0
    for row in rows:
        length = sum(_length(row[name]) for name in CUT_SPAN_FIELDS)
        if part and (size + length > _BYTES_AT_ONCE or row["owner"] != part[0]["owner"]):
            yield part
            part, size = [], 0
        part.append(row)
        size += length
    if part:
        yield part


def _length(cell: str | None) -> int:
    if cell is None:
        return 0
    return decode(cell).length if is_recipe(cell) else len(cell)


def _fill_in(cursor: duckdb.DuckDBPyConnection, queries: Queries, rows: list[Row]) -> None:
    """Put texts in the place of recipes."""

    def parts(ids: Collection[int]) -> Mapping[int, str]:
        values = {
            "owner": rows[0]["owner"],
            "ids": " ".join(map(str, ids)),
            "low": min(ids),
            "high": max(ids),
        }
        return dict(cursor.execute(queries.parts, values).fetchall())

    for name in CUT_SPAN_FIELDS:
        for row, text in zip(rows, rebuild([row[name] for row in rows], parts), strict=True):
            row[name] = text


def _with_table(
    cursor: duckdb.DuckDBPyConnection,
    sql: str,
    table: pa.Table | None,
    values: dict[str, int] | None = None,
) -> None:
    if table is None:
        return
    cursor.register("incoming", table)
    try:
        cursor.execute(sql, values or {})
    finally:
        cursor.unregister("incoming")
