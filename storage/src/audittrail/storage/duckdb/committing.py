"""Storing groups of batches: one is prepared while the one before is committed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias

import pyarrow as pa
import structlog

from audittrail.errors import Unavailable
from audittrail.storage.duckdb.group import Group, Waiting, commit_group, prepare_group
from audittrail.storage.duckdb.intake import Intake, refuse
from audittrail.storage.duckdb.knowledge import Knowledge
from audittrail.storage.duckdb.queries import Queries
from audittrail.storage.duckdb.recovery import Recovery
from audittrail.storage.duckdb.upkeep import Upkeep
from audittrail.storage.interface import Batch, CommitEvent, Receipt, Rejection

__all__ = ["Committing"]

log = structlog.get_logger(__name__)

Publish: TypeAlias = Callable[[Sequence[CommitEvent]], None]


class Committing:
    """For the writer's thread; the commits themselves run in a thread of their own.

    Whoever waits for a batch gets an answer, whatever happens.
    """

    def __init__(
        self,
        queries: Queries,
        intake: Intake,
        knowledge: Knowledge,
        recovery: Recovery,
        upkeep: Upkeep,
        publish: Publish,
    ) -> None:
        self._queries = queries
        self._intake = intake
        self._knowledge = knowledge
        self._recovery = recovery
        self._upkeep = upkeep
        self._publish = publish
        self._under_way: tuple[Sequence[Waiting], Group, Future[None]] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audittrail-commit")

    def store(self, waiting: Sequence[Waiting]) -> None:
        """Prepare a group while the one before is committed, then hand it over."""
        try:
            self._store(waiting)
        except BaseException as error:
            self._give_up(waiting, error)

    def settle(self) -> bool:
        """Wait for the commit that is under way; False if it failed, or its checkpoint."""
        if self._under_way is None:
            return True
        waiting, group, commit = self._under_way
        self._under_way = None
        try:
            return self._settle(waiting, group, commit)
        except BaseException as error:
            self._give_up(waiting, error)
            return False

    def close(self) -> None:
        self._thread.shutdown()

    def _store(self, waiting: Sequence[Waiting]) -> None:
        try:
            group = self._prepare([batch for batch, _ in waiting])
        except BaseException as error:  # no file to read, or a batch is not what it should be
            self.settle()
            self._rescue(waiting, error)
            return
        if not self.settle():
            # What this group builds on was not stored: prepare it again, from what was.
            self._knowledge.forget(group.batches)
            self._store(waiting)
            return
        commit = self._thread.submit(self._commit, waiting, group)
        self._under_way = (waiting, group, commit)
        if group.reload:
            # The commit itself changes roll-ups: nothing may be prepared meanwhile.
            self.settle()

    def _prepare(self, batches: Sequence[Batch]) -> Group:
        self._recovery.ensure()
        knowledge = self._knowledge
        group = prepare_group(
            batches,
            knowledge.rollups,
            knowledge.parts,
            self._recovery.preparing,
            knowledge.next_seq,
        )
        knowledge.next_seq = group.last_seq
        return group

    def _commit(self, waiting: Sequence[Waiting], group: Group) -> None:
        """Runs in the committing thread; acknowledges at once. Raises only if nothing is stored."""
        cursor = self._recovery.committing
        try:
            commit_group(group, self._knowledge.rollups, cursor, self._queries)
        except BaseException:
            self._intake.wake()
            raise
        self._knowledge.last_seq = max(self._knowledge.last_seq, group.last_seq)
        self._recovery.last_error = None
        self._intake.release(waiting)
        for (_, future), receipt in zip(waiting, group.receipts, strict=True):
            future.set_result(receipt)
        self._publish(group.events)
        # The acknowledgement does not wait for it.
        self._upkeep.checkpoint(cursor)

    def _settle(self, waiting: Sequence[Waiting], group: Group, commit: Future[None]) -> bool:
        try:
            commit.result()
        except BaseException as error:
            self._knowledge.next_seq = max(self._knowledge.next_seq, group.last_seq)
            self._rescue(waiting, error)
            return False
        self._knowledge.learn(group)
        # What is prepared meanwhile builds on roll-ups that recovery forgets.
        return not self._upkeep.heed()

    # What is done when something fails.

    def _rescue(self, waiting: Sequence[Waiting], error: BaseException) -> None:
        """After a group failed, nothing of it is stored. A fault of the store fails all of it; a
        fault of the data must cost only the rows that have it."""
        self._knowledge.forget([batch for batch, _ in waiting])
        fault = self._recovery.fault(error)
        for each in waiting:
            batch, future = each
            if fault is not None:
                self._intake.release([each])
                future.set_exception(fault)
                continue
            try:
                receipt = self._store_pieces(batch, 0, batch.rows)
            except Unavailable as failure:
                self._intake.release([each])
                future.set_exception(failure)
            else:
                self._intake.release([each])
                future.set_result(receipt)

    def _store_pieces(self, batch: Batch, start: int, stop: int) -> Receipt:
        """Store what can be stored of the rows from ``start`` to ``stop``. Raises Unavailable if
        the store is at fault."""
        piece = _piece(batch, start, stop)
        try:
            group = self._prepare([piece])
            cursor = self._recovery.preparing
            commit_group(group, self._knowledge.rollups, cursor, self._queries)
        except BaseException as error:
            self._knowledge.forget([piece])
            fault = self._recovery.fault(error)
            if fault is not None:
                raise fault from error
            if stop - start <= 1:
                log.warning("row rejected by the store", owner=batch.owner, error=str(error))
                refused = (Rejection(start, str(error)),)
                return Receipt(self._knowledge.last_seq, 0, 0, refused)
        else:
            self._knowledge.learn(group)
            self._knowledge.last_seq = self._knowledge.next_seq
            self._publish(group.events)
            return group.receipts[0]
        middle = (start + stop) // 2
        first = self._store_pieces(batch, start, middle)
        second = self._store_pieces(batch, middle, stop)
        return Receipt(
            second.seq,
            first.stored + second.stored,
            first.duplicates + second.duplicates,
            (*first.rejected, *second.rejected),
        )

    def _give_up(self, waiting: Sequence[Waiting], error: BaseException) -> None:
        """A mistake in what is done about failures: nobody may wait for ever because of it."""
        log.error("a group could not be stored", error=repr(error), exc_info=error)
        self._recovery.distrust(error)
        left = [each for each in waiting if not each.future.done()]
        self._intake.release(left)
        for _, future in left:
            refuse(future, Unavailable(f"The store cannot write now: {error!r}"))


def _piece(batch: Batch, start: int, stop: int) -> Batch:
    """Rows of a batch, counted from its first span on: spans, log records, registrations."""
    spans = len(batch.facts)
    logs = batch.logs.num_rows if batch.logs is not None else 0
    return Batch(
        owner=batch.owner,
        received_ns=batch.received_ns,
        spans=_rows(batch.spans, start, stop),
        facts=batch.facts[start:stop],
        logs=_rows(batch.logs, start - spans, stop - spans),
        registrations=batch.registrations[
            max(start - spans - logs, 0) : max(stop - spans - logs, 0)
        ],
    )


def _rows(table: pa.Table | None, start: int, stop: int) -> pa.Table | None:
    start, stop = max(start, 0), max(stop, 0)
    return table.slice(start, stop - start) if table is not None and stop > start else None
