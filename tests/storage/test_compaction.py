"""A file that is written anew has every row of the one before, and less space."""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from audittrail.errors import SettingsError, Unavailable
from audittrail.storage.duckdb import compaction
from audittrail.storage.duckdb.store import DuckDBStore
from tests.storage.contract import spans_of
from tests.support.facts import batch, fact

_RANDOM = random.Random(3)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBStore]:
    with contextlib.closing(DuckDBStore(tmp_path / "a.duckdb")) as opened:
        yield opened


def _send(store: DuckDBStore, trace_id: str, spans: int = 40) -> list[str]:
    """Texts of which half are long, and new."""
    inputs = [_RANDOM.randbytes(500 + place % 2 * 20_000).hex() for place in range(spans)]
    facts = [fact(trace_id, f"s{place:03}") for place in range(spans)]
    store.writer.append(batch("ada", *facts, columns={"input": inputs})).result(30)
    return inputs


def _inputs(store: DuckDBStore, trace_id: str) -> list[str]:
    spans = sorted(spans_of(store, "ada", trace_id), key=lambda span: span["span_id"])
    return [span["input"] for span in spans]


def _compact(store: DuckDBStore) -> int:
    """Bytes given back."""
    *steps, last = store.maintenance.compact()
    assert all(done <= total for done, total, _ in steps)
    return last[2]


def test_space_of_deleted_traces_is_given_back(store: DuckDBStore, tmp_path: Path) -> None:
    """Parts of texts that no trace uses any more are gone with them; what is left is the same,
    byte for byte, also after a restart, and new spans are stored."""
    sent = {f"t{number}": _send(store, f"t{number}") for number in range(12)}
    with store._database.cursor() as cursor:
        store._database.checkpoint(cursor)
    size = (tmp_path / "a.duckdb").stat().st_size
    gone = [f"t{number}" for number in range(10)]
    store.writer.delete_traces("ada", gone).result(30)
    freed = _compact(store)
    assert freed > size / 2
    assert (tmp_path / "a.duckdb").stat().st_size < size / 2
    assert store.maintenance.check().problems == []
    for trace_id, inputs in sent.items():
        assert _inputs(store, trace_id) == ([] if trace_id in gone else inputs)
    sent["new"] = _send(store, "new")
    store.close()
    assert [file.name for file in tmp_path.iterdir()] == ["a.duckdb"]
    with contextlib.closing(DuckDBStore(tmp_path / "a.duckdb")) as again:
        for trace_id in ("t10", "t11", "new"):
            assert _inputs(again, trace_id) == sent[trace_id]
        assert again.maintenance.check().problems == []


def test_the_copy_is_compressed_like_a_new_file(store: DuckDBStore) -> None:
    """Long texts by zstd, which a copy of the table by DuckDB forgets."""
    for number in range(3):
        _send(store, f"t{number}", 200)
    _compact(store)
    with store._database.cursor() as cursor:
        found = cursor.execute(
            "SELECT DISTINCT compression FROM pragma_storage_info('spans') "
            "WHERE column_name = 'input' AND segment_type = 'VARCHAR'"
        ).fetchall()
    assert found == [("ZSTD",)]


def test_readers_and_writers_meanwhile(store: DuckDBStore) -> None:
    """What is appended while the file is written anew is stored, readers see whole states or are
    told to come again, and nothing is lost."""
    sent = {"t": _send(store, "t", 200)}
    problems: list[object] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                if _inputs(store, "t") != sent["t"]:
                    problems.append("other texts")
            except Unavailable:
                continue
            except BaseException as error:
                problems.append(error)

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            sent[f"w{number}"] = _send(store, f"w{number}", 4)

    threads = [threading.Thread(target=work) for work in (read, read, write)]
    for thread in threads:
        thread.start()
    for _ in range(4):
        _compact(store)
    stop.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(sent) > 1
    for trace_id, inputs in sent.items():
        assert _inputs(store, trace_id) == inputs
    assert store.maintenance.check().problems == []


def test_a_disk_without_room(store: DuckDBStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said how much room is needed, and everything goes on as before."""
    inputs = _send(store, "t")

    class Full(NamedTuple):
        free: int = 10_000

    monkeypatch.setattr(compaction.shutil, "disk_usage", lambda _: Full())
    with pytest.raises(SettingsError, match="MiB free, and the copy may need"):
        _compact(store)
    assert _inputs(store, "t") == inputs
    _send(store, "u")


def test_a_copy_that_differs_takes_no_place(
    store: DuckDBStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file stays, its copy does not, and everything goes on as before."""
    inputs = _send(store, "t")
    real = compaction._copy_table

    def losing(cursor: duckdb.DuckDBPyConnection, name: str) -> Any:
        yield from real(cursor, name)
        if name == "spans":
            cursor.execute("DELETE FROM compacted.spans WHERE span_id = 's003'")

    monkeypatch.setattr(compaction, "_copy_table", losing)
    with pytest.raises(Unavailable, match="copy of spans is not the same"):
        _compact(store)
    assert _inputs(store, "t") == inputs
    assert not list(tmp_path.glob("*compacting*"))
    _send(store, "u")


_KILLED = """
import os, signal, sys
from pathlib import Path
from audittrail.storage.duckdb import compaction, database
from audittrail.storage.duckdb.store import DuckDBStore

place, file = sys.argv[1:]
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
store = DuckDBStore(Path(file))
if place == "in the copy":
    real = compaction._copy_table
    compaction._copy_table = lambda cursor, name: die() if name == "spans" else real(cursor, name)
elif place == "before the rename":
    database.Path.replace = die
else:
    real = Path.replace
    def renamed(*given):
        real(*given)
        die()
    database.Path.replace = renamed
list(store.maintenance.compact())
"""


@pytest.mark.parametrize("place", ["in the copy", "before the rename", "after the rename"])
def test_a_kill_leaves_one_file_whole(store: DuckDBStore, tmp_path: Path, place: str) -> None:
    """Wherever it comes, the next start has everything, and nothing else is left."""
    sent = {name: _send(store, name, 20) for name in ("t", "u")}
    store.close()
    file = tmp_path / "a.duckdb"
    done = subprocess.run([sys.executable, "-c", _KILLED, place, str(file)], check=False)
    assert done.returncode == -signal.SIGKILL
    with contextlib.closing(DuckDBStore(file)) as again:
        for trace_id, inputs in sent.items():
            assert _inputs(again, trace_id) == inputs
        assert again.maintenance.check().problems == []
    assert list(tmp_path.iterdir()) == [file]
