"""Every call that the writer makes of DuckDB may fail: nothing acknowledged is lost or doubled, all
who wait get an answer, and the store recovers by itself."""

from __future__ import annotations

import itertools
import json
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from audittrail.errors import Unavailable
from audittrail.storage.duckdb import database, recovery, rollups, upkeep, writer
from audittrail.storage.duckdb.store import DuckDBStore
from tests.storage.contract import spans_of, trace_of
from tests.support.facts import batch, fact, registration
from tests.support.faulty_duckdb import POISON, FaultyDuckDB, Plan

_OWNERS: Final = ("ada", "bob")
_TRACES: Final = ("t0", "t1", "t2")
_SPANS: Final = tuple(f"s{number}" for number in range(8))
_ANSWER_SECONDS: Final = 30.0
_RECOVERY_SECONDS: Final = 10.0

_TURNS: Final = [
    {"role": "user", "content": random.Random(turn).randbytes(700).hex()} for turn in range(12)
]

_ERRORS: Final = {
    "io": lambda: duckdb.IOException("IO Error: Could not write file: No space left on device"),
    "transaction": lambda: duckdb.TransactionException("TransactionContext Error: it is aborted"),
    "memory": lambda: duckdb.OutOfMemoryException("Out of Memory Error: failed to pin block"),
    "fatal": lambda: duckdb.FatalException("FATAL Error: Failed to create checkpoint"),
    "internal": lambda: duckdb.InternalException("INTERNAL Error: Assertion failed"),
    "constraint": lambda: duckdb.ConstraintException("Constraint Error: duplicate key"),
    "runtime": lambda: RuntimeError("something unknown"),
    "python memory": lambda: MemoryError("cannot allocate"),
}

Key = tuple[str, str, str]


def _text(owner: str, trace_id: str, span_id: str) -> str:
    """A history that grows from span to span and is the same in all traces, but for its end."""
    turns = _TURNS[: 2 + _SPANS.index(span_id)]
    return json.dumps([*turns, {"role": "assistant", "content": f"{owner} {trace_id} {span_id}"}])


@dataclass
class _Sent:
    """A batch or a deletion whose answer is not heard yet."""

    future: Future[Any]
    owner: str
    spans: list[tuple[str, str]] = field(default_factory=list)
    poisoned: list[int] = field(default_factory=list)
    logs: list[tuple[str, str]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    deleted: str | None = None


class WriterFaults(RuleBasedStateMachine):
    """The model knows of each span whether it must be stored, may be (who sent it heard of a
    failure), or must not."""

    def __init__(self) -> None:
        super().__init__()
        self.duckdb = FaultyDuckDB()
        self.stack = ExitStack()
        self.patches = self.stack.enter_context(pytest.MonkeyPatch.context())
        self.patches.setattr(duckdb, "connect", self.duckdb.connect)
        # Everything happens soon, and often.
        self.patches.setattr(writer, "_IDLE_SECONDS", 0.02)
        self.patches.setattr(recovery, "_EVERY_SECONDS", 0.02)
        self.patches.setattr(database, "_PATIENCE_SECONDS", 0.2)
        self.patches.setattr(database, "_INTERRUPT_EVERY_SECONDS", 0.01)
        self.patches.setattr(upkeep, "_CHECKPOINT_BYTES", 100_000)
        self.patches.setattr(upkeep, "_IDLE_CHECKPOINT_BYTES", 20_000)
        self.patches.setattr(upkeep, "_FOLD_AT", 16)
        self.patches.setattr(rollups, "_MAX_SPANS", 12)
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.folder = Path(folder)
        self.numbers = itertools.count(1)
        self.sent: list[_Sent] = []
        self.must: set[Key] = set()
        self.may: set[Key] = set()
        self.logs: set[Key] = set()
        self.log_attempts: Counter[Key] = Counter()
        self.reader: tuple[ExitStack, Any] | None = None

    @initialize()
    def open(self) -> None:
        self.path = self.folder / f"{next(self.numbers)}.duckdb"
        shutil.copy(_blank_file(), self.path)
        self.store = DuckDBStore(self.path)

    # What fails.

    @rule(
        error=st.sampled_from(sorted(_ERRORS)),
        after=st.integers(0, 25),
        times=st.sampled_from([1, 1, 1, 2, 5, 12]),
        works=st.booleans(),
        call=st.sampled_from(
            [
                *(None, None, None, "begin", "commit", "commit", "execute", "fetch", "register"),
                *("rollback", "checkpoint", "checkpoint", "cursor", "connect"),
            ]
        ),
    )
    def fail(self, error: str, after: int, times: int, works: bool, call: str | None) -> None:
        few = after if call in (None, "execute", "fetch", "register") else after // 8
        self.duckdb.plan(Plan(_ERRORS[error], few, times, works=works, call=call))

    @rule(error=st.sampled_from(["io", "memory", "fatal"]), after=st.integers(0, 3))
    def fail_a_reader(self, error: str, after: int) -> None:
        self.duckdb.plan(Plan(_ERRORS[error], after, readers=True))
        with suppress(Unavailable, duckdb.Error):
            spans_of(self.store, "ada", "t0")
        self.duckdb.plan(None)

    # What is sent.

    @rule(
        owner=st.sampled_from(_OWNERS),
        spans=st.lists(
            st.tuples(st.sampled_from(_TRACES), st.sampled_from(_SPANS)), min_size=0, max_size=8
        ),
        poisoned=st.sampled_from([None, None, None, 0, 1, 3]),
        logs=st.lists(st.sampled_from(_TRACES), max_size=2),
        names=st.lists(st.sampled_from(_TRACES), max_size=1),
    )
    def append(
        self,
        owner: str,
        spans: list[tuple[str, str]],
        poisoned: int | None,
        logs: Sequence[str],
        names: list[str],
    ) -> None:
        sent = _Sent(Future(), owner, spans=spans, names=names)
        facts = [fact(*ids, span_type="llm", tokens_in=1) for ids in spans]
        if poisoned is not None and poisoned < len(spans):
            facts[poisoned] = fact("t0", f"p{next(self.numbers)}", name=POISON, tokens_in=1)
            sent.poisoned.append(poisoned)
        sent.logs = [(trace_id, f"log {next(self.numbers)}") for trace_id in logs]
        texts = [
            _text(owner, *ids) if place not in sent.poisoned else "short"
            for place, ids in enumerate(spans)
        ]
        made = batch(
            owner,
            *facts,
            columns={"input": texts} if texts else None,
            logs=[
                {"trace_id": trace_id, "body": body, "time_ns": 1, "digest": body}
                for trace_id, body in sent.logs
            ],
            registrations=[registration(trace_id, name="given") for trace_id in names],
        )
        if not made.rows:
            return
        for each in sent.logs:
            self.log_attempts[owner, *each] += 1
        sent.future = self.store.writer.append(made)
        self.sent.append(sent)

    @rule(owner=st.sampled_from(_OWNERS), trace_id=st.sampled_from(_TRACES))
    def delete(self, owner: str, trace_id: str) -> None:
        future = self.store.writer.delete_trace(owner, trace_id)
        self.sent.append(_Sent(future, owner, deleted=trace_id))

    @rule(fails=st.booleans())
    def operate(self, fails: bool) -> None:
        """An operation that writes, and one that does so and then thinks better of it."""

        def change(cursor: Any, _: Any) -> None:
            cursor.execute(
                "INSERT INTO settings VALUES ('', $name, 'x')", {"name": str(next(self.numbers))}
            )
            if fails:
                raise KeyError("no")

        self.sent.append(_Sent(self.store.writer.execute(change), "nobody"))

    # What is heard.

    @rule()
    def hear(self) -> None:
        for sent in self.sent:
            self._hear(sent)
        self.sent.clear()

    def _hear(self, sent: _Sent, *, known: bool = True) -> None:
        """``known``: whether the answer counts, as it came before a kill."""
        error = sent.future.exception(_ANSWER_SECONDS) if known else Unavailable("killed")
        if error is not None and sent.owner != "nobody":
            assert isinstance(error, (Unavailable, duckdb.ConstraintException, RuntimeError))
        keys = [
            (sent.owner, *ids) for place, ids in enumerate(sent.spans) if place not in sent.poisoned
        ]
        logs = [(sent.owner, *each) for each in sent.logs]
        if sent.deleted is not None:
            gone = {key for key in self.must | self.may if key[:2] == (sent.owner, sent.deleted)}
            lost = {key for key in self.logs if key[:2] == (sent.owner, sent.deleted)}
            self.must -= gone
            self.logs -= lost
            self.may = self.may | gone if error is not None else self.may - gone
            if error is None:
                here = (sent.owner, sent.deleted)
                for key in [key for key in self.log_attempts if key[:2] == here]:
                    del self.log_attempts[key]
        elif error is not None:
            self.may |= set(keys) - self.must
        elif sent.owner != "nobody":
            receipt = sent.future.result()
            rejected = {place for place, _ in receipt.rejected}
            assert rejected >= set(sent.poisoned)
            rows = len(sent.spans) + len(sent.logs) + len(sent.names)
            assert receipt.stored + receipt.duplicates + len(rejected) == rows
            for place, ids in enumerate(sent.spans):
                key = (sent.owner, *ids)
                if place in sent.poisoned:
                    continue
                if place not in rejected:
                    self.must.add(key)
                    self.may.discard(key)
                elif key not in self.must:
                    self.may.add(key)
            for place, key in enumerate(logs, len(sent.spans)):
                if place not in rejected:
                    self.logs.add(key)

    # What is read, and what ends.

    @rule()
    def read(self) -> None:
        """What a reader sees is whole, or it is told that there is no answer now."""
        for owner, trace_id in itertools.product(_OWNERS, _TRACES):
            try:
                spans = spans_of(self.store, owner, trace_id)
            except Unavailable:
                continue
            for span in spans:
                assert span["input"] == _text(owner, trace_id, span["span_id"])

    @precondition(lambda self: self.reader is None)
    @rule()
    def begin_reading(self) -> None:
        reading = ExitStack()
        try:
            reader = reading.enter_context(self.store.read("ada"))
            reader.get_trace("t0")
        except (Unavailable, duckdb.Error):
            return
        self.reader = (reading, reader)

    @precondition(lambda self: self.reader is not None)
    @rule()
    def end_reading(self) -> None:
        assert self.reader is not None
        (reading, reader), self.reader = self.reader, None
        with reading:
            try:
                reader.get_trace("t0")
            except (Unavailable, duckdb.Error):
                return

    @rule()
    def wait(self) -> None:
        """Long enough that the writer folds, makes a checkpoint or recovers, as it does when
        nothing is to be done."""
        time.sleep(0.06)

    @rule()
    def close_and_open(self) -> None:
        if self.reader is not None:
            self.end_reading()
        try:
            self.store.close()
        finally:
            self.duckdb.plan(None)
        self.hear()
        self.store = DuckDBStore(self.path)

    @rule()
    def kill(self) -> None:
        """What was acknowledged is in the files, whatever the process was doing."""
        if self.reader is not None:
            self.end_reading()
        path = self.folder / f"{next(self.numbers)}.duckdb"
        with self.duckdb.halted():
            known = [sent.future.done() for sent in self.sent]
            for suffix in ("", ".wal"):
                file = self.path.with_name(self.path.name + suffix)
                if file.exists():
                    shutil.copy(file, path.with_name(path.name + suffix))
        for sent, was_known in zip(self.sent, known, strict=True):
            self._hear(sent, known=was_known)
        self.sent.clear()
        self.duckdb.plan(None)
        self.store.close()
        self.path = path
        self.store = DuckDBStore(path)

    @rule()
    def recover(self) -> None:
        """Once nothing fails any more, the store serves again by itself, and is right."""
        if self.reader is not None:
            self.end_reading()
        self.duckdb.plan(None)
        self.hear()
        until = time.monotonic() + _RECOVERY_SECONDS
        while True:
            try:
                spans_of(self.store, "ada", "t0")  # readers need nobody who writes
                self.store.writer.append(batch("eve", fact("t", "probe"))).result(_ANSWER_SECONDS)
                break
            except Unavailable:
                assert time.monotonic() < until
                time.sleep(0.01)
        self._compare()

    def _compare(self) -> None:
        for owner, trace_id in itertools.product(_OWNERS, _TRACES):
            spans = spans_of(self.store, owner, trace_id)
            texts = {span["span_id"]: span["input"] for span in spans}
            assert len(texts) == len(spans)
            stored = {(owner, trace_id, span_id) for span_id in texts}
            here = (owner, trace_id)
            assert stored >= {key for key in self.must if key[:2] == here}
            assert stored <= {key for key in self.must | self.may if key[:2] == here}
            assert texts == {span_id: _text(owner, trace_id, span_id) for span_id in texts}
            trace = trace_of(self.store, owner, trace_id)
            counted = (trace["span_count"], trace["tokens_in"] or 0) if trace else (0, 0)
            assert counted == (len(spans), len(spans))
            # Readers show log records of traces with spans alone.
            with self.store._database.cursor() as cursor:
                found = cursor.execute(_LOGS, [owner, trace_id]).fetchall()
            bodies = Counter(body for _, body in found)
            for key in self.logs:
                if key[:2] == here:
                    assert bodies[key[2]] >= 1
            for body, count in bodies.items():
                assert self.log_attempts[owner, trace_id, body] >= 1
                assert count == 1 or self.duckdb.failed
        assert self.store.maintenance.check().problems == []
        assert self.store.maintenance.queued() == (0, 0)
        with self.store._database.cursor() as cursor:
            assert cursor.execute(_NUMBERS_USED_TWICE).fetchall() == []

    def teardown(self) -> None:
        try:
            if hasattr(self, "store"):
                self.recover()
                self.store.close()
                self.store = DuckDBStore(self.path)
                self._compare()
                self.store.close()
        finally:
            self.stack.close()


_LOGS: Final = "SELECT DISTINCT digest, body FROM logs WHERE owner = ? AND trace_id = ?"

_NUMBERS_USED_TWICE: Final = """
SELECT seq, list(kind) FROM (
    SELECT DISTINCT seq, 'span' AS kind FROM spans UNION ALL SELECT seq, 'log' FROM logs
    UNION ALL SELECT seq, 'word' FROM registrations UNION ALL SELECT id, 'part' FROM contents
    UNION ALL SELECT DISTINCT seq, 'summary' FROM (FROM traces UNION ALL FROM trace_updates))
GROUP BY seq HAVING count(*) > 1
"""


def _blank_file() -> Path:
    """A file with its schema, which takes long to make."""
    if not _blank:
        folder = Path(tempfile.mkdtemp())
        _blank.append(folder / "blank.duckdb")
        database.Database(_blank[0]).close()
    return _blank[0]


_blank: list[Path] = []


def test_every_call_may_fail() -> None:
    """Whatever fails while spans are stored, deleted, folded or read: see the module's text."""
    examples = settings().max_examples
    run_state_machine_as_test(
        WriterFaults,
        settings=settings(max_examples=max(examples // 8, 1), stateful_step_count=20),
    )
