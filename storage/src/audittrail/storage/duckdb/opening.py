"""Opening the DuckDB file: with which options and how much memory, and what to say if it fails."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from audittrail.errors import SettingsError
from audittrail.storage.contents.recipe import decode, is_recipe, part_ids
from audittrail.storage.duckdb.faults import lacks_memory

__all__ = [
    "CATALOG",
    "DatabaseInUse",
    "DatabaseTooLarge",
    "DatabaseUnreadable",
    "DuckDBOptions",
    "Opening",
    "attach_clause",
]

# The numbers behind these are in docs/adr/002-row-groups-and-checkpoints.md. The writer makes
# checkpoints; DuckDB's own are for what it did not see.
_ROW_GROUP_SIZE: Final = 32_768
_STORAGE_VERSION: Final = "v1.5.0"
_CHECKPOINT_THRESHOLD: Final = "256MB"

CATALOG: Final = "audittrail"
# What a file may be given that cannot be opened or checkpointed with less: half of the machine.
_MOST_MEMORY_MIB: Final = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**21
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


def _part_ids(cell: str) -> list[int]:
    """For SQL: the parts of a text that was cut; of a nested recipe, those that give the next."""
    return part_ids(decode(cell)) if is_recipe(cell) else []


def attach_clause(path: Path, name: str) -> str:
    """The ATTACH statement for a file of ours, with the row groups that it is tuned for. A file of
    an older format is brought to this one."""
    quoted = str(path).replace("'", "''")
    options = f"ROW_GROUP_SIZE {_ROW_GROUP_SIZE}, STORAGE_VERSION '{_STORAGE_VERSION}'"
    return f"ATTACH '{quoted}' AS {name} ({options})"


class Opening:
    """A file, and the memory that DuckDB has for it: it never shrinks while the process runs."""

    def __init__(self, path: Path, options: DuckDBOptions, *, with_functions: bool) -> None:
        self._path = path
        self._options = options
        self._with_functions = with_functions
        self.limit_mib = options.memory_limit_mib

    def open(self) -> duckdb.DuckDBPyConnection:
        """Open the file with the memory that it needs, starting with what it had."""
        while True:
            try:
                return self._open_once()
            except duckdb.Error as error:
                if not lacks_memory(error):
                    raise DatabaseUnreadable(self._path, error) from error
                if not self.raise_limit():
                    raise DatabaseTooLarge(self._path, self.limit_mib, error) from error

    def raise_limit(self) -> bool:
        """Let DuckDB have twice the memory from now on; False if it has the most already.

        Long texts in a file of an earlier release have to fit by the 2,048 rows (a vector).
        """
        raised = min(2 * self.limit_mib, max(self._options.most_memory_mib, self.limit_mib))
        if raised == self.limit_mib:
            return False
        self.limit_mib = raised
        import structlog  # commands that never get here do without

        structlog.get_logger(__name__).warning("database gets more memory", mib=raised)
        return True

    def _open_once(self) -> duckdb.DuckDBPyConnection:
        root = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{self.limit_mib}MiB",
                "threads": self._options.threads,
                "temp_directory": str(self._path.parent / "tmp"),
                "autoinstall_known_extensions": False,
                "checkpoint_threshold": _CHECKPOINT_THRESHOLD,
            },
        )
        try:
            root.execute(attach_clause(self._path, CATALOG))
            root.execute(f"USE {CATALOG}")
            if self._with_functions:
                root.create_function("part_ids", _part_ids, ["VARCHAR"], "BIGINT[]")
        except duckdb.IOException as error:
            root.close()
            if "could not set lock" in str(error).lower():
                raise DatabaseInUse(
                    f"{self._path} is open in another process. DuckDB lets one process open a "
                    "file: stop the other one, or give this one a file of its own with "
                    "DATABASE_URL or AUDITTRAIL_DATA_DIR."
                ) from error
            raise
        except BaseException:
            root.close()
            raise
        return root
