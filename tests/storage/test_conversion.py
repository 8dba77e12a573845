"""Long texts that an earlier release stored whole are cut while the store serves."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from audittrail.storage.contents.recipe import is_recipe
from audittrail.storage.duckdb import contents
from audittrail.storage.duckdb.store import DuckDBStore
from tests.storage.contract import spans_of
from tests.support.facts import batch, fact

_TURNS = 60
_SAID = [random.Random(turn).randbytes(500).hex() for turn in range(_TURNS)]


def _history(turn: int) -> str:
    return json.dumps([{"role": "user", "content": said} for said in _SAID[: turn + 1]])


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with histories and log records whose texts stand whole in their rows."""
    file = tmp_path / "old.duckdb"
    with monkeypatch.context() as patched, contextlib.closing(DuckDBStore(file)) as store:
        patched.setattr(contents, "_long", lambda _: False)
        for owner in ("ada", "bob"):
            for turn in range(_TURNS):
                logs = [{"trace_id": "t", "body": _history(turn), "digest": f"{turn}"}]
                sent = batch(
                    owner, fact("t", f"s{turn:02}"), columns={"input": [_history(turn)]}, logs=logs
                )
                store.writer.append(sent).result(30)
    with duckdb.connect(str(file)) as opened:
        opened.execute("DELETE FROM settings WHERE name = 'texts_cut_until'")
        assert opened.execute("SELECT count(*) FROM contents").fetchall() == [(0,)]
    return file


def _require_all(store: DuckDBStore) -> None:
    for owner in ("ada", "bob"):
        spans = sorted(spans_of(store, owner), key=lambda span: span["span_id"])
        assert [span["input"] for span in spans][:_TURNS] == [_history(n) for n in range(_TURNS)]
        with store.read(owner) as reader:
            bodies = sorted((row["body"] for row in reader.list_logs("t")), key=len)
        assert bodies == [_history(turn) for turn in range(_TURNS)]
    assert store.maintenance.check().problems == []


def _inline(store: DuckDBStore) -> int:
    """How many long texts are not cut."""
    with store._database.cursor() as cursor:
        found = cursor.execute(
            "SELECT input AS text FROM spans UNION ALL SELECT body FROM logs"
        ).fetchall()
    return sum(len(text) >= 4096 and not is_recipe(text) for (text,) in found if text)


def test_texts_are_cut_while_it_serves(old: Path) -> None:
    """Bit by bit, with spans stored in between, and the same is read at every moment, also when it
    is compacted; and once it is done it is done for ever."""
    with contextlib.closing(DuckDBStore(old)) as store:
        before = _inline(store)
        assert before > 200
        count = 0
        while (converted := store.maintenance.convert(0.0)) is not None:
            count += converted
            _require_all(store)
            store.writer.append(batch("eve", fact("t", f"new {count}"))).result(30)
        assert count == before
        assert _inline(store) == 0
        list(store.maintenance.compact())
        _require_all(store)
    with contextlib.closing(DuckDBStore(old)) as store:
        assert store.maintenance.convert(60.0) == 0
        assert store.maintenance.convert(60.0) is None


def test_a_deleted_trace_takes_its_parts_along(old: Path) -> None:
    """What the conversion stored of it as well."""
    with contextlib.closing(DuckDBStore(old)) as store:
        while store.maintenance.convert(60.0) is not None:
            pass
        assert store.writer.delete_trace("ada", "t").result(30)
        assert store.writer.delete_trace("bob", "t").result(30)
        with store._database.cursor() as cursor:
            assert cursor.execute("SELECT count(*) FROM contents").fetchall() == [(0,)]


_KILLED = """
import os, signal, sys
from pathlib import Path
from audittrail.storage.duckdb import conversion
from audittrail.storage.duckdb.store import DuckDBStore

store = DuckDBStore(Path(sys.argv[1]))
store.maintenance.convert(0.0)
note = conversion.note_converted
def die(*given):
    note(*given)
    os.kill(os.getpid(), signal.SIGKILL)
conversion.note_converted = die
store.maintenance.convert(60.0)
"""


def test_a_kill_in_the_middle(old: Path) -> None:
    """What was done stays, what was not is done after the next start, nothing is lost or there
    twice."""
    done = subprocess.run([sys.executable, "-c", _KILLED, str(old)], check=False)
    assert done.returncode == -signal.SIGKILL
    with contextlib.closing(DuckDBStore(old)) as store:
        _require_all(store)
        while store.maintenance.convert(60.0) is not None:
            pass
        assert _inline(store) == 0
        _require_all(store)
