"""Writing what a mapping gives of stored spans now."""

from __future__ import annotations

from typing import Any, Final

import duckdb
import pyarrow as pa

from audittrail.storage.columns import SPAN_COLUMNS
from audittrail.storage.duckdb.queries import Queries
from audittrail.storage.duckdb.rollups import TraceKey
from audittrail.storage.interface import Remapper

__all__ = ["remap_window"]

# What no mapping changes.
_FIXED: Final = frozenset(
    {"origin", "trace_id", "id_form", "remote_parent", "kind", "start_ns", "service_name"}
    | {"events", "links", "resource", "scope", "trace_flags"}
)
_MAPPED: Final = [name for name in SPAN_COLUMNS if name not in _FIXED]


def remap_window(
    cursor: duckdb.DuckDBPyConnection, queries: Queries, mapper: Remapper, bounds: dict[str, int]
) -> tuple[int, set[TraceKey]]:
    """Map the spans between two numbers anew: how many versions changed, and of which traces."""
    found = cursor.execute(queries.remapping_window, bounds)
    names = [column[0] for column in found.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    if not rows:
        return 0, set()
    mapped = mapper(rows).select(_MAPPED)
    places = [
        place
        for place, (row, new) in enumerate(zip(rows, mapped.to_pylist(), strict=True))
        if any(row[name] != value for name, value in new.items())
    ]
    if not places:
        return 0, set()
    seqs: Any = pa.array([rows[place]["seq"] for place in places], pa.int64())
    changed = mapped.take(pa.array(places, pa.int64())).append_column("seq", seqs)
    cursor.register("incoming", changed)
    try:
        cursor.execute(queries.set_mapped, bounds)
    finally:
        cursor.unregister("incoming")
    return len(places), {(rows[place]["owner"], rows[place]["trace_id"]) for place in places}
