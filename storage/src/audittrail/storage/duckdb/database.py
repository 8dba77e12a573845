"""The one handle on the DuckDB file of a process."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb

from audittrail.errors import Unavailable
from audittrail.storage.duckdb.faults import says_invalid
from audittrail.storage.duckdb.migrations import apply_migrations
from audittrail.storage.duckdb.opening import (
    CATALOG,
    DatabaseInUse,
    DatabaseTooLarge,
    DatabaseUnreadable,
    DuckDBOptions,
    Opening,
    attach_clause,
)
from audittrail.storage.duckdb.queries import Queries, load_queries

__all__ = [
    "Database",
    "DatabaseInUse",
    "DatabaseTooLarge",
    "DatabaseUnreadable",
    "DuckDBOptions",
    "attach_clause",
    "roll_back",
]

_PATIENCE_SECONDS: Final = 30.0
_INTERRUPT_EVERY_SECONDS: Final = 0.2
_PASSING: Final = (
    duckdb.ConnectionException,
    duckdb.FatalException,
    duckdb.InterruptException,
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,
)
_NOTHING_OPEN: Final = "no transaction is active"


def roll_back(cursor: duckdb.DuckDBPyConnection) -> bool:
    """End the transaction that may be open, so that the next one sees everything. False if that
    failed: the cursor is of no more use."""
    try:
        cursor.rollback()
    except Exception as error:
        return _NOTHING_OPEN in str(error)
    return True


_SOMEBODY_WRITES: Final = "Cannot CHECKPOINT: there are other write transactions active"


class Database:
    """An open file with its schema up to date.

    A DuckDB connection is not for two threads at once: everybody borrows a cursor.
    """

    def __init__(
        self, path: Path, options: DuckDBOptions | None = None, *, with_functions: bool = True
    ) -> None:
        """Queries of spans need our functions; making one imports numpy."""
        self.path = path
        self._opening = Opening(path, options or DuckDBOptions(), with_functions=with_functions)
        self.queries: Queries = load_queries()
        self._changed = threading.Condition()
        self._idle: list[duckdb.DuckDBPyConnection] = []
        self._borrowed: set[duckdb.DuckDBPyConnection] = set()
        # The fault by which DuckDB told somebody that it will refuse everything.
        self.met: BaseException | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        self._had_log = self.wal_path.exists()
        root = self._opening.open()
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

    def give_more_memory(self) -> None:
        """Raise the limit while the file is open, if it is not the most already."""
        if self._opening.raise_limit():
            with self.cursor() as cursor:
                cursor.execute(f"SET memory_limit = '{self._opening.limit_mib}MiB'")

    @contextlib.contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for one thread, for the length of the block.

        Raises Unavailable while the file is closed or has to be closed, and for faults of the disk.
        """
        cursor = self.borrow()
        try:
            yield cursor
        except BaseException as error:
            self.discard(cursor)
            self._note(error)
            if isinstance(error, _PASSING):
                raise Unavailable(f"The database cannot answer now: {error}") from error
            raise
        self.give_back(cursor)

    def _note(self, error: BaseException) -> None:
        if says_invalid(error):
            self.met = error

    def borrow(self) -> duckdb.DuckDBPyConnection:
        """A cursor until ``give_back``."""
        with self._changed:
            if self._root is None:
                raise Unavailable("The database is closed; try again in a moment.")
            try:
                cursor = self._idle.pop() if self._idle else self._root.cursor()
            except duckdb.Error as error:
                self._note(error)
                raise Unavailable(f"The database cannot answer now: {error}") from error
            self._borrowed.add(cursor)
        try:
            cursor.execute(f"USE {CATALOG}")
        except BaseException as error:
            self.discard(cursor)
            self._note(error)
            if isinstance(error, duckdb.Error):
                raise Unavailable(f"The database cannot answer now: {error}") from error
            raise
        return cursor

    def discard(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """End a cursor after a fault, with the transaction that it may have left open."""
        with self._changed:
            self._borrowed.discard(cursor)
            with contextlib.suppress(duckdb.Error):
                cursor.close()
            self._changed.notify_all()

    def give_back(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Without a transaction open; nothing if it was discarded."""
        with self._changed:
            if cursor not in self._borrowed:
                return
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
            # A file must never be open twice in one process: whoever reads has to be done first.
            # A reader may have the next query ready: it is interrupted as well.
            until = time.monotonic() + _PATIENCE_SECONDS
            while self._borrowed:
                for cursor in self._borrowed:
                    cursor.interrupt()
                self._changed.wait(_INTERRUPT_EVERY_SECONDS)
                if self._borrowed and time.monotonic() > until:
                    self._root = root
                    raise Unavailable("The database is still in use.")
            for cursor in self._idle:
                cursor.close()
            self._idle.clear()
        return root

    def reopen(self, *, more_memory: bool = False) -> None:
        """Close the file and open it again, after DuckDB declared its state invalid; with more
        memory than before if that is what it lacked. The caller has discarded its own cursors.
        Raises whatever opening raises; the file is closed then."""
        root = self._shut()
        if root is not None:
            root.close()
        if more_memory:
            self._opening.raise_limit()
        root = self._opening.open()
        with self._changed:
            self._root = root
            self.met = None

    def replace(self, file: Path) -> None:
        """Put another file, which nobody has open, in the place of this one. The caller has
        discarded its own cursors.

        Raises Unavailable while readers do not let go of the file, which stays open as it is then;
        else whatever closing or opening raises, and the file is closed then.
        """
        root = self._shut()
        if root is None:
            raise Unavailable("The database is closed; try again in a moment.")
        try:
            root.execute(f"CHECKPOINT {CATALOG}")
        finally:
            root.close()
        if self.wal_path.exists():  # it would be taken for a part of the other file
            raise Unavailable("The database could not be closed; nothing was changed.")
        file.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self.reopen()

    def abandon(self) -> None:
        """Close the file as it is, whoever has a cursor: after a start that failed."""
        for cursor in list(self._borrowed):
            self.discard(cursor)
        root = self._shut()
        if root is not None:
            root.execute("PRAGMA disable_checkpoint_on_shutdown")
            root.close()
            if not self._had_log:  # it holds our macros and nothing else
                self.wal_path.unlink(missing_ok=True)

    def close(self) -> None:
        """Write everything to the file itself, so that no write-ahead log stays behind."""
        root = self._shut()
        if root is not None:
            with contextlib.suppress(duckdb.Error):
                root.execute(f"CHECKPOINT {CATALOG}")
            root.close()

    def checkpoint(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Write what the write-ahead log has into the file itself. Readers go on meanwhile,
        writers wait. False if somebody writes at this moment: nothing is done then. Raises
        whatever DuckDB raises; the file has to be opened anew then."""
        try:
            cursor.execute(f"CHECKPOINT {CATALOG}")
        except duckdb.TransactionException as error:
            if _SOMEBODY_WRITES not in str(error):
                raise
            return False
        return True

    @property
    def wal_path(self) -> Path:
        return self.path.with_name(self.path.name + ".wal")

    @property
    def wal_bytes(self) -> int:
        """The size of the write-ahead log; 0 without one."""
        try:
            return self.wal_path.stat().st_size
        except FileNotFoundError:
            return 0
