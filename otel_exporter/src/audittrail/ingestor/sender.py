"""The thread that sends spans, in the order in which they came."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from audittrail.errors import AuditTrailError, TooLarge, Unavailable
from audittrail.otel_exporter.delivery.retry import Backoff
from audittrail.otel_exporter.notices import Notices
from audittrail.otel_exporter.process import process_exit
from audittrail.otel_exporter.process.suppression import suppressed

if TYPE_CHECKING:
    from audittrail.ingestor.rest import RestClient

__all__ = ["Item", "Sender"]

_log = logging.getLogger("audittrail.ingestor")
_PATH: Final = "/api/v1/ingest/spans"
_MAX_SPANS: Final = 20_000
_MAX_BYTES: Final = 64 << 20
_REQUEST_BYTES: Final = 8 << 20
_AT_EXIT_SECONDS: Final = 5.0


class Item(NamedTuple):
    """A span as JSON, and what a log may call it."""

    name: str
    body: bytes


class Sender:
    """Takes spans without waiting; at most 20,000 or 64 MiB of them. The oldest give way.

    Every span that was taken is ``done`` at some time: stored, rejected or dropped.
    """

    def __init__(
        self, connect: Callable[[], RestClient], batch_size: int, flush_interval: float
    ) -> None:
        self._connect = connect
        self._batch_size = batch_size
        self._interval = flush_interval
        self._notices = Notices(_log)
        self.stored = self.rejected = self.dropped = 0
        self._renew()
        process_exit.watch(self)

    def _renew(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[Item] = deque()
        self._bytes = 0
        self._taken = self._done = 0
        self._wanted = 0  # so many are to be done without delay
        self._until: float | None = None  # closing: no attempts after this time
        self._over = False
        self._thread: threading.Thread | None = None
        self._client: RestClient | None = None

    def put(self, item: Item) -> None:
        """Take a span. Never waits for the network."""
        with process_exit.uninterrupted, self._changed:
            if self._until is not None:
                self.dropped += 1
                self._notices.warning("Spans came after the ingestor was closed; they are lost")
                return
            self._taken += 1
            self._waiting.append(item)
            self._bytes += len(item.body)
            while len(self._waiting) > _MAX_SPANS or self._bytes > _MAX_BYTES:
                self._bytes -= len(self._waiting.popleft().body)
                self._drop(1)
            if self._thread is None:
                self._start()
            if len(self._waiting) in (1, self._batch_size):
                self._changed.notify_all()

    def refuse(self) -> None:
        """Count a span that cannot be sent at all."""
        with process_exit.uninterrupted, self._changed:
            self.rejected += 1

    def force_flush(self, timeout_millis: float = 30_000) -> bool:
        """True once all spans so far are at the server, or were refused by it."""
        with self._changed:
            self._wanted = wanted = self._taken
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._done >= wanted, timeout_millis / 1e3)

    def shutdown(self, timeout_millis: float = _AT_EXIT_SECONDS * 1e3) -> None:
        """Send what can be sent in this time; the rest is lost, and counted."""
        with process_exit.uninterrupted:
            self._close(timeout_millis / 1e3)

    def _close(self, timeout: float) -> None:
        with self._changed:
            if self._until is not None:
                return
            self._until = time.monotonic() + timeout
            self._wanted = self._taken
            thread = self._thread
            self._changed.notify_all()
        if thread is None:
            self._run()
        else:
            thread.join(timeout + 1)
        with self._changed:
            left = self._taken - self._done
            if left:
                self._drop(left)
            self._over = True

    def after_fork(self) -> None:
        """In a child: what was taken before is the parent's to send."""
        self._notices.after_fork()
        closed = self._until is not None
        self._renew()
        if closed:
            self._until = 0.0

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name="audittrail-ingestor", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # too late in the life of the interpreter: shutdown sends
            return
        self._thread = thread

    def _run(self) -> None:
        with suppressed():
            try:
                while batch := self._next_batch():
                    self._deliver(batch)
            except Exception:
                self._notices.exception("Spans can no longer be sent")
            finally:
                if self._client is not None:
                    self._client.close()

    def _next_batch(self) -> list[Item]:
        """Wait for one; empty when there is nothing left to do."""
        with self._changed:
            while not self._waiting:
                if self._until is not None:
                    return []
                self._changed.wait()
            gathered = time.monotonic() + self._interval
            while self._done >= self._wanted and len(self._waiting) < self._batch_size:
                left = gathered - time.monotonic()
                if left <= 0 or self._until is not None:
                    break
                self._changed.wait(left)
            batch: list[Item] = []
            size = 0
            while self._waiting and len(batch) < self._batch_size:
                size += len(self._waiting[0].body)
                if batch and size > _REQUEST_BYTES:
                    break
                batch.append(self._waiting.popleft())
            self._bytes -= sum(len(item.body) for item in batch)
            return batch

    def _deliver(self, batch: list[Item]) -> None:
        """Until it is at the server, is refused by it, or time is up."""
        backoff = Backoff()
        while True:
            try:
                if self._client is None:
                    self._client = self._connect()
                data = self._client.post(_PATH, _body(batch))
            except Unavailable as error:
                self._notices.warning("Spans wait to be sent: %s", error)
                if not self._pause(backoff.next(error.retry_after)):
                    self._settle(dropped=len(batch))
                    return
            except TooLarge as error:
                if len(batch) == 1:
                    self._refused(batch, error)
                    return
                half = len(batch) // 2
                self._deliver(batch[:half])
                self._deliver(batch[half:])
                return
            except AuditTrailError as error:
                self._refused(batch, error)
                return
            except Exception:
                self._notices.exception("Spans could not be sent; they are lost")
                self._settle(dropped=len(batch))
                return
            else:
                self._look_at(data, batch)
                return

    def _pause(self, seconds: float) -> bool:
        """Wait before another attempt; False if there is no time for one. A flush does not wait."""
        with self._changed:
            if self._until is not None:
                seconds = min(seconds, self._until - time.monotonic())
                if seconds <= 0:
                    return False
            wanted, until = self._wanted, self._until
            self._changed.wait_for(
                lambda: (self._wanted, self._until) != (wanted, until), timeout=seconds
            )
            return self._until is None or time.monotonic() < self._until

    def _look_at(self, data: Any, batch: list[Item]) -> None:
        rejected = data.get("rejected") if isinstance(data, dict) else None
        refused = rejected if isinstance(rejected, list) else []
        for each in refused:
            place = each.get("index")
            known = isinstance(place, int) and 0 <= place < len(batch)
            self._notices.warning(
                "The server rejected the span %r: %s",
                batch[place].name if known else each.get("span_id"),
                "; ".join(str(error.get("msg")) for error in each.get("errors", ())),
            )
        self._settle(stored=len(batch) - len(refused), rejected=len(refused))

    def _refused(self, batch: list[Item], error: AuditTrailError) -> None:
        names = ", ".join(item.name for item in batch[:3])
        self._notices.error("%d spans are lost (%s, ...): %s", len(batch), names, error)
        self._settle(rejected=len(batch))

    def _settle(self, *, stored: int = 0, rejected: int = 0, dropped: int = 0) -> None:
        with self._changed:
            if self._over:
                return  # counted as dropped already
            self.stored += stored
            self.rejected += rejected
            self._done += stored + rejected
            if dropped:
                self._drop(dropped)
            self._changed.notify_all()

    def _drop(self, count: int) -> None:
        self.dropped += count
        self._done += count
        self._notices.warning(
            "%d spans were dropped so far, since the server could not be reached in time",
            self.dropped,
        )


def _body(batch: list[Item]) -> bytes:
    return b'{"batch":[' + b",".join(item.body for item in batch) + b"]}"
