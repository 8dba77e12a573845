"""One owner's way to the database."""

from __future__ import annotations

from typing import Any

import duckdb

from audittrail.storage.duckdb.queries import Queries
from audittrail.storage.interface import Row

__all__ = ["OwnedCursor"]


class OwnedCursor:
    """A cursor that has a transaction open, so that all reads see one state, for one owner."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, queries: Queries, owner: str) -> None:
        self._cursor = cursor
        self._queries = queries
        self._owner = owner

    def _execute(self, sql: str, **values: Any) -> duckdb.DuckDBPyConnection:
        """The one way to the database: every read is bound to the owner."""
        return self._cursor.execute(sql, {"owner": self._owner, **values})

    def _rows(self, sql: str, **values: Any) -> list[Row]:
        result = self._execute(sql, **values)
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
