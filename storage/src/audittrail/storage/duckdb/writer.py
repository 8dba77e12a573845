"""The writer: commits waiting batches in groups, and acknowledges them after.

One thread prepares groups and runs operations; a second one commits. So while DuckDB compresses
and syncs one group, the next one is being prepared.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final, TypeVar

import duckdb
import structlog

from audittrail.storage.contents.known import Known
from audittrail.storage.duckdb.committing import Committing
from audittrail.storage.duckdb.compaction import compact
from audittrail.storage.duckdb.database import Database
from audittrail.storage.duckdb.group import Waiting
from audittrail.storage.duckdb.intake import (
    Alone,
    Intake,
    Job,
    Operation,
    Ordered,
    promise,
    refuse,
)
from audittrail.storage.duckdb.knowledge import Knowledge
from audittrail.storage.duckdb.queries import joined_ids
from audittrail.storage.duckdb.recovery import Recovery
from audittrail.storage.duckdb.rollups import RollupCache
from audittrail.storage.duckdb.upkeep import Upkeep
from audittrail.storage.interface import Batch, CommitEvent, Listener, Receipt
from audittrail.storage.rollup import TraceRollup
from audittrail.storage.summary import TraceSummary

__all__ = ["DuckDBWriter"]

log = structlog.get_logger(__name__)

T = TypeVar("T")

# Each group costs one fsync; larger ones are cheaper and hold the acknowledgement back longer.
_GROUP_ROWS: Final = 1024
_GROUP_BYTES: Final = 4 * 2**20
_MAX_QUEUED_BYTES: Final = 128 * 2**20
_IDLE_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 0.1


class DuckDBWriter:
    """See ``interface.Writer``."""

    def __init__(self, database: Database, max_queued_bytes: int = _MAX_QUEUED_BYTES) -> None:
        self._database = database
        self._intake = Intake(max_queued_bytes)
        self._listeners: list[Listener] = []
        self._knowledge = Knowledge(database.queries)
        self._recovery = Recovery(database, self._knowledge)
        self._upkeep = Upkeep(database, self._knowledge, self._recovery, self._intake.wake)
        self._committing = Committing(
            database.queries,
            self._intake,
            self._knowledge,
            self._recovery,
            self._upkeep,
            self._publish,
        )
        self._next_job: Job | None = None
        self._last = False
        self._thread = threading.Thread(target=self._run, name="audittrail-writer", daemon=True)
        self._thread.start()

    # What callers use, from any thread.

    def append(self, batch: Batch) -> Future[Receipt]:
        return self._intake.put(batch)

    def execute(self, operation: Operation[T]) -> Future[T]:
        """Run an operation in a transaction of its own, between two groups."""
        return self._intake.order(operation)

    def compact(self, say: Callable[[int, int], None]) -> Future[tuple[int, int]]:
        """Write the file anew: see ``compaction``. What is appended meanwhile waits."""
        return self._intake.alone(lambda: compact(self._database, self._recovery, say))

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
            self._knowledge.parts.clear()
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

    @property
    def last_seq(self) -> int:
        return self._knowledge.last_seq

    @property
    def last_error(self) -> str | None:
        """Why nothing can be written; None while that is not known to be so."""
        return self._recovery.last_error

    @property
    def known_parts(self) -> Known:
        """Parts of texts that are stored; for operations only."""
        return self._knowledge.parts

    def take_seq(self) -> int:
        """A number for a row that an operation writes; for operations only."""
        return self._knowledge.take_seq()

    def close(self) -> None:
        """Store everything that was accepted, then stop."""
        if not self._intake.close():
            return
        self._thread.join()
        self._committing.close()
        self._recovery.close()

    # What the writer's thread does.

    def _run(self) -> None:
        while not self._last:
            try:
                self._turn()
            except BaseException as error:
                # Each step deals with its failures. One that does not must not end the thread, for
                # which everybody waits.
                log.exception("the writer failed", error=repr(error))
                self._recovery.distrust(error)
                time.sleep(_PAUSE_SECONDS)
        self._committing.settle()
        self._upkeep.heed()
        self._upkeep.fold()

    def _turn(self) -> None:
        """Do what comes next."""
        job, self._next_job = self._next_job, None
        if job is None:
            try:
                job = self._intake.take(_IDLE_SECONDS)
            except queue.Empty:
                self._idle()
                return
            if job is None:
                self._last = True
                return
        if isinstance(job, Waiting):
            group, self._next_job, self._last = self._intake.gather(job, _GROUP_ROWS, _GROUP_BYTES)
            self._committing.store(group)
        elif isinstance(job, Alone):
            self._committing.settle()
            self._let_alone(job)
        else:
            self._committing.settle()
            self._perform(job)
            self._upkeep.checkpoint(self._recovery.preparing)
            self._upkeep.heed()
        if self._upkeep.must_fold():
            self._committing.settle()
            self._upkeep.fold()
        if self._upkeep.postponed:
            self._committing.settle()
            self._upkeep.checkpoint(self._recovery.preparing)
            self._upkeep.heed()

    def _idle(self) -> None:
        self._committing.settle()
        self._recovery.heed()
        if self._upkeep.must_fold(idle=True):
            self._upkeep.fold()
        self._upkeep.checkpoint(self._recovery.preparing, idle=True)
        self._upkeep.heed()

    def _let_alone(self, job: Alone) -> None:
        try:
            self._recovery.ensure()
            result = job.work()
        except BaseException as error:
            refuse(job.future, self._recovery.fault(error) or error)
        else:
            job.future.set_result(result)

    def _perform(self, job: Ordered) -> None:
        operation, future = job
        try:
            self._recovery.ensure()
            cursor = self._recovery.preparing
            cursor.begin()
            result = operation(cursor, self._knowledge.rollups)
            cursor.commit()
        except BaseException as error:
            self._knowledge.parts.clear()
            refuse(future, self._recovery.fault(error) or error)
        else:
            self._knowledge.last_seq = self._knowledge.next_seq
            future.set_result(result)

    def _publish(self, events: Sequence[CommitEvent]) -> None:
        for listener in self._listeners:
            try:
                listener(events)
            except BaseException:
                log.exception("a listener failed")
