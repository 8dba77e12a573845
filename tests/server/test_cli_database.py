"""``audittrail db``: checking, copying and bringing back."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.durability.load import Ledger, Sender
from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.people import Person, new_person
from tests.support.servers import Server, make_server, running_server


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Somebody with a few traces, on a server of their own."""
    with running_server(tmp_path_factory.mktemp("full")) as server:
        person = new_person(server)
        for number in range(1, 6):
            trace_id = new_trace_id()
            spans = [span(trace_id, attributes={"n": n}) for n in range(number)]
            assert person.otlp(traces_request(*spans)).status_code == 200
        yield person


@pytest.fixture(scope="module")
def backup(full: Person, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of their server; a test that changes it makes a copy."""
    return backed_up(full, tmp_path_factory.mktemp("backup") / "backup")


def backed_up(person: Person, file: Path) -> Path:
    done = person.server.cli("db", "backup", str(file))
    assert done.returncode == 0, done.stderr
    assert str(file) in done.stdout
    return file


def copied(backup: Path, folder: Path) -> tuple[Server, Path]:
    """A server, not started, and its database, which is a copy of this backup."""
    folder.mkdir()
    return make_server(folder), shutil.copyfile(backup, folder / "audittrail.duckdb")


def assert_refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1
    for word in words:
        assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_a_good_file_has_no_problem(full: Person) -> None:
    """While the server runs: what was read is counted."""
    done = full.server.cli("db", "check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No problem found." in done.stdout
    assert " traces, " in done.stdout


def test_a_file_is_compacted(full: Person, backup: Path, tmp_path: Path) -> None:
    """While the server runs, and without one: the sizes are told, and everything is there."""
    stopped, _ = copied(backup, tmp_path / "data")
    for server in (full.server, stopped):
        done = server.cli("db", "compact")
        assert done.returncode == 0, done.stdout + done.stderr
        assert " MiB before, " in done.stdout
        assert server.cli("db", "check").returncode == 0


def test_a_summary_that_is_wrong_is_found(backup: Path, tmp_path: Path) -> None:
    """Without a server: traces that count a span too many are named, with exit status 1."""
    server, file = copied(backup, tmp_path / "data")
    with duckdb.connect(str(file)) as connection:
        found = connection.execute(
            "select trace_id from traces union all select trace_id from trace_updates"
        ).fetchone()
        assert found is not None
        for table in ("traces", "trace_updates"):
            connection.execute(f"update {table} set span_count = span_count + 1")
    done = server.cli("db", "check")
    assert done.returncode == 1
    assert found[0] in done.stdout
    assert "audittrail db restore" in done.stdout


def overwrite(file: Path) -> None:
    """The second half is nothing but one letter."""
    with file.open("r+b") as content:
        size = content.seek(0, 2)
        content.seek(size // 2)
        content.write(b"x" * (size - size // 2))


def test_a_damaged_file_is_found_and_replaced(backup: Path, tmp_path: Path) -> None:
    """The disk gave back something else: the check fails, and says in words what to do. That it
    cannot be opened does not keep a backup from taking its place."""
    server, file = copied(backup, tmp_path / "data")
    overwrite(file)
    damaged = file.read_bytes()
    assert_refused(server.cli("db", "check"), "audittrail db restore FILE")
    done = server.cli("db", "restore", str(backup), "--yes")
    assert done.returncode == 0, done.stderr
    assert server.cli("db", "check").returncode == 0
    (kept,) = file.parent.glob("audittrail.duckdb.before-*")
    assert str(kept) in done.stdout
    assert kept.read_bytes() == damaged


def test_a_damaged_backup_is_not_restored(backup: Path, tmp_path: Path) -> None:
    """What is there stays in place, and nothing else is left."""
    server, file = copied(backup, tmp_path / "data")
    before = file.read_bytes()
    broken = shutil.copyfile(backup, tmp_path / "broken")
    overwrite(broken)
    assert_refused(server.cli("db", "restore", str(broken), "--yes"), f"{broken} was not restored")
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_a_backup_under_ingest_brings_everything_back(full: Person, tmp_path: Path) -> None:
    """Two senders go on while it is taken. Restored elsewhere it has what was acknowledged
    before, and its traces are the same to every reader."""
    seen = {trace["trace_id"]: trace for trace in full.pages("/api/v1/traces")}
    ledger = Ledger()
    senders = [Sender(full, ledger, number, number) for number in range(2)]
    for sender in senders:
        sender.start()
    try:
        until = time.monotonic() + 60
        while not all(sender.acknowledged for sender in senders):
            assert time.monotonic() < until, "nothing was acknowledged for a minute"
            time.sleep(0.005)
        before = {trace_id: dict(spans) for trace_id, spans in ledger.traces.copy().items()}
        backup = backed_up(full, tmp_path / "while it stores")
    finally:
        for sender in senders:
            sender.ending.set()
        for sender in senders:
            sender.join()
    (tmp_path / "data").mkdir()
    server = make_server(tmp_path / "data")
    done = server.cli("db", "restore", str(backup))
    assert done.returncode == 0, done.stderr
    server.start()
    try:
        again = Person(server, full.email, full.token, full.key)
        for trace_id, trace in seen.items():
            assert again.get(f"/api/v1/traces/{trace_id}") == trace
            assert again.spans(trace_id) == full.spans(trace_id)
        for trace_id, spans in before.items():
            assert spans.keys() <= {each["span_id"] for each in again.spans(trace_id)}
        assert server.cli("db", "check").returncode == 0
    finally:
        server.stop()


def test_a_backup_overwrites_nothing(full: Person, tmp_path: Path) -> None:
    """The file that is there already is named and kept."""
    (tmp_path / "mine").write_text("precious")
    assert_refused(full.server.cli("db", "backup", str(tmp_path / "mine")), "mine", "exist")
    assert (tmp_path / "mine").read_text() == "precious"


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_a_restore_asks_before_it_replaces(backup: Path, tmp_path: Path, answer: str) -> None:
    """No, and no answer at all, leave the database as it is."""
    server, file = copied(backup, tmp_path / "data")
    inode = file.stat().st_ino
    done = server.cli("db", "restore", str(backup), stdin=answer)
    assert done.returncode == 1
    assert f"Replace {file}" in done.stdout
    assert file.stat().st_ino == inode
    assert list(file.parent.iterdir()) == [file]


def test_a_restore_waits_until_the_server_is_stopped(full: Person, backup: Path) -> None:
    """While it runs the file is not touched, and the message says what to do."""
    files = set(full.server.folder.iterdir())
    done = full.server.cli("db", "restore", str(backup), "--yes")
    assert_refused(done, "open in another process", "stop")
    assert set(full.server.folder.iterdir()) == files
    assert full.server.cli("db", "check").returncode == 0


def test_what_is_no_file_is_not_restored(tmp_path: Path) -> None:
    """Neither a path that does not exist nor a file of another kind."""
    server = make_server(tmp_path)
    assert_refused(server.cli("db", "restore", str(tmp_path / "nothing")), "nothing")
    (tmp_path / "letter").write_text("Dear Sir or Madam")
    assert_refused(server.cli("db", "restore", str(tmp_path / "letter")), "letter")
    assert not (tmp_path / "audittrail.duckdb").exists()
