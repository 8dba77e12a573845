"""Long texts and little memory: the store takes what it needs, and goes on."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import duckdb
import pytest

from audittrail.errors import Unavailable
from audittrail.storage.duckdb import contents
from audittrail.storage.duckdb.database import DatabaseTooLarge, DatabaseUnreadable, DuckDBOptions
from audittrail.storage.duckdb.store import DuckDBStore
from tests.storage.contract import spans_of
from tests.support.facts import batch, fact

_LITTLE = DuckDBOptions(memory_limit_mib=64, most_memory_mib=1024)
_TEXT = 48_000
_SPANS = 50
_TRACES = 45
_POOL = "".join(random.Random(7).choices("abcdefghijklmnopqrstuvwxyz    ", k=2 * _TEXT))


def _text(number: int) -> str:
    place = number * 37 % _TEXT
    return _POOL[place : place + _TEXT]


def _send(store: DuckDBStore, trace: int) -> None:
    """Send a trace of long texts until it is acknowledged."""
    spans = [fact(f"t{trace}", f"s{trace}-{number}") for number in range(_SPANS)]
    texts = [_text(trace * _SPANS + number) for number in range(_SPANS)]
    until = time.monotonic() + 60
    while True:
        try:
            store.writer.append(batch("ada", *spans, columns={"input": texts})).result(60)
            return
        except Unavailable:
            assert time.monotonic() < until
            time.sleep(0.2)


def test_long_texts_that_memory_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts that are stored whole, as by earlier releases, of which a vector of 2,048 rows is
    larger than the memory limit: they are stored all the same, while somebody reads all the time,
    and read exactly after a restart with the limit that is usual."""
    monkeypatch.setattr(contents, "_long", lambda column: False)
    store = DuckDBStore(tmp_path / "test.duckdb", _LITTLE)
    done = threading.Event()

    def read_on() -> None:
        while not done.is_set():
            try:
                spans_of(store, "ada", "t0")
            except Unavailable:
                time.sleep(0.05)

    reader = threading.Thread(target=read_on)
    reader.start()
    try:
        for trace in range(_TRACES):
            _send(store, trace)
    finally:
        done.set()
        reader.join()
    store.close()
    store = DuckDBStore(tmp_path / "test.duckdb")
    for trace in range(_TRACES):
        texts = {span["span_id"]: span["input"] for span in spans_of(store, "ada", f"t{trace}")}
        assert texts == {f"s{trace}-{n}": _text(trace * _SPANS + n) for n in range(_SPANS)}
    store.close()


def test_the_message_says_what_it_is(tmp_path: Path) -> None:
    """A file that is damaged is to be replaced by a backup. One that is sound, but larger than
    memory, or that may not be read, is not."""
    damaged = tmp_path / "damaged.duckdb"
    damaged.write_bytes(b"not a database at all" * 1000)
    with pytest.raises(DatabaseUnreadable, match="Bring back a backup"):
        DuckDBStore(damaged)
    folder = tmp_path / "folder.duckdb"
    folder.mkdir()
    with pytest.raises(DatabaseUnreadable) as refused:
        DuckDBStore(folder)
    assert "backup" not in str(refused.value)
    large = DatabaseTooLarge(tmp_path, 64, duckdb.OutOfMemoryException("failed to pin block"))
    assert "AUDITTRAIL_DB_MEMORY_MIB" in str(large)
    assert "backup" not in str(large)
