"""The one handle on the DuckDB file of a process."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from audittrail.errors import SettingsError, Unavailable
from audittrail.storage.duckdb.migrations import apply_migrations
from audittrail.storage.duckdb.queries import Queries, load_queries

__all__ = ["Database", "DatabaseInUse", "DuckDBOptions", "attach_clause", "roll_back"]

# Rewriting the last, partly filled row group at every checkpoint is what limits a stream of
# appends: 8,192 rows and 64 MB gave 2.5 times the rate of the defaults (docs/adr/002-...).
_ROW_GROUP_SIZE: Final = 8192
_CHECKPOINT_THRESHOLD: Final = "16MB"

_CATALOG: Final = "audittrail"


class DatabaseInUse(SettingsError):
    """Another process has the file open."""


@dataclass(frozen=True, slots=True)
class DuckDBOptions:
    """``memory_limit`` is what DuckDB may take for its buffers, in MiB."""

    memory_limit_mib: int = 256
    threads: int = 1


def attach_clause(path: Path, name: str) -> str:
    """The ATTACH statement for a file of ours, with the row groups that it is tuned for."""
    quoted = str(path).replace("'", "''")
    return f"ATTACH '{quoted}' AS {name} (ROW_GROUP_SIZE {_ROW_GROUP_SIZE})"


def roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    """End a transaction that failed; DuckDB may have ended it already."""
    with contextlib.suppress(duckdb.Error):
        cursor.rollback()


class Database:
    """An open file with its schema up to date.

    A DuckDB connection is not for two threads at once: everybody borrows a cursor.
    """

    def __init__(self, path: Path, options: DuckDBOptions | None = None) -> None:
        self.path = path
        self.options = options or DuckDBOptions()
        self.queries: Queries = load_queries()
        self._lock = threading.Lock()
        self._idle: queue.SimpleQueue[duckdb.DuckDBPyConnection] = queue.SimpleQueue()
        self._generation = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._root = self._open()
        try:
            self.schema_version = apply_migrations(self._root)
            self._root.execute(self.queries.macros)
        except BaseException:
            self._root.close()
            raise

    def _open(self) -> duckdb.DuckDBPyConnection:
        root = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{self.options.memory_limit_mib}MiB",
                "threads": self.options.threads,
                "temp_directory": str(self.path.parent / "tmp"),
                "autoinstall_known_extensions": False,
                "checkpoint_threshold": _CHECKPOINT_THRESHOLD,
            },
        )
        try:
            root.execute(attach_clause(self.path, _CATALOG))
            root.execute(f"USE {_CATALOG}")
        except duckdb.IOException as error:
            root.close()
            if "lock" in str(error).lower():
                raise DatabaseInUse(
                    f"{self.path} is open in another process. DuckDB lets one process open a "
                    "file: stop the other one, or give this one a file of its own with "
                    "DATABASE_URL or AUDITTRAIL_DATA_DIR."
                ) from error
            raise
        except BaseException:
            root.close()
            raise
        return root

    @contextlib.contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for one thread, for the length of the block."""
        generation = self._generation
        try:
            cursor = self._idle.get_nowait()
        except queue.Empty:
            cursor = self.new_cursor()
        try:
            yield cursor
        finally:
            if generation == self._generation:
                self._idle.put(cursor)
            else:
                cursor.close()

    def new_cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor to keep. Raises Unavailable once the file is closed."""
        with self._lock:
            try:
                cursor = self._root.cursor()
                cursor.execute(f"USE {_CATALOG}")
            except duckdb.ConnectionException as error:
                raise Unavailable("The database is closed.") from error
        return cursor

    def _drop_idle(self) -> None:
        self._generation += 1
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return

    def reopen(self) -> None:
        """Close everything and open the file again, after DuckDB declared its state invalid."""
        with self._lock:
            self._drop_idle()
            self._root.close()
            self._root = self._open()

    def close(self) -> None:
        """Write everything to the file itself, so that no write-ahead log stays behind."""
        with self._lock:
            self._drop_idle()
            with contextlib.suppress(duckdb.Error):
                self._root.execute(f"CHECKPOINT {_CATALOG}")
            self._root.close()

    @property
    def wal_path(self) -> Path:
        return self.path.with_name(self.path.name + ".wal")
