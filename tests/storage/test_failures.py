"""When disk or database fail, what was acknowledged stays and the rest can be sent again."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from audittrail.errors import Unavailable
from audittrail.storage.duckdb import committing as writing
from audittrail.storage.duckdb import upkeep
from audittrail.storage.duckdb.store import DuckDBStore
from tests.storage.contract import spans_of, trace_of
from tests.support.facts import batch, fact


def test_commits_that_fail_at_random_lose_and_double_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four senders repeat what failed until it is acknowledged, on traces that they share: at the
    end every span is there once and every summary is right."""
    real = writing.commit_group
    chance = random.Random(7)
    failed = []

    def failing(group: Any, *rest: Any) -> None:
        if group.spans is not None and chance.random() < 0.3:
            failed.append(group)
            raise duckdb.IOException("no space left on device")
        real(group, *rest)
        if group.spans is not None and chance.random() < 0.1:
            # The commit was made, but its sender never hears of it.
            failed.append(group)
            raise duckdb.TransactionException("after the commit")

    store = DuckDBStore(tmp_path / "test.duckdb")
    monkeypatch.setattr(writing, "commit_group", failing)

    def send(number: int) -> None:
        for n in range(15):
            spans = [fact(f"t{n % 2}", f"{number}-{n}-{m}", tokens_in=1) for m in range(5)]
            while True:
                try:
                    store.writer.append(batch("ada", *spans)).result(60)
                    break
                except Unavailable:
                    continue

    threads = [threading.Thread(target=send, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    monkeypatch.setattr(writing, "commit_group", real)
    assert failed
    assert sum(len(spans_of(store, "ada", f"t{n}")) for n in range(2)) == 300
    traces = [trace_of(store, "ada", f"t{n}") for n in range(2)]
    assert sum(trace["tokens_in"] for trace in traces if trace) == 300
    assert store.maintenance.check().problems == []
    store.close()


def test_what_was_prepared_on_a_failed_commit_is_prepared_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a commit is under way, its span comes a second time. The commit fails: the second one
    was no repetition of anything stored, and is stored."""
    real = writing.commit_group
    entered, sent_again = threading.Event(), threading.Event()
    first = iter([True])

    def failing(group: Any, *rest: Any) -> None:
        if group.spans is not None and next(first, False):
            entered.set()
            sent_again.wait(30)
            raise duckdb.IOException("no space left on device")
        real(group, *rest)

    store = DuckDBStore(tmp_path / "test.duckdb")
    prepared = threading.Event()
    prepare = writing.prepare_group

    def watched(batches: Any, *rest: Any) -> Any:
        group = prepare(batches, *rest)
        if entered.is_set():
            prepared.set()
        return group

    monkeypatch.setattr(writing, "commit_group", failing)
    monkeypatch.setattr(writing, "prepare_group", watched)
    lost = store.writer.append(batch("ada", fact("t", "span", tokens_in=1)))
    assert entered.wait(30)
    again = store.writer.append(batch("ada", fact("t", "span", tokens_in=1)))
    assert prepared.wait(30)
    sent_again.set()
    with pytest.raises(Unavailable):
        lost.result(30)
    assert again.result(30).stored == 1
    assert [span["span_id"] for span in spans_of(store, "ada")] == ["span"]
    assert store.maintenance.check().problems == []
    store.close()


def test_a_checkpoint_waits_for_others_who_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody else has written and not committed, groups are stored and acknowledged, no
    fault is seen, and the write-ahead log is written to the file afterwards."""
    monkeypatch.setattr(upkeep, "_CHECKPOINT_BYTES", 1)
    with closing(DuckDBStore(tmp_path / "a.duckdb")) as store:
        database = store._database
        with database.cursor() as other:
            other.begin()
            other.execute("INSERT INTO settings VALUES ('ada', 'somebody', 'writes')")
            for number in range(5):
                store.writer.append(batch("ada", fact("t", f"s{number}"))).result(30)
            assert store.maintenance.status().last_error is None
            assert database.wal_bytes > 0
            other.rollback()
        store.writer.append(batch("ada", fact("t", "last"))).result(30)
        store.maintenance.check()  # comes after what the writer still does
        assert database.wal_bytes == 0
        assert len(spans_of(store, "ada")) == 6


def test_a_database_that_gave_up_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a fatal error DuckDB refuses all work until the file is opened anew: the store does
    that itself, and goes on with everything that was acknowledged."""
    real = writing.commit_group
    fatal = iter([True])

    def failing(group: Any, *rest: Any) -> None:
        if group.spans is not None and next(fatal, False):
            raise duckdb.FatalException("the database has been invalidated")
        real(group, *rest)

    store = DuckDBStore(tmp_path / "test.duckdb")
    store.writer.append(batch("ada", fact("t", "before"))).result(30)
    monkeypatch.setattr(writing, "commit_group", failing)
    with pytest.raises(Unavailable, match="invalidated"):
        store.writer.append(batch("ada", fact("t", "lost"))).result(30)
    store.writer.append(batch("ada", fact("t", "after"))).result(30)
    assert {span["span_id"] for span in spans_of(store, "ada")} == {"before", "after"}
    assert store.maintenance.check().problems == []
    store.close()


# A process whose files may not grow past a limit is what a full disk looks like to it.
_ON_A_FULL_DISK = """
import os, random, resource, signal, sys
from pathlib import Path
from audittrail.errors import Unavailable
from audittrail.storage.duckdb.store import DuckDBStore
from tests.support.facts import batch, fact

database, before, during = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
noise = random.Random(1)
acknowledged = []

def send(n):
    spans = [fact("t", f"s{n}-{m}") for m in range(50)]
    texts = [noise.randbytes(2500).hex() for _ in spans]
    store.writer.append(batch("ada", *spans, columns={"output": texts})).result(60)
    acknowledged.append(n)

store = DuckDBStore(database)
for n in range(before):
    send(n)
store.close()
store = DuckDBStore(database)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (database.stat().st_size + 100_000, hard))
refused = 0
for n in range(before, before + during):
    try:
        send(n)
    except Unavailable as error:
        refused += 1
problem = store.maintenance.status().last_error
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
for n in range(1000, 1010):
    send(n)
print()
print(refused, bool(problem), store.maintenance.check().problems, *acknowledged, sep=";")
sys.stdout.flush()
os._exit(0)  # as if killed: nothing is flushed on the way out
"""


@pytest.mark.parametrize(
    ("before", "during"),
    [
        pytest.param(2, 30, id="write-ahead log cannot grow"),
        pytest.param(20, 75, id="checkpoint cannot grow the file"),
    ],
)
@pytest.mark.long
def test_a_full_disk_refuses_and_recovers(tmp_path: Path, before: int, during: int) -> None:
    """While nothing can be written, batches are refused as a passing fault; once there is room
    again the same store goes on, and every acknowledged span is in the file."""
    database = tmp_path / "test.duckdb"
    done = subprocess.run(
        [sys.executable, "-c", _ON_A_FULL_DISK, str(database), str(before), str(during)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
    refused, problem, problems, *acknowledged = done.stdout.splitlines()[-1].split(";")
    assert int(refused) > 0
    assert (problem, problems) == ("True", "[]")
    store = DuckDBStore(database)
    stored = {span["span_id"] for span in spans_of(store, "ada")}
    assert {f"s{n}-{m}" for n in acknowledged for m in range(50)} <= stored
    assert store.maintenance.check().problems == []
    store.close()
