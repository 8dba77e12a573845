"""One owner's way to the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import duckdb
import pyarrow as pa

from audittrail.storage.contents.recipe import is_recipe, rebuild
from audittrail.storage.duckdb.queries import Queries
from audittrail.storage.interface import Row

__all__ = ["OwnedCursor"]

# Up to DuckDB 1.5 a relation with parameters is a copy of its rows, which takes ten times as long
# as reading them; from 2.0 on the copy is what Arrow from execute() is made of.
_RELATIONS_COPY: Final = hasattr(duckdb.DuckDBPyConnection, "fetch_arrow_table")


class OwnedCursor:
    """A cursor that has a transaction open, so that all reads see one state, for one owner."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, queries: Queries, owner: str) -> None:
        self._cursor = cursor
        self._queries = queries
        self._owner = owner

    def _execute(self, sql: str, **values: Any) -> duckdb.DuckDBPyConnection:
        """The one way to the database: every read is bound to the owner."""
        return self._cursor.execute(sql, {"owner": self._owner, **values})

    def _arrow(self, sql: str, **values: Any) -> pa.Table:
        if _RELATIONS_COPY:
            return self._execute(sql, **values).to_arrow_table()
        bound = {"owner": self._owner, **values}
        return self._cursor.sql(sql, params=bound).to_arrow_table()

    def _rows(self, sql: str, **values: Any) -> list[Row]:
        result = self._execute(sql, **values)
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def _with_whole_texts(self, rows: list[Row], fields: Iterable[str]) -> list[Row]:
        """The same rows, with texts in the place of recipes."""
        found = [
            (row, name, cell)
            for name in fields
            for row in rows
            if isinstance(cell := row.get(name), str) and is_recipe(cell)
        ]
        whole = self._whole_texts([cell for _, _, cell in found])
        for (row, name, _), text in zip(found, whole, strict=True):
            row[name] = text
        return rows

    def _whole_texts(self, cells: Sequence[str | None]) -> list[str | None]:
        return rebuild(cells, self._parts) if cells else []

    def _parts(self, ids: Collection[int]) -> Mapping[int, str]:
        found = self._execute(
            self._queries.parts, ids=" ".join(map(str, ids)), low=min(ids), high=max(ids)
        )
        return dict(found.fetchall())
