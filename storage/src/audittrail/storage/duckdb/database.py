"""The one handle on the DuckDB file of a process."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from audittrail.errors import SettingsError, Unavailable
from audittrail.storage.duckdb.migrations import apply_migrations
from audittrail.storage.duckdb.queries import Queries, load_queries

__all__ = [
    "Database",
    "DatabaseInUse",
    "DatabaseUnreadable",
    "DuckDBOptions",
    "attach_clause",
    "roll_back",
]

# Rewriting the last, partly filled row group at every checkpoint is what limits a stream of
# appends. The numbers behind these two are in docs/adr/002-small-row-groups.md.
_ROW_GROUP_SIZE: Final = 8192
_CHECKPOINT_THRESHOLD: Final = "16MB"

_CATALOG: Final = "audittrail"
_PATIENCE_SECONDS: Final = 30.0
_PASSING: Final = (
    duckdb.ConnectionException,
    duckdb.FatalException,
    duckdb.InterruptException,
    duckdb.IOException,
    duckdb.OutOfMemoryException,
)


class DatabaseInUse(SettingsError):
    """Another process has the file open."""


class DatabaseUnreadable(SettingsError):
    """The file is damaged, no database at all, or one that may not be read."""

    def __init__(self, path: Path, error: duckdb.Error) -> None:
        super().__init__(
            f"{path} cannot be opened as a database: {error}. If it is damaged, bring back a "
            "backup: audittrail db restore FILE"
        )


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
        self._changed = threading.Condition()
        self._idle: list[duckdb.DuckDBPyConnection] = []
        self._borrowed: set[duckdb.DuckDBPyConnection] = set()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            root = self._open()
        except duckdb.Error as error:
            raise DatabaseUnreadable(path, error) from error
        self._root: duckdb.DuckDBPyConnection | None = root
        try:
            self.schema_version = apply_migrations(root)
            root.execute(self.queries.macros)
        except duckdb.IOException as error:
            root.close()
            raise DatabaseUnreadable(path, error) from error
        except BaseException:
            root.close()
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
            if "could not set lock" in str(error).lower():
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
        """A cursor for one thread, for the length of the block.

        Raises Unavailable while the file is closed or has to be closed, and for faults of the disk.
        """
        cursor = self.borrow()
        try:
            yield cursor
        except _PASSING as error:
            raise Unavailable(f"The database cannot answer now: {error}") from error
        finally:
            self.give_back(cursor)

    def borrow(self) -> duckdb.DuckDBPyConnection:
        """A cursor until ``give_back``."""
        with self._changed:
            if self._root is None:
                raise Unavailable("The database is closed; try again in a moment.")
            cursor = self._idle.pop() if self._idle else self._root.cursor()
            self._borrowed.add(cursor)
        cursor.execute(f"USE {_CATALOG}")
        return cursor

    def give_back(self, cursor: duckdb.DuckDBPyConnection) -> None:
        with self._changed:
            self._borrowed.discard(cursor)
            if self._root is None:
                cursor.close()
            else:
                self._idle.append(cursor)
            self._changed.notify_all()

    def _shut(self) -> duckdb.DuckDBPyConnection | None:
        """Take the file away from everybody; returns its root connection, the last one open."""
        with self._changed:
            root, self._root = self._root, None
            for cursor in self._borrowed:
                cursor.interrupt()
            # A file must never be open twice in one process: whoever reads has to be done first.
            if not self._changed.wait_for(lambda: not self._borrowed, _PATIENCE_SECONDS):
                self._root = root
                raise Unavailable("The database is still in use.")
            for cursor in self._idle:
                cursor.close()
            self._idle.clear()
        return root

    def reopen(self) -> None:
        """Close the file and open it again, after DuckDB declared its state invalid. The caller
        has given back its own cursors. Raises whatever opening raises; the file is closed then."""
        root = self._shut()
        if root is not None:
            root.close()
        root = self._open()
        with self._changed:
            self._root = root

    def close(self) -> None:
        """Write everything to the file itself, so that no write-ahead log stays behind."""
        root = self._shut()
        if root is not None:
            with contextlib.suppress(duckdb.Error):
                root.execute(f"CHECKPOINT {_CATALOG}")
            root.close()

    @property
    def wal_path(self) -> Path:
        return self.path.with_name(self.path.name + ".wal")
