"""How the long texts of a file are compressed.

DuckDB decides by itself between dictionaries and FSST, never for zstd, which takes half the space
of FSST for GenAI spans and less CPU (docs/adr/002). It has to be named when a table is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import duckdb

__all__ = ["compress_by_zstd"]

# What repeats row by row, such as the resource, is better off with a dictionary.
_LONG: Final[Mapping[str, Sequence[str]]] = {
    "spans": ("input", "output", "tool_calls", "attributes", "events", "extra"),
    "logs": ("body", "attributes"),
}


def compress_by_zstd(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of a file that has no rows yet anew, with long texts compressed by zstd."""
    for table, long in _LONG.items():
        columns = connection.execute(
            "SELECT column_name, data_type, is_nullable FROM duckdb_columns() "
            "WHERE database_name = current_database() AND table_name = ? ORDER BY column_index",
            [table],
        ).fetchall()
        definitions = [
            f"{name} {kind}"
            + ("" if nullable else " NOT NULL")
            + (" USING COMPRESSION zstd" if name in long else "")
            for name, kind, nullable in columns
        ]
        connection.execute(f"CREATE OR REPLACE TABLE {table} ({', '.join(definitions)})")
