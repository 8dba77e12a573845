"""What waits for the writer's thread, in the order in which it came."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

import duckdb

from audittrail.errors import Overloaded, ShuttingDown
from audittrail.storage.duckdb.group import Waiting
from audittrail.storage.duckdb.rollups import RollupCache
from audittrail.storage.interface import Batch, Receipt

__all__ = ["Alone", "Intake", "Job", "Operation", "Ordered", "promise", "refuse"]

T = TypeVar("T")
Operation: TypeAlias = Callable[[duckdb.DuckDBPyConnection, RollupCache], T]

_CLOSING: Final = "The server is stopping; send it again in a moment."


def promise() -> Future[Any]:
    """A future that whoever waits for it cannot cancel: what was accepted is done, and whoever does
    it can always say so. Waiting itself may be given up."""
    made: Future[Any] = Future()
    made.set_running_or_notify_cancel()
    return made


def refuse(future: Future[Any], error: BaseException) -> None:
    """Answer with an error, if there is no answer yet."""
    # Who waits expects to catch an Exception. The extensions written in Rust also raise others.
    known = error if isinstance(error, Exception) else RuntimeError(repr(error))
    with contextlib.suppress(InvalidStateError):
        future.set_exception(known)


class Ordered(NamedTuple):
    """An operation that somebody waits for."""

    operation: Operation[Any]
    future: Future[Any]


class Alone(NamedTuple):
    """What needs the file for itself: no commit is under way, and no transaction open."""

    work: Callable[[], Any]
    future: Future[Any]


Job: TypeAlias = Waiting | Ordered | Alone


class Intake:
    """A queue whose batches are bounded in bytes: those that wait, and those that are being stored
    until ``release``. One thread takes, any may put."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._bytes = 0
        self._rows = 0
        self._closed = False

    def put(self, batch: Batch) -> Future[Receipt]:
        """Raises Overloaded if it does not fit, ShuttingDown after ``close``."""
        future: Future[Receipt] = promise()
        with self._lock:
            if self._closed:
                raise ShuttingDown(_CLOSING)
            size = batch.nbytes
            if self._bytes and self._bytes + size > self._max_bytes:
                raise Overloaded(
                    f"{self._rows} rows wait to be stored; send it again in a moment.",
                    retry_after=1.0,
                )
            self._bytes += size
            self._rows += batch.rows
            self._jobs.put(Waiting(batch, future))
        return future

    def order(self, operation: Operation[T]) -> Future[T]:
        """Raises ShuttingDown after ``close``."""
        future: Future[T] = promise()
        with self._lock:
            if self._closed:
                raise ShuttingDown(_CLOSING)
            self._jobs.put(Ordered(operation, future))
        return future

    def alone(self, work: Callable[[], T]) -> Future[T]:
        """Raises ShuttingDown after ``close``."""
        future: Future[T] = promise()
        with self._lock:
            if self._closed:
                raise ShuttingDown(_CLOSING)
            self._jobs.put(Alone(work, future))
        return future

    def close(self) -> bool:
        """Nothing more is accepted, and what was is still taken; False if it was closed before."""
        with self._lock:
            if self._closed:
                return False
            self._closed = True
            self._jobs.put(None)
            return True

    def wake(self) -> None:
        """Give the taking thread something to do, so that it looks at once."""
        self._jobs.put(Ordered(lambda *_: None, Future()))

    @property
    def queued(self) -> tuple[int, int]:
        """(rows, bytes) that are not released."""
        with self._lock:
            return self._rows, self._bytes

    def release(self, waiting: Sequence[Waiting]) -> None:
        """These are stored, or never will be."""
        with self._lock:
            self._bytes -= sum(batch.nbytes for batch, _ in waiting)
            self._rows -= sum(batch.rows for batch, _ in waiting)

    def take(self, timeout: float) -> Job | None:
        """The next job; None after the last. Raises queue.Empty when nothing comes."""
        return self._jobs.get(timeout=timeout)

    def gather(
        self, first: Waiting, rows: int, size: int
    ) -> tuple[list[Waiting], Job | None, bool]:
        """The batches that wait, up to so many bytes (but the first, however large) and about so
        many rows; the job that came after them, if one was taken; and whether it was the last."""
        group = [first]
        gathered, held = first.batch.rows, first.batch.nbytes
        while gathered < rows and held < size:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return group, None, True
            if not isinstance(job, Waiting) or held + job.batch.nbytes > size:
                return group, job, False
            group.append(job)
            gathered += job.batch.rows
            held += job.batch.nbytes
        return group, None, False
