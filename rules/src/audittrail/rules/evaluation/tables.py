"""The tables that rules are queries over: filled for each batch, while the queries stay prepared.

To plan the query of a rule, with its regular expressions, takes DuckDB 0.5 to 3 ms; to run it over
2,000 spans mostly less.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

import duckdb
import pyarrow as pa

__all__ = ["PREPARED_SAFELY", "JudgedTables"]

# DuckDB 1.5 and 2.0 do not plan a prepared query anew when rows have come. With what it knew of the
# old ones it would leave out conditions that held for all of them, and rows that were not there.
PREPARED_SAFELY: Final = (
    "SET disabled_optimizers = 'statistics_propagation,compressed_materialization'"
)
_MOST_QUERIES: Final = 512
# What was deleted is given back by a checkpoint alone, which takes 0.5 ms.
_CHECKPOINT_BYTES: Final = 32 * 2**20


class JudgedTables:
    """Not thread-safe. ``schemas`` are the columns of each table, as Arrow tables without rows;
    the connection must have ``PREPARED_SAFELY``."""

    def __init__(self, db: duckdb.DuckDBPyConnection, schemas: Mapping[str, pa.Table]) -> None:
        self._db = db
        self._columns = {name: set(table.column_names) for name, table in schemas.items()}
        self._filled: list[str] = []
        self._bytes = 0
        # The names of prepared queries, by their text.
        self._queries: OrderedDict[str, str] = OrderedDict()
        self._prepared = 0
        for name, schema in schemas.items():
            self._from_given(f"CREATE TABLE {name} AS FROM given", schema)

    def fill(self, name: str, table: pa.Table, derived: Mapping[str, str]) -> None:
        """Put rows into an empty table; columns that it has not are left out, and those that are
        not given are null. ``derived`` are columns by their SQL over the given ones."""
        self._filled.append(name)
        self._bytes += table.nbytes
        columns = [each for each in table.column_names if each in self._columns[name]]
        columns += [f"{sql} AS {column}" for column, sql in derived.items()]
        told = ", ".join(columns)
        self._from_given(f"INSERT INTO {name} BY NAME SELECT {told} FROM given", table)  # noqa: S608

    def clear(self) -> None:
        """Empty what was filled."""
        for name in self._filled:
            self._db.execute(f"TRUNCATE {name}")
        self._filled.clear()
        if self._bytes >= _CHECKPOINT_BYTES:
            self._db.execute("CHECKPOINT")
            self._bytes = 0

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query gives. Raises duckdb.Error."""
        name = self._queries.get(sql)
        if name is None:
            self._prepared += 1
            name = f"query_{self._prepared}"
            self._db.execute(f"PREPARE {name} AS {sql}")
            self._queries[sql] = name
            if len(self._queries) > _MOST_QUERIES:
                self._forget(next(iter(self._queries)))
        self._queries.move_to_end(sql)
        try:
            return self._db.execute(f"EXECUTE {name}").fetchall()
        except duckdb.Error:
            self._forget(sql)  # with the memory that it holds until it is run again
            raise

    def _forget(self, sql: str) -> None:
        self._db.execute(f"DEALLOCATE {self._queries.pop(sql)}")

    def _from_given(self, sql: str, table: pa.Table) -> None:
        # Read batch by batch, in this thread; a table would be read by a pool of threads.
        self._db.register("given", table.to_reader())
        try:
            self._db.execute(sql)
        finally:
            self._db.unregister("given")
