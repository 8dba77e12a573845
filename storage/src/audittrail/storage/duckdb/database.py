"""The one handle on the DuckDB file of a process."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from audittrail.errors import SettingsError, Unavailable
from audittrail.storage.contents.recipe import decode, is_recipe, part_ids
from audittrail.storage.duckdb.migrations import apply_migrations
from audittrail.storage.duckdb.queries import Queries, load_queries

__all__ = [
    "Database",
    "DatabaseInUse",
    "DatabaseTooLarge",
    "DatabaseUnreadable",
    "DuckDBOptions",
    "attach_clause",
    "lacks_memory",
    "roll_back",
]

# The numbers behind these are in docs/adr/002-row-groups-and-checkpoints.md. The writer makes
# checkpoints; DuckDB's own are for what it did not see.
_ROW_GROUP_SIZE: Final = 32_768
_STORAGE_VERSION: Final = "v1.5.0"
_CHECKPOINT_THRESHOLD: Final = "256MB"

_CATALOG: Final = "audittrail"
_PATIENCE_SECONDS: Final = 30.0
_INTERRUPT_EVERY_SECONDS: Final = 0.2
# What a file may be given that cannot be opened or checkpointed with less: half of the machine.
_MOST_MEMORY_MIB: Final = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**21
_PASSING: Final = (
    duckdb.ConnectionException,
    duckdb.FatalException,
    duckdb.InterruptException,
    duckdb.IOException,
    duckdb.OutOfMemoryException,
)

_SIGNS_OF_NEED: Final = ("failed to pin block", "failed to allocate", "could not allocate block")
_SIGNS_OF_DAMAGE: Final = ("corrupt", "checksum", "not a valid duckdb database")


class DatabaseInUse(SettingsError):
    """Another process has the file open."""


class DatabaseUnreadable(SettingsError):
    """The file is damaged, no database at all, or one that may not be read."""

    def __init__(self, path: Path, error: duckdb.Error) -> None:
        damaged = any(sign in str(error).lower() for sign in _SIGNS_OF_DAMAGE)
        advice = " Bring back a backup: audittrail db restore FILE" if damaged else ""
        super().__init__(f"{path} cannot be opened as a database: {error}.{advice}")


class DatabaseTooLarge(SettingsError):
    """Opening the file takes more memory than there may be for it. The file is sound."""

    def __init__(self, path: Path, tried_mib: int, error: duckdb.Error) -> None:
        super().__init__(
            f"{path} is sound, but {tried_mib} MiB are not enough to open it: {error}. Give it "
            "more by AUDITTRAIL_DB_MEMORY_MIB, on a machine that has it."
        )


@dataclass(frozen=True, slots=True)
class DuckDBOptions:
    """``memory_limit`` is what DuckDB may take for its buffers, in MiB. ``most_memory`` is what it
    gets instead while a file cannot be opened or checkpointed with less."""

    memory_limit_mib: int = 512
    threads: int = 1
    most_memory_mib: int = _MOST_MEMORY_MIB


def lacks_memory(error: BaseException) -> bool:
    """Whether DuckDB failed for want of memory, also where it says so of an earlier failure."""
    if isinstance(error, duckdb.OutOfMemoryException):
        return True
    return isinstance(error, duckdb.Error) and any(sign in str(error) for sign in _SIGNS_OF_NEED)


def _part_ids(cell: str) -> list[int]:
    """For SQL: the parts of a text that was cut; of a nested recipe, those that give the next."""
    return part_ids(decode(cell)) if is_recipe(cell) else []


def attach_clause(path: Path, name: str) -> str:
    """The ATTACH statement for a file of ours, with the row groups that it is tuned for. A file of
    an older format is brought to this one."""
    quoted = str(path).replace("'", "''")
    options = f"ROW_GROUP_SIZE {_ROW_GROUP_SIZE}, STORAGE_VERSION '{_STORAGE_VERSION}'"
    return f"ATTACH '{quoted}' AS {name} ({options})"


def roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    """End a transaction that failed; DuckDB may have ended it already."""
    with contextlib.suppress(duckdb.Error):
        cursor.rollback()


class Database:
    """An open file with its schema up to date.

    A DuckDB connection is not for two threads at once: everybody borrows a cursor.
    """

    def __init__(
        self, path: Path, options: DuckDBOptions | None = None, *, with_functions: bool = True
    ) -> None:
        """Queries of spans need our functions; making one imports numpy."""
        self.path = path
        self._with_functions = with_functions
        self.options = options or DuckDBOptions()
        self.queries: Queries = load_queries()
        self._changed = threading.Condition()
        self._idle: list[duckdb.DuckDBPyConnection] = []
        self._borrowed: set[duckdb.DuckDBPyConnection] = set()
        self._limit_mib = self.options.memory_limit_mib
        path.parent.mkdir(parents=True, exist_ok=True)
        self._had_log = self.wal_path.exists()
        root = self._open()
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
        """Open the file with the memory that it needs, starting with what it had."""
        while True:
            try:
                return self._open_once()
            except duckdb.Error as error:
                if not lacks_memory(error):
                    raise DatabaseUnreadable(self.path, error) from error
                if not self._raise_limit():
                    raise DatabaseTooLarge(self.path, self._limit_mib, error) from error

    def _raise_limit(self) -> bool:
        """Let DuckDB have twice the memory from now on; False if it has the most already.

        Long texts in a file of an earlier release have to fit by the 2,048 rows (a vector).
        """
        raised = min(2 * self._limit_mib, max(self.options.most_memory_mib, self._limit_mib))
        if raised == self._limit_mib:
            return False
        self._limit_mib = raised
        import structlog  # commands that never get here do without

        structlog.get_logger(__name__).warning("database gets more memory", mib=raised)
        return True

    def give_more_memory(self) -> None:
        """Raise the limit while the file is open, if it is not the most already."""
        if self._raise_limit():
            with self.cursor() as cursor:
                cursor.execute(f"SET memory_limit = '{self._limit_mib}MiB'")

    def _open_once(self) -> duckdb.DuckDBPyConnection:
        root = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{self._limit_mib}MiB",
                "threads": self.options.threads,
                "temp_directory": str(self.path.parent / "tmp"),
                "autoinstall_known_extensions": False,
                "checkpoint_threshold": _CHECKPOINT_THRESHOLD,
            },
        )
        try:
            root.execute(attach_clause(self.path, _CATALOG))
            root.execute(f"USE {_CATALOG}")
            if self._with_functions:
                root.create_function("part_ids", _part_ids, ["VARCHAR"], "BIGINT[]")
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
        except BaseException as error:
            self.discard(cursor)
            if isinstance(error, _PASSING):
                raise Unavailable(f"The database cannot answer now: {error}") from error
            raise
        self.give_back(cursor)

    def borrow(self) -> duckdb.DuckDBPyConnection:
        """A cursor until ``give_back``."""
        with self._changed:
            if self._root is None:
                raise Unavailable("The database is closed; try again in a moment.")
            cursor = self._idle.pop() if self._idle else self._root.cursor()
            self._borrowed.add(cursor)
        try:
            cursor.execute(f"USE {_CATALOG}")
        except duckdb.Error as error:
            self.discard(cursor)
            raise Unavailable(f"The database cannot answer now: {error}") from error
        return cursor

    def discard(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """End a cursor after a fault, with the transaction that it may have left open."""
        with self._changed:
            self._borrowed.discard(cursor)
            with contextlib.suppress(duckdb.Error):
                cursor.close()
            self._changed.notify_all()

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
            self._raise_limit()
        root = self._open()
        with self._changed:
            self._root = root

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
                root.execute(f"CHECKPOINT {_CATALOG}")
            root.close()

    def checkpoint(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Write what the write-ahead log has into the file itself. Readers go on meanwhile,
        writers wait. Raises whatever DuckDB raises; the file has to be opened anew then."""
        cursor.execute(f"CHECKPOINT {_CATALOG}")

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
