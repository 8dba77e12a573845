"""Files of every age open, and newer ones are refused with the remedy."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from audittrail.errors import SettingsError
from audittrail.storage.duckdb.migrations import (
    Migration,
    apply_migrations,
    known_migrations,
    schema_version,
)
from audittrail.storage.duckdb.store import DuckDBStore
from tests.storage.contract import trace_of
from tests.storage.contract.ablating import call, run
from tests.support.facts import batch, fact

FIRST_SCHEMA = Path(__file__).parent / "first_schema.sql"


def test_migrations_are_numbered_without_gaps() -> None:
    """They count from 1, and the first one is the schema of the first release, unchanged."""
    found = known_migrations()
    assert [each.version for each in found] == list(range(1, len(found) + 1))
    assert found[0].sql == FIRST_SCHEMA.read_text("utf-8")


def test_a_blank_file_gets_every_migration_once() -> None:
    """Each migration is recorded; applying them again does nothing."""
    with duckdb.connect() as connection:
        version = apply_migrations(connection)
        assert version == known_migrations()[-1].version
        assert apply_migrations(connection) == version
        rows = connection.execute("SELECT version FROM schema_migrations").fetchall()
        assert rows == [(each.version,) for each in known_migrations()]


def test_a_file_of_the_first_release_opens_with_its_data(tmp_path: Path) -> None:
    """What the first release wrote is brought up to date and read, and takes what came later."""
    path = tmp_path / "old.duckdb"
    store = DuckDBStore(path)
    store.writer.append(batch("ada", fact("t", "s", tokens_in=5))).result(30)
    store.close()
    with duckdb.connect(str(path)) as file:
        file.execute("DELETE FROM schema_migrations WHERE version > 1")
        first = set(re.findall(r"CREATE TABLE (\w+)", FIRST_SCHEMA.read_text("utf-8")))
        for (name,) in file.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            if name not in {*first, "schema_migrations"}:
                file.execute(f"DROP TABLE {name}")
    store = DuckDBStore(path)
    trace = trace_of(store, "ada")
    assert trace is not None
    assert trace["tokens_in"] == 5
    assert store.ablations.put_run(run())
    store.ablations.add_calls([call()])
    assert store.ablations.list_calls("ada", "abl_1") == [call()]
    assert store.writer.delete_trace("ada", "t").result(30)
    assert store.ablations.unfinished() == []
    assert store.maintenance.check().problems == []
    store.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was() -> None:
    """A migration and its record are one transaction."""
    broken = [
        *known_migrations(),
        Migration(900, "broken", "CREATE TABLE made (x INTEGER); SELECT * FROM nowhere;"),
    ]
    with duckdb.connect() as connection:
        with pytest.raises(duckdb.CatalogException):
            apply_migrations(connection, broken)
        assert schema_version(connection) == known_migrations()[-1].version
        tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        assert ("made",) not in tables


def test_a_newer_file_is_refused_with_the_remedy(tmp_path: Path) -> None:
    """A file of a newer release is not touched, and the message says what to do."""
    path = tmp_path / "new.duckdb"
    DuckDBStore(path).close()
    with duckdb.connect(str(path)) as file:
        file.execute("INSERT INTO schema_migrations VALUES (999, 'future', now()::TIMESTAMP)")
    before = path.read_bytes()
    with pytest.raises(SettingsError, match=r"version 999.*newer AuditTrail.*Install"):
        DuckDBStore(path)
    assert path.read_bytes() == before
