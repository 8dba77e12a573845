"""Sending requests, in order, on a thread of its own.

What waits is older on disk than in memory. While the server is away all of it moves to disk, and is
sent from there before anything newer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from audittrail.otel_exporter.delivery.attempts import Attempts
from audittrail.otel_exporter.delivery.connection import Connection
from audittrail.otel_exporter.delivery.outbox import Item, Outbox
from audittrail.otel_exporter.delivery.retry import Backoff
from audittrail.otel_exporter.delivery.splitting import Request
from audittrail.otel_exporter.delivery.spool import Spool
from audittrail.otel_exporter.delivery.spool_folder import Entry
from audittrail.otel_exporter.delivery.statistics import Statistics
from audittrail.otel_exporter.delivery.tally import Tally
from audittrail.otel_exporter.delivery.transport import Retry, Transport, make_transport
from audittrail.otel_exporter.notices import Notices
from audittrail.otel_exporter.process import fork_hooks
from audittrail.otel_exporter.process.suppression import suppressed
from audittrail.otel_exporter.settings import Settings

__all__ = ["Delivery"]

_log = logging.getLogger(__name__)
# For an attempt while it closes, and for the last one where the server is known to be away.
_CLOSING_TRY_SECONDS: Final = 5.0
_LAST_TRY_SECONDS: Final = 1.0
_AFTER_A_FAULT_SECONDS: Final = 1.0


class Delivery:
    """Takes requests and sees to it that they arrive."""

    def __init__(
        self, settings: Settings, connect: Callable[[Settings], Transport] = make_transport
    ) -> None:
        self._settings = settings
        self._connect = connect
        self._notices = Notices(_log)
        self._closing = False
        self._fresh()
        self._spool = Spool(settings, self._notices, self._lost_on_disk)
        fork_hooks.watch(self)
        if self._spool.has_leftovers():
            with self._changed:
                self._start()

    def _fresh(self) -> None:
        """The state of a process that has sent nothing yet."""
        self._changed = threading.Condition()
        self._spilling = threading.Lock()
        self._outbox = Outbox(self._settings.outbox_max_bytes, self._settings.max_request_bytes)
        self._head: Item | None = None  # taken out of the outbox, and not settled
        self._handed = 0
        self._settled = 0
        self._tally = Tally()
        self._connection = Connection(self._settings, self._connect)
        self._attempts = Attempts(self._settings, self._tally, self._notices)
        self._backoff = Backoff()
        self._away = False
        self._hurry = False
        self._deadline = float("inf")
        self._abandoned = False
        self._thread: threading.Thread | None = None

    @property
    def closed(self) -> bool:
        return self._closing

    @property
    def statistics(self) -> Statistics:
        with self._changed:
            head = self._head
            spooled, on_disk = self._spool.spans, len(self._spool)
            return self._tally.snapshot(
                waiting=self._outbox.spans + spooled + (head.request.spans if head else 0),
                waiting_requests=len(self._outbox) + on_disk + (head is not None),
                spooled=spooled,
            )

    def count_dropped(self, spans: int) -> None:
        self._tally.add(dropped=spans)

    def hand_over(self, request: Request) -> bool:
        """Take a request; False where it cannot be kept."""
        with self._changed:
            if self._closing or not self._outbox.fits(request):
                self._tally.add(dropped=request.spans)
                return False
            self._handed += 1
            gone = self._outbox.put(Item(request, self._handed))
            for item in gone:
                self._tally.add(dropped=item.request.spans)
                self._settle(item.number)
            if self._thread is None:
                self._start()
            self._changed.notify_all()
        if gone:
            self._notices.error(
                "More spans wait for %s than memory is given to; %d of the oldest are lost",
                self._settings.endpoint,
                sum(item.request.spans for item in gone),
            )
        return True

    def flush(self, seconds: float) -> bool:
        """Wait until all that was handed over so far is acknowledged. It tries at once where the
        server was away, unless the server named a time."""
        until = time.monotonic() + seconds
        lost = self._tally.lost
        with self._changed:
            wanted = self._handed
            self._hurry = True
            self._changed.notify_all()
            if wanted and self._thread is None and not self._closing:
                self._start()
            threaded = self._thread is not None
            if threaded:
                self._changed.wait_for(lambda: self._settled >= wanted, seconds)
        if not threaded and self._settled < wanted:
            self._flush_here(wanted, until)
        return self._settled >= wanted and self._tally.lost == lost

    def close(self, seconds: float) -> None:
        """Send what can be sent in this time, and keep the rest on disk."""
        with self._changed:
            if self._closing:
                return
            self._closing = True
            self._deadline = time.monotonic() + seconds
            self._changed.notify_all()
            thread = self._thread
        fork_hooks.forget(self)
        if thread is not None:
            thread.join(seconds)
            if thread.is_alive():
                self._abandon()
        elif self._handed > self._settled:  # no thread could be started
            self._run()
        else:
            self._finish()

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name="audittrail-delivery", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the interpreter ends; flush or close sends what waits
            return
        self._thread = thread

    def _run(self) -> None:
        with suppressed():
            self._spool.adopt()
            while self._has_work():
                try:
                    retry = self._step()
                    if retry is None:
                        self._is_back()
                        continue
                    self._is_away(retry)
                    if self._closing:
                        break
                    self._wait_out(retry)
                except Exception:
                    self._notices.exception("Sending spans failed; it goes on")
                    time.sleep(_AFTER_A_FAULT_SECONDS)
            if not self._abandoned:
                self._finish()

    def _has_work(self) -> bool:
        """Wait for it; False at the end."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._closing or self._head or self._outbox or self._spool
            )
            if self._abandoned or (self._closing and time.monotonic() >= self._deadline):
                return False
            return bool(self._head or self._outbox or self._spool)

    def _step(self) -> Retry | None:
        """Try to send what is oldest."""
        entry = self._spool.first()
        if entry is not None:
            body = self._spool.read(entry)
            if body is None:
                return None
            retry = self._send(entry.number or entry.path, Request(body, entry.spans))
            if retry is None:
                self._spool.remove(entry)
                self._settle(entry.number)
                if self._outbox.is_half_full:  # draining takes long
                    self._spill()
            return retry
        item = self._take()
        if item is None:
            return None
        retry = self._send(item.number, item.request)
        if retry is None:
            with self._changed:
                self._head = None
            self._settle(item.number)
        return retry

    def _send(self, key: object, request: Request) -> Retry | None:
        self._hurry = False
        try:
            transport = self._connection.get()
        except Exception as error:
            return Retry(f"{type(error).__name__}: {error}")
        return self._attempts.send(transport, key, request, self._timeout)

    def _timeout(self) -> float:
        if not self._closing:
            return self._settings.timeout
        most = _LAST_TRY_SECONDS if self._away else _CLOSING_TRY_SECONDS
        # What is left after it is for keeping the rest on disk.
        return max(
            0.05, min(most, self._settings.timeout, 0.8 * (self._deadline - time.monotonic()))
        )

    def _is_away(self, retry: Retry) -> None:
        self._away = True
        self._notices.warning(
            "%s takes no spans just now (%s). They wait and are sent later; is AuditTrail "
            "running there, and is AUDITTRAIL_ENDPOINT right?",
            self._settings.endpoint,
            retry.reason,
        )

    def _wait_out(self, retry: Retry) -> None:
        """Until the next attempt, keep what comes on disk."""
        until = time.monotonic() + self._backoff.next(retry.after)
        while True:
            self._spill()
            with self._changed:
                left = until - time.monotonic()
                if self._closing or left <= 0 or (self._hurry and not retry.after):
                    return
                self._changed.wait(left)

    def _is_back(self) -> None:
        self._backoff.reset()
        if self._away:
            self._away = False
            self._notices.info("%s takes spans again", self._settings.endpoint)
            self._spool.adopt()  # what others left meanwhile

    def _take(self) -> Item | None:
        with self._changed:
            if self._head is None:
                self._head = self._outbox.take()
            return self._head

    def _spill(self) -> None:
        """Move what is in memory to disk, as far as that is possible."""
        with self._spilling:
            while item := self._take():
                if self._spool.add(item.request, item.number) is None:
                    return
                with self._changed:
                    self._head = None

    def _settle(self, number: int) -> None:
        with self._changed:
            self._settled = max(self._settled, number)
            self._changed.notify_all()

    def _lost_on_disk(self, entry: Entry, reason: str) -> None:
        self._tally.add(dropped=entry.spans)
        self._settle(entry.number)
        self._notices.error("%d spans that waited on disk are lost: %s", entry.spans, reason)

    def _flush_here(self, wanted: int, until: float) -> None:
        with suppressed():
            while self._settled < wanted and time.monotonic() < until:
                if self._step() is not None:
                    return

    def _abandon(self) -> None:
        """The time is up and the thread waits for an answer still: what is on its way is kept as
        well, since it may not arrive. Sent twice, it is stored once."""
        self._abandoned = True
        if self._spilling.acquire(timeout=_LAST_TRY_SECONDS):
            self._spilling.release()
            self._finish()

    def _finish(self) -> None:
        self._spill()
        with self._changed:
            left = (self._head.request.spans if self._head else 0) + self._outbox.spans
            self._head = None
            self._outbox.clear()
        if left:
            self._tally.add(dropped=left)
            self._notices.error(
                "%d spans could neither be sent to %s nor kept on disk; they are lost",
                left,
                self._settings.endpoint,
            )
        if self._spool.spans:
            self._notices.info(
                "%d spans for %s wait on disk; the next process with the same key sends them",
                self._spool.spans,
                self._settings.endpoint,
            )
        self._spool.close()
        self._connection.close()

    def before_fork(self) -> None:
        self._connection.before_fork()

    def after_fork(self) -> None:
        self._connection.after_fork()

    def after_fork_in_child(self) -> None:
        """What waits is sent by the parent, from its memory and its folder on disk."""
        self._notices.after_fork()
        self._fresh()
        self._spool.after_fork()
