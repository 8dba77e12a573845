"""The DuckDB store keeps the contract, and a few promises of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from audittrail.storage import Store, path_of
from audittrail.storage.duckdb import rollups
from audittrail.storage.duckdb.database import DatabaseInUse, DuckDBOptions
from audittrail.storage.duckdb.store import DuckDBStore
from tests.storage.contract import StoreContract, spans_of, trace_of
from tests.support.facts import batch, fact, log_version


class TestDuckDBStore(StoreContract):
    def open_store(self, folder: Path, **limits: Any) -> Store:
        return DuckDBStore(folder / "test.duckdb", DuckDBOptions(memory_limit_mib=128), **limits)

    def open_copy(self, path: Path) -> Store:
        return DuckDBStore(path)

    def test_a_second_process_is_told_who_has_the_file(self, tmp_path: Path) -> None:
        """Opening a file that another process holds says so and what to do."""
        import subprocess
        import sys

        store = self.open_store(tmp_path)
        code = (
            "from pathlib import Path\n"
            "from audittrail.storage.duckdb.database import DatabaseInUse\n"
            "from audittrail.storage.duckdb.store import DuckDBStore\n"
            f"try: DuckDBStore(Path({str(tmp_path / 'test.duckdb')!r}))\n"
            "except DatabaseInUse as error: print(error)"
        )
        told = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        store.close()
        assert "open in another process" in told.stdout
        assert "AUDITTRAIL_DATA_DIR" in told.stdout
        assert issubclass(DatabaseInUse, Exception)

    def test_traces_that_left_memory_come_back(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With room for hardly any roll-up, late spans, versions and repeats still count right."""
        monkeypatch.setattr(rollups, "_MAX_SPANS", 5)
        store = self.open_store(tmp_path)
        for turn in range(3):
            for n in range(10):
                spans = [
                    fact(f"t{n}", f"s{turn}", tokens_in=turn + 1, name=f"turn {turn}"),
                    fact(f"t{n}", "same", tokens_in=1),
                    log_version(f"t{n}", "same", session_id=f"turn {turn}"),
                ]
                store.writer.append(batch("ada", *spans)).result(30)
        for n in range(10):
            trace = trace_of(store, "ada", f"t{n}")
            assert trace is not None
            assert (trace["span_count"], trace["tokens_in"]) == (4, 7)
        assert store.maintenance.check().problems == []
        store.close()

    def test_summaries_are_folded_without_a_trace_of_it(self, tmp_path: Path) -> None:
        """Moving summaries from the update table to the base table changes no answer."""
        store = self.open_store(tmp_path)
        store.writer.append(batch("ada", fact("t", "s", tokens_in=1))).result(30)
        store.close()  # folds
        store = self.open_store(tmp_path)
        before = trace_of(store, "ada")
        store.writer.append(batch("ada", fact("t", "u", tokens_in=2))).result(30)
        after = trace_of(store, "ada")
        assert before is not None
        assert after is not None
        assert (before["tokens_in"], after["tokens_in"]) == (1, 3)
        store.close()
        with duckdb.connect(str(tmp_path / "test.duckdb"), read_only=True) as file:
            assert file.execute("SELECT count(*) FROM trace_updates").fetchall() == [(0,)]
            assert file.execute("SELECT count(*) FROM traces").fetchall() == [(1,)]

    def test_nothing_is_left_beside_the_file(self, tmp_path: Path) -> None:
        """A closed store is one file: no write-ahead log has to go with it."""
        store = self.open_store(tmp_path)
        store.writer.append(batch("ada", fact("t", "s"))).result(30)
        store.close()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["test.duckdb"]

    def test_check_finds_what_was_tampered_with(self, tmp_path: Path) -> None:
        """A summary that its spans do not bear out, and spans without one, are reported."""
        store = self.open_store(tmp_path)
        store.writer.append(batch("ada", fact("t", "s", tokens_in=7), fact("u", "s"))).result(30)
        store.close()
        with duckdb.connect(str(tmp_path / "test.duckdb")) as file:
            file.execute("UPDATE traces SET tokens_in = 6 WHERE trace_id = 't'")
            file.execute("DELETE FROM traces WHERE trace_id = 'u'")
        store = self.open_store(tmp_path)
        problems = store.maintenance.check().problems
        store.close()
        assert len(problems) == 2
        assert "tokens_in (6, should be 7)" in str(problems)
        assert "Trace u has spans but no summary" in str(problems)

    def test_a_poisoned_row_costs_itself_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """If the database refuses one of 1,000 rows, 999 are stored and one is named."""
        from audittrail.storage.duckdb import committing as writing

        real = writing.commit_group

        def refusing(group: Any, *rest: Any) -> None:
            names = group.spans.column("name").to_pylist() if group.spans else []
            if "poison" in names:
                raise duckdb.ConversionException("this row cannot be")
            real(group, *rest)

        monkeypatch.setattr(writing, "commit_group", refusing)
        store = self.open_store(tmp_path)
        spans = [fact("t", f"s{n}", tokens_in=1) for n in range(1000)]
        spans[617] = fact("t", "s617", name="poison", tokens_in=1)
        first = store.writer.append(batch("ada", *spans))
        second = store.writer.append(batch("ada", fact("u", "s")))
        receipt = first.result(60)
        assert (receipt.stored, [each.place for each in receipt.rejected]) == (999, [617])
        assert "this row cannot be" in receipt.rejected[0].reason
        assert second.result(60).stored == 1
        trace = trace_of(store, "ada")
        assert trace is not None
        assert (trace["span_count"], trace["tokens_in"]) == (999, 999)
        monkeypatch.setattr(writing, "commit_group", real)
        assert store.maintenance.check().problems == []
        store.close()

    def test_after_a_failed_commit_everything_still_adds_up(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A batch whose commit failed counts nowhere until it is sent again, and the batches that
        were prepared on top of it are stored right."""
        from audittrail.errors import Unavailable
        from audittrail.storage.duckdb import committing as writing

        real = writing.commit_group
        failures = iter([True, False, True, False, False, False])

        def failing(group: Any, *rest: Any) -> None:
            if group.spans is not None and next(failures, False):
                raise duckdb.IOException("the disk is full")
            real(group, *rest)

        store = self.open_store(tmp_path)
        store.writer.append(batch("ada", fact("t", "root"))).result(30)
        monkeypatch.setattr(writing, "commit_group", failing)
        failed = []
        for n in range(5):
            future = store.writer.append(batch("ada", fact("t", f"s{n}", "root", tokens_in=1)))
            try:
                future.result(30)
            except Unavailable as error:
                failed.append(str(error))
        assert len(failed) == 2
        assert all("the disk is full" in message for message in failed)
        trace = trace_of(store, "ada")
        assert trace is not None
        assert (trace["span_count"], trace["tokens_in"]) == (4, 3)
        for n in range(5):
            again = store.writer.append(batch("ada", fact("t", f"s{n}", "root", tokens_in=1)))
            again.result(30)
        assert len(spans_of(store, "ada")) == 6
        assert store.maintenance.check().problems == []
        store.close()


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("duckdb:///./data/a.duckdb", "data/a.duckdb"),
        ("duckdb:////var/lib/a.duckdb", "/var/lib/a.duckdb"),
    ],
)
def test_database_urls(url: str, path: str) -> None:
    """Three slashes and a relative path, or four and an absolute one."""
    assert path_of(url) == Path(path)


@pytest.mark.parametrize("url", ["sqlite:///x", "duckdb://x", "duckdb:///", ""])
def test_other_urls_are_refused(url: str) -> None:
    """What is no DuckDB URL is refused with one that is."""
    with pytest.raises(Exception, match="duckdb:///"):
        path_of(url)
