"""Numbered changes of the schema: ``migrations/mNNN_<what>.sql``, applied in order, each with its
record in one transaction."""

from __future__ import annotations

import re
from importlib import resources
from typing import NamedTuple

import duckdb

from audittrail.errors import SettingsError
from audittrail.storage.duckdb.compression import compress_by_zstd
from audittrail.storage.duckdb.converted import note_converted

__all__ = ["Migration", "apply_migrations", "known_migrations", "schema_version"]

_FILE = re.compile(r"m(\d{3})_(\w+)\.sql")

_RECORDS = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version INTEGER NOT NULL, name VARCHAR NOT NULL, applied_at TIMESTAMP NOT NULL)
"""


class Migration(NamedTuple):
    version: int
    name: str
    sql: str


def known_migrations() -> list[Migration]:
    """All migrations of this release, oldest first."""
    folder = resources.files("audittrail.storage.duckdb") / "migrations"
    found = []
    for entry in folder.iterdir():
        match = _FILE.fullmatch(entry.name)
        if match:
            found.append(Migration(int(match[1]), match[2], entry.read_text("utf-8")))
    return sorted(found)


def schema_version(connection: duckdb.DuckDBPyConnection) -> int:
    """The newest migration that the file has; 0 for a blank one."""
    connection.execute(_RECORDS)
    row = connection.execute("SELECT coalesce(max(version), 0) FROM schema_migrations").fetchone()
    return int(row[0]) if row else 0


def apply_migrations(
    connection: duckdb.DuckDBPyConnection, migrations: list[Migration] | None = None
) -> int:
    """Bring the file up to date and return its version.

    Raises SettingsError if a newer AuditTrail wrote it; nothing is changed then.
    """
    wanted = known_migrations() if migrations is None else migrations
    newest = wanted[-1].version if wanted else 0
    current = schema_version(connection)
    blank = current == 0
    if current > newest:
        raise SettingsError(
            f"The database has schema version {current}, written by a newer AuditTrail; this one "
            f"knows versions up to {newest}. Install a release as new as the one that wrote it, "
            "or restore a backup that was made before the upgrade (audittrail db restore)."
        )
    for migration in wanted:
        if migration.version <= current:
            continue
        connection.begin()
        try:
            connection.execute(migration.sql)
            connection.execute(
                "INSERT INTO schema_migrations VALUES (?, ?, now()::TIMESTAMP)",
                [migration.version, migration.name],
            )
            connection.commit()
        except Exception:
            connection.rollback()
            raise
    if blank and migrations is None:
        compress_by_zstd(connection)
        note_converted(connection, None)
    return newest
