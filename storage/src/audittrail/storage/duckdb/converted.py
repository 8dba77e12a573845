"""How far the long texts of a file that an earlier release wrote are cut (conversion.py). Commands
that only look after accounts read it without the libraries of spans."""

from __future__ import annotations

from typing import Final

import duckdb

__all__ = ["converted_until", "note_converted"]

_NAME: Final = "texts_cut_until"
_ALL: Final = -1


def converted_until(cursor: duckdb.DuckDBPyConnection) -> int | None:
    """Up to which number rows are done; None if all are."""
    found = cursor.execute("SELECT value FROM settings WHERE name = ?", [_NAME]).fetchall()
    until = int(found[0][0]) if found else 0
    return None if until == _ALL else until


def note_converted(cursor: duckdb.DuckDBPyConnection, until: int | None) -> None:
    """In the same transaction as what was done; None: all of it."""
    cursor.execute("DELETE FROM settings WHERE name = ?", [_NAME])
    values = ["", _NAME, str(_ALL if until is None else until)]
    cursor.execute("INSERT INTO settings VALUES (?, ?, ?)", values)
