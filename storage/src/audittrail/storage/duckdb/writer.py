"""The writer: commits waiting batches in groups, and acknowledges them after.

One thread prepares groups and runs operations; a second one commits. So while DuckDB compresses
and syncs one group, the next one is being prepared.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, TypeVar

import duckdb
import structlog

from audittrail.errors import Unavailable
from audittrail.storage.contents.known import Known
from audittrail.storage.duckdb.database import Database, lacks_memory, roll_back
from audittrail.storage.duckdb.group import (
    Group,
    Waiting,
    commit_group,
    keys_of,
    prepare_group,
)
from audittrail.storage.duckdb.intake import Intake, Job, Operation, promise
from audittrail.storage.duckdb.queries import joined_ids
from audittrail.storage.duckdb.rollups import RollupCache
from audittrail.storage.interface import Batch, CommitEvent, Listener, Receipt, Rejection
from audittrail.storage.rollup import TraceRollup
from audittrail.storage.summary import TraceSummary

__all__ = ["DuckDBWriter"]

log = structlog.get_logger(__name__)

T = TypeVar("T")

# Each group costs one fsync; larger ones are cheaper and hold the acknowledgement back longer.
_GROUP_ROWS: Final = 1024
_GROUP_BYTES: Final = 4 * 2**20
# A checkpoint holds up what comes after it, the longer the more there is to do; it rewrites the
# last row group, so that many are more work (docs/adr/002-row-groups-and-checkpoints.md).
_CHECKPOINT_BYTES: Final = 64 * 2**20
_IDLE_CHECKPOINT_BYTES: Final = 8 * 2**20
_MAX_QUEUED_BYTES: Final = 128 * 2**20
# Rows of trace_updates that readers have to look through before they are folded into traces.
_FOLD_AT: Final = 16_384
_IDLE_SECONDS: Final = 1.0
_RECOVER_EVERY_SECONDS: Final = 1.0

# Faults after which DuckDB does nothing more with the file, and faults that may pass.
_GAVE_UP: Final = (duckdb.FatalException, duckdb.InternalException, duckdb.ConnectionException)
_INVALIDATED: Final = "has been invalidated"
_PASSING: Final = (duckdb.IOException, duckdb.TransactionException, duckdb.OutOfMemoryException)


class DuckDBWriter:
    """See ``interface.Writer``."""

    def __init__(self, database: Database, max_queued_bytes: int = _MAX_QUEUED_BYTES) -> None:
        self._database = database
        self._intake = Intake(max_queued_bytes)
        self._listeners: list[Listener] = []
        self._cursor = database.borrow()
        self._rollups = RollupCache(database.queries)
        self.known_parts = Known()
        self.last_error: str | None = None
        self._recover_after = 0.0
        self._checkpoint_error: duckdb.Error | None = None
        self.last_seq = self._next_seq = self._find_last_seq()
        self._unfolded = self._count_unfolded()
        self._rollups.learn_known(self._cursor)
        self._committing: tuple[Sequence[Waiting], Group, Future[None]] | None = None
        self._committer = ThreadPoolExecutor(1, thread_name_prefix="audittrail-commit")
        self._commit_cursor = database.borrow()
        self._thread = threading.Thread(target=self._run, name="audittrail-writer", daemon=True)
        self._thread.start()

    # What callers use, from any thread.

    def append(self, batch: Batch) -> Future[Receipt]:
        return self._intake.put(batch)

    def execute(self, operation: Operation[T]) -> Future[T]:
        """Run an operation in a transaction of its own, between two groups."""
        return self._intake.order(operation)

    def delete_trace(self, owner: str, trace_id: str) -> Future[bool]:
        answered: Future[bool] = promise()
        deleted = self.delete_traces(owner, [trace_id])

        def announce(done: Future[int]) -> None:
            error = done.exception()
            if error is not None:
                answered.set_exception(error)
            else:
                answered.set_result(done.result() > 0)

        deleted.add_done_callback(announce)
        return answered

    def delete_traces(
        self, owner: str, trace_ids: Sequence[str], quiet_since_ns: int | None = None
    ) -> Future[int]:
        asked = [(owner, trace_id) for trace_id in trace_ids]

        def stays(state: TraceRollup | None) -> bool:
            if state is None or quiet_since_ns is None:
                return False
            return state.last_received_ns >= quiet_since_ns

        def delete(
            cursor: duckdb.DuckDBPyConnection, rollups: RollupCache
        ) -> Sequence[tuple[str, TraceSummary]]:
            known = rollups.load(cursor, asked)
            keys = [key for key in asked if not stays(known.get(key))]
            values = {"owner": owner, "trace_ids": joined_ids(trace_id for _, trace_id in keys)}
            for statement in cursor.extract_statements(self._database.queries.delete_traces):
                cursor.execute(statement, values)
            rollups.forget(keys)
            self.known_parts.clear()
            found = ((key[1], known.get(key)) for key in keys)
            return [(trace_id, state.summary()) for trace_id, state in found if state]

        answered: Future[int] = promise()

        def announce(done: Future[Sequence[tuple[str, TraceSummary]]]) -> None:
            error = done.exception()
            if error is not None:
                answered.set_exception(error)
                return
            were = done.result()
            if were:
                seq = self.last_seq
                self._publish(
                    [CommitEvent(owner, trace, seq, was, (), deleted=True) for trace, was in were]
                )
            answered.set_result(len(were))

        self.execute(delete).add_done_callback(announce)
        return answered

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        self._listeners = [*self._listeners, listener]

        def unsubscribe() -> None:
            self._listeners = [kept for kept in self._listeners if kept is not listener]

        return unsubscribe

    def publish(self, events: Sequence[CommitEvent]) -> None:
        """Tell the listeners what an operation changed."""
        if events:
            self._publish(events)

    @property
    def queued(self) -> tuple[int, int]:
        """(rows, bytes) that wait."""
        return self._intake.queued

    def take_seq(self) -> int:
        """A number for a row that an operation writes; for operations only."""
        self._next_seq += 1
        return self._next_seq

    def close(self) -> None:
        """Store everything that was accepted, then stop."""
        if not self._intake.close():
            return
        self._thread.join()
        self._committer.shutdown()
        self._database.give_back(self._cursor)
        self._database.give_back(self._commit_cursor)

    # What the writer's thread does.

    def _run(self) -> None:
        waiting: Job | None = None
        stop = False
        while not stop:
            try:
                job = waiting or self._intake.take(_IDLE_SECONDS)
                waiting = None
            except queue.Empty:
                self._settle()
                if self._unfolded >= _FOLD_AT // 8:
                    self._fold()
                self._checkpoint(self._cursor, _IDLE_CHECKPOINT_BYTES)
                self._heed_checkpoint()
                continue
            if job is None:
                break
            if isinstance(job, Waiting):
                group, waiting, stop = self._intake.gather(job, _GROUP_ROWS, _GROUP_BYTES)
                self._store(group)
            else:
                self._settle()
                self._perform(*job)
                self._checkpoint(self._cursor, _CHECKPOINT_BYTES)
                self._heed_checkpoint()
            if self._unfolded >= _FOLD_AT:
                self._settle()
                self._fold()
        self._settle()
        self._fold()

    def _store(self, waiting: Sequence[Waiting]) -> None:
        """Prepare a group while the one before is committed, then hand it over."""
        try:
            group = self._prepare(waiting)
        except Exception as error:  # the store cannot be read, or a batch is not what it should be
            self._settle()
            self._rescue(waiting, error)
            return
        if not self._settle():
            # What this group builds on was not stored: prepare it again, from what was.
            self._forget(group.batches)
            self._store(waiting)
            return
        commit = self._committer.submit(self._commit, waiting, group)
        self._committing = (waiting, group, commit)
        if group.reload:
            # The commit itself changes roll-ups: nothing may be prepared meanwhile.
            self._settle()

    def _prepare(self, waiting: Sequence[Waiting]) -> Group:
        batches = [batch for batch, _ in waiting]
        group = prepare_group(
            batches, self._rollups, self.known_parts, self._cursor, self._next_seq
        )
        self._next_seq = group.last_seq
        return group

    def _commit(self, waiting: Sequence[Waiting], group: Group) -> None:
        """Runs in the committing thread; acknowledges at once."""
        try:
            commit_group(group, self._rollups, self._commit_cursor, self._database.queries)
        except BaseException:
            self._intake.wake()
            raise
        self.last_seq = max(self.last_seq, group.last_seq)
        self.last_error = None
        self._intake.release(waiting)
        for (_, future), receipt in zip(waiting, group.receipts, strict=True):
            future.set_result(receipt)
        self._publish(group.events)
        self._checkpoint(self._commit_cursor, _CHECKPOINT_BYTES)

    def _checkpoint(self, cursor: duckdb.DuckDBPyConnection, least: int) -> None:
        """Write the write-ahead log into the file if it is so large; after the acknowledgement,
        which does not wait for it."""
        if self._database.wal_bytes < least:
            return
        started = time.perf_counter()
        try:
            self._database.checkpoint(cursor)
        except duckdb.Error as error:
            self._checkpoint_error = error
            self._intake.wake()
        else:
            log.debug("checkpoint", s=round(time.perf_counter() - started, 3))

    def _heed_checkpoint(self) -> None:
        """A checkpoint that failed leaves a database that does nothing more."""
        error, self._checkpoint_error = self._checkpoint_error, None
        if error is not None:
            self._fault(error)

    def _settle(self) -> bool:
        """Wait for the commit that is under way; False if it failed."""
        if self._committing is None:
            return True
        waiting, group, commit = self._committing
        self._committing = None
        try:
            commit.result()
        except Exception as error:
            self._checkpoint_error = None
            self._rescue(waiting, error)
            return False
        self._next_seq = max(self._next_seq, group.last_seq)
        self._unfolded += len(group.events)
        self._rollups.trim(group.keys)
        if self._checkpoint_error is not None:
            # What is prepared meanwhile builds on roll-ups that recovery forgets.
            self._heed_checkpoint()
            return False
        return True

    # What it does when something fails.

    def _rescue(self, waiting: Sequence[Waiting], error: Exception) -> None:
        """After a group failed, nothing of it is stored. A fault of the store fails all of it; a
        fault of the data must cost only the rows that have it."""
        self._forget([batch for batch, _ in waiting])
        fault = self._fault(error)
        self._intake.release(waiting)
        for batch, future in waiting:
            if fault is not None:
                future.set_exception(fault)
                continue
            try:
                future.set_result(self._store_halves(batch, 0, len(batch.facts)))
            except Exception as failure:
                future.set_exception(self._fault(failure) or Unavailable(str(failure)))

    def _forget(self, batches: Sequence[Batch]) -> None:
        """Roll-ups that hold what was not stored are loaded from the file the next time."""
        self._rollups.forget(keys_of(batches))
        self._rollups.recent_logs.clear()
        self.known_parts.clear()

    def _store_halves(self, batch: Batch, start: int, stop: int) -> Receipt:
        """Store what can be stored of the spans from ``start`` to ``stop``; with the first one
        go the batch's log records and registrations."""
        part = _part(batch, start, stop)
        try:
            group = self._prepare([Waiting(part, Future())])
            commit_group(group, self._rollups, self._cursor, self._database.queries)
        except Exception as error:
            self._forget([part])
            fault = self._fault(error)
            if fault is not None:
                raise fault from error
            if stop - start <= 1:
                log.warning("span rejected by the store", owner=batch.owner, error=str(error))
                return Receipt(self.last_seq, 0, 0, (Rejection(start, str(error)),))
        else:
            self.last_seq = self._next_seq = group.last_seq
            self._unfolded += len(group.events)
            self._publish(group.events)
            return group.receipts[0]
        middle = (start + stop) // 2
        first = self._store_halves(batch, start, middle)
        second = self._store_halves(batch, middle, stop)
        return Receipt(
            second.seq,
            first.stored + second.stored,
            first.duplicates + second.duplicates,
            (*first.rejected, *second.rejected),
        )

    def _fault(self, error: Exception) -> Unavailable | None:
        """What a failure means for clients; None if the data was at fault."""
        if isinstance(error, Unavailable):
            return error
        if isinstance(error, _GAVE_UP) or _INVALIDATED in str(error):
            self._recover(error)
        elif isinstance(error, _PASSING):
            self._renew_cursors(error)
        else:
            return None
        self.last_error = str(error)
        log.error("commit failed", error=str(error))
        return Unavailable(f"The store cannot write now: {error}", retry_after=5.0)

    def _renew_cursors(self, error: Exception) -> None:
        """A fault may have left a transaction open, in which nothing works any more."""
        for cursor in (self._cursor, self._commit_cursor):
            self._database.discard(cursor)
        try:
            if lacks_memory(error):
                self._database.give_more_memory()
            self._cursor = self._database.borrow()
            self._commit_cursor = self._database.borrow()
        except Unavailable as failure:
            self._recover(failure)

    def _recover(self, error: Exception) -> None:
        """DuckDB refuses all work after some faults until its file is opened anew. If that fails
        as well (the disk is still full), the next batch tries again."""
        if time.monotonic() < self._recover_after:
            return
        try:
            self._database.discard(self._cursor)
            self._database.discard(self._commit_cursor)
            self._database.reopen(more_memory=lacks_memory(error))
            self._cursor = self._database.borrow()
            self._commit_cursor = self._database.borrow()
            self._rollups = RollupCache(self._database.queries)
            self._rollups.learn_known(self._cursor)
            self.known_parts.clear()
            self.last_seq = self._next_seq = max(self._next_seq, self._find_last_seq())
            self._unfolded = self._count_unfolded()
            log.warning("database opened again after a fault")
        except Exception as failure:
            self._recover_after = time.monotonic() + _RECOVER_EVERY_SECONDS
            log.error("database could not be opened again", error=str(failure))

    def _perform(self, operation: Operation[Any], future: Future[Any]) -> None:
        try:
            self._cursor.begin()
            try:
                result = operation(self._cursor, self._rollups)
                self._cursor.commit()
            except BaseException:
                roll_back(self._cursor)
                self.known_parts.clear()
                raise
        except Exception as error:
            future.set_exception(self._fault(error) or error)
        else:
            self.last_seq = self._next_seq
            future.set_result(result)

    def _fold(self) -> None:
        if not self._unfolded:
            return
        started = time.perf_counter()
        try:
            self._cursor.begin()
            self._cursor.execute(self._database.queries.fold_summaries)
            self._cursor.commit()
        except duckdb.Error as error:
            roll_back(self._cursor)
            self._fault(error)
        else:
            log.debug("summaries folded", rows=self._unfolded, s=time.perf_counter() - started)
            self._unfolded = 0

    def _publish(self, events: Sequence[CommitEvent]) -> None:
        for listener in self._listeners:
            try:
                listener(events)
            except Exception:
                log.exception("a listener failed")

    def _find_last_seq(self) -> int:
        row = self._cursor.execute(self._database.queries.last_seq).fetchone()
        return int(row[0]) if row and row[0] is not None else 0

    def _count_unfolded(self) -> int:
        row = self._cursor.execute("SELECT count(*) FROM trace_updates").fetchone()
        return int(row[0]) if row else 0


def _part(batch: Batch, start: int, stop: int) -> Batch:
    first = start == 0
    return Batch(
        owner=batch.owner,
        received_ns=batch.received_ns,
        spans=batch.spans.slice(start, stop - start) if batch.spans is not None else None,
        facts=batch.facts[start:stop],
        logs=batch.logs if first else None,
        registrations=batch.registrations if first else (),
    )
