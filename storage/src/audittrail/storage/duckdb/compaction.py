"""A file written anew without the space of what was deleted.

DuckDB uses that space again, and gives none of it back. The copy has the compression and the row
groups of a new file. It is made while readers go on and writers wait; then it takes the place of
the file in one rename, so that whatever happens one of the two is whole.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

import duckdb

from audittrail.errors import SettingsError, Unavailable
from audittrail.storage.duckdb.database import Database, roll_back
from audittrail.storage.duckdb.opening import CATALOG, attach_clause
from audittrail.storage.duckdb.recovery import Recovery

__all__ = ["compact", "remove_leftovers", "write_copy"]

# Is told (rows done, rows in all) now and then.
Say: TypeAlias = Callable[[int, int], None]

_SUFFIX: Final = ".compacting"
_COPY: Final = "compacted"
# Rows that are copied at once; fewer where they are too long for the memory.
_MOST_ROWS: Final = 32_768
_FEWEST_ROWS: Final = 64
_SPARE: Final = 1.1
_OF_THE_COPY: Final = ("schema_migrations",)


def remove_leftovers(file: Path) -> None:
    """Of a compaction that was interrupted: the file itself is as it was."""
    for name in (_target(file), _log(_target(file))):
        name.unlink(missing_ok=True)


def compact(database: Database, recovery: Recovery, say: Say) -> tuple[int, int]:
    """(bytes before, bytes after). For the writer's thread, while no commit is under way.

    Raises SettingsError if the disk has no room, Unavailable if readers do not let go of the file
    or the copy is not what it should be; the file is as it was then.
    """
    file, target = database.path, _target(database.path)
    remove_leftovers(file)
    try:
        with database.cursor() as cursor:
            database.checkpoint(cursor)
            before = file.stat().st_size
            _require_room(cursor, file)
            write_copy(cursor, target, say)
        recovery.replace(target)
    finally:
        remove_leftovers(file)
    return before, file.stat().st_size


def write_copy(
    cursor: duckdb.DuckDBPyConnection,
    target: Path,
    say: Say = lambda *_: None,
    *,
    at_once: bool = False,
) -> None:
    """Write everything to a file that does not exist yet, in the format of a new one, and compare.

    ``at_once`` copies it as of one moment, whoever writes meanwhile, and may need more memory.
    Raises Unavailable if the copy is not the same.
    """
    Database(target, with_functions=False).close()
    cursor.execute(attach_clause(target, _COPY))
    try:
        if at_once:
            cursor.begin()
        _copy(cursor, say)
        if at_once:
            cursor.commit()
        cursor.execute(f"CHECKPOINT {_COPY}")
    except BaseException:
        roll_back(cursor)
        raise
    finally:
        cursor.execute(f"DETACH {_COPY}")


def _target(file: Path) -> Path:
    return file.with_name(file.name + _SUFFIX)


def _log(file: Path) -> Path:
    return file.with_name(file.name + ".wal")


def _require_room(cursor: duckdb.DuckDBPyConnection, file: Path) -> None:
    sizes = cursor.execute(
        "SELECT block_size * used_blocks FROM pragma_database_size() WHERE database_name = ?",
        [CATALOG],
    ).fetchall()
    needed = int(sizes[0][0] * _SPARE)
    free = shutil.disk_usage(file.parent).free
    if free < needed:
        raise SettingsError(
            f"{file.parent} has {free / 2**20:,.0f} MiB free, and the copy may need "
            f"{needed / 2**20:,.0f} MiB. Make room, or delete traces first; nothing was changed."
        )


def _copy(cursor: duckdb.DuckDBPyConnection, say: Say) -> None:
    tables = cursor.execute(
        "SELECT table_name, estimated_size FROM duckdb_tables() WHERE database_name = ? "
        "AND NOT internal ORDER BY estimated_size",
        [CATALOG],
    ).fetchall()
    tables = [(name, size) for name, size in tables if name not in _OF_THE_COPY]
    total = sum(size for _, size in tables)
    done = 0
    for name, size in tables:
        for part in _copy_table(cursor, name):
            say(done + min(part, size), total)
        done += size
        if _sums(cursor, CATALOG, name) != _sums(cursor, _COPY, name):
            raise Unavailable(f"The copy of {name} is not the same; nothing was changed.")
    say(total, total)


def _copy_table(cursor: duckdb.DuckDBPyConnection, name: str) -> Iterator[int]:
    """Yields how many rows were looked at."""
    old, new = f"{CATALOG}.{name}", f"{_COPY}.{name}"
    cursor.execute(f"DELETE FROM {new}")  # noqa: S608 - names of our tables, here and below
    rows = cursor.execute(f"SELECT coalesce(max(rowid) + 1, 0) FROM {old}").fetchall()  # noqa: S608
    start, last, most = 0, rows[0][0], _MOST_ROWS
    while start < last:
        until = min(start + most, last)
        try:
            cursor.execute(
                f"INSERT INTO {new} BY NAME SELECT * FROM {old} "  # noqa: S608
                f"WHERE rowid >= {start} AND rowid < {until}"
            )
        except duckdb.OutOfMemoryException:
            if most <= _FEWEST_ROWS:
                raise
            most //= 4
            continue
        start = until
        yield start


def _sums(cursor: duckdb.DuckDBPyConnection, catalog: str, name: str) -> dict[str, Any]:
    """How many rows there are, and a sum of each column's values, by name."""
    found = cursor.execute(
        f"SELECT count(*), bit_xor(hash(COLUMNS(*))) FROM {catalog}.{name}"  # noqa: S608
    )
    names = [column[0] for column in found.description or ()]
    (values,) = found.fetchall()
    return dict(zip(names, values, strict=True))
