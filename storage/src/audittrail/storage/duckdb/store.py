"""The DuckDB store, put together."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import duckdb

from audittrail.storage.duckdb.ablations import DuckDBAblations
from audittrail.storage.duckdb.accounts import DuckDBAccounts
from audittrail.storage.duckdb.alerts import DuckDBAlerts
from audittrail.storage.duckdb.compaction import remove_leftovers
from audittrail.storage.duckdb.database import (
    Database,
    DatabaseUnreadable,
    DuckDBOptions,
    roll_back,
)
from audittrail.storage.duckdb.maintenance import DuckDBMaintenance
from audittrail.storage.duckdb.reader import DuckDBReader
from audittrail.storage.duckdb.violations import DuckDBViolations
from audittrail.storage.duckdb.without_pandas import answer_at_once
from audittrail.storage.duckdb.writer import DuckDBWriter

__all__ = ["DuckDBStore"]


class DuckDBStore:
    """See ``interface.Store``. Raises DatabaseInUse if another process has the file."""

    def __init__(
        self,
        path: Path,
        options: DuckDBOptions | None = None,
        *,
        max_queued_bytes: int | None = None,
    ) -> None:
        answer_at_once()
        remove_leftovers(path)
        self._database = Database(path, options)
        try:
            if max_queued_bytes is None:
                self.writer = DuckDBWriter(self._database)
            else:
                self.writer = DuckDBWriter(self._database, max_queued_bytes)
        except BaseException as error:
            self._database.abandon()
            if isinstance(error, duckdb.Error):
                raise DatabaseUnreadable(path, error) from error
            raise
        self.accounts = DuckDBAccounts(self._database, self.writer)
        self.maintenance = DuckDBMaintenance(self._database, self.writer)
        self.violations = DuckDBViolations(self._database, self.writer)
        self.alerts = DuckDBAlerts(self._database, self.writer)
        self.ablations = DuckDBAblations(self._database, self.writer)

    @contextlib.contextmanager
    def read(self, owner: str) -> Iterator[DuckDBReader]:
        with self._database.cursor() as cursor:
            cursor.begin()
            try:
                yield DuckDBReader(cursor, self._database.queries, owner)
            finally:
                if not roll_back(cursor):
                    self._database.discard(cursor)

    def close(self) -> None:
        self.writer.close()
        self._database.close()
