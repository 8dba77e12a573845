"""The thread that gathers spans and hands them to an exporter."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from queue import Empty, SimpleQueue
from typing import Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter

from audittrail.otel_exporter.notices import Notices
from audittrail.otel_exporter.process import process_exit
from audittrail.otel_exporter.process.suppression import suppressed
from audittrail.otel_exporter.running import Announcer, LiveSpans
from audittrail.otel_exporter.settings import Settings

__all__ = ["Worker"]

_log = logging.getLogger(__name__)
# With so many live spans it is worth looking for those that were forgotten.
_MANY: Final = 1024
# Between two attempts to start a thread where the system refuses one.
_RETRY_SECONDS: Final = 1.0
# A delay of 0 must not become a busy loop.
_SHORTEST_DELAY: Final = 0.001


class _Request:
    """What somebody waits for: that all spans so far are with the exporter."""

    def __init__(self, *, stop: bool) -> None:
        self.stop = stop
        self.done = threading.Event()


class Worker:
    """What the agent's threads write to, and the thread that takes it from there.

    The agent's threads put spans into ``live`` and ``ended`` and look at ``heeds_start`` and
    ``notable``; each of these steps is one operation of the interpreter, so there is no lock.
    ``notable`` is the number of waiting spans from which on ``notice`` wants to be called: 0 while
    the thread sleeps without a deadline, nearly a batch while it gathers, and the capacity once it
    is awake.
    """

    def __init__(self, exporter: SpanExporter, settings: Settings) -> None:
        self.live: LiveSpans = {}
        self.ended: deque[ReadableSpan] = deque(maxlen=settings.max_queue_size)
        self.heeds_start = settings.live
        self.notable = 0
        self.dropped = 0
        self._exporter = exporter
        self._announces = settings.live
        self._capacity = settings.max_queue_size
        self._batch = settings.max_export_batch_size
        self._delay = max(settings.schedule_delay_millis / 1e3, _SHORTEST_DELAY)
        self._announcer = Announcer(settings.live_delay_millis, settings.heartbeat_seconds)
        self._notices = Notices(_log)
        self._dropped_before = 0
        self._many = _MANY
        # Anybody may write to a SimpleQueue at any moment, even a signal handler.
        self._requests: SimpleQueue[_Request | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._retry_at = 0.0
        self._stopped = threading.Event()

    def notice(self, waiting: int) -> None:
        """So many ended spans waited when another came: a reason to wake up, or too many."""
        if waiting >= self._capacity:
            # The oldest made room, since a root ends last and says most. Two drops at the very
            # same moment may count as one.
            self.dropped += 1
            if self._thread is not None:
                return
        self.wake()

    def wake(self) -> None:
        """Make the thread look, and start it if there is none yet."""
        self.heeds_start = False
        self.notable = self._capacity
        if self._thread is None and not self._start():
            self.notable = 0
            return
        self._requests.put(None)

    def flush(self, timeout: float) -> bool:
        """Hand all spans so far over to the exporter; False if that takes too long."""
        return self._ask(_Request(stop=False), timeout)

    def stop(self, timeout: float) -> bool:
        """Hand over all spans, running ones too, and shut the exporter down."""
        try:
            if self._ask(_Request(stop=True), timeout):
                return True
        finally:
            self._stopped.set()
        # Some exporters give up what they are at when they are told to shut down.
        closing = threading.Thread(target=self._shut_down, name="audittrail-close", daemon=True)
        try:
            closing.start()
        except RuntimeError:
            self._notices.warning("The exporter could not be shut down")
        return False

    def wait_until_stopped(self, timeout: float) -> None:
        """For whoever comes second, such as a signal in the middle of the end."""
        self._stopped.wait(timeout)

    def _ask(self, request: _Request, timeout: float) -> bool:
        self._retry_at = 0.0
        waits = bool(self.ended or self.live)
        if self._thread is None and not (waits and self._start()):
            # Nothing was ever recorded; or it is so late in the life of the interpreter that
            # no thread can be started any more.
            with suppressed():
                self._fulfil(request)
            return True
        self._requests.put(request)
        if request.done.wait(timeout):
            return True
        self._notices.warning(
            "%d spans could not be handed over within %.3g seconds, since the exporter hangs",
            len(self.ended),
            timeout,
        )
        return False

    def _start(self) -> bool:
        with process_exit.uninterrupted:
            return self._start_or_leave_it()

    def _start_or_leave_it(self) -> bool:
        if not self._starting.acquire(blocking=False):
            return True  # somebody else is at it
        try:
            if self._thread is not None:
                return True
            if time.monotonic() < self._retry_at:
                return False
            thread = threading.Thread(target=self._run, name="audittrail-spans", daemon=True)
            thread.start()
            self._thread = thread
        except RuntimeError:
            self._retry_at = time.monotonic() + _RETRY_SECONDS
            return False
        else:
            return True
        finally:
            self._starting.release()

    def _run(self) -> None:
        with suppressed():
            gathering_until: float | None = None
            stopped = False
            while not stopped:
                gathering_until = self._prepare_to_wait(gathering_until)
                try:
                    request = self._wait(gathering_until or self._announcer.next_beat())
                except Empty:
                    request = None
                else:
                    if request is None and len(self.ended) < self._batch:
                        continue  # the first of several, perhaps: gather
                gathering_until = None
                request = request or _Request(stop=False)
                self._fulfil(request)
                stopped = request.stop

    def _prepare_to_wait(self, gathering_until: float | None) -> float | None:
        """Say what the agent's threads shall wake this one for, and until when spans are
        gathered."""
        if not self._has_something():
            self.heeds_start = self._announces
            self.notable = 0
            if not self._has_something():  # nothing came before they could see it
                return None
        self.heeds_start = False
        self.notable = self._batch - 1
        if len(self.ended) >= self._batch:  # they came before the line above
            return time.monotonic()
        return gathering_until or time.monotonic() + self._delay

    def _has_something(self) -> bool:
        return bool(self.ended) or (self._announces and self._announcer.has_news(self.live))

    def _wait(self, deadline: float | None) -> _Request | None:
        if deadline is None:
            return self._requests.get()
        return self._requests.get(timeout=max(0.0, deadline - time.monotonic()))

    def _fulfil(self, request: _Request) -> None:
        try:
            self._export_all(running_too=request.stop)
        except Exception:
            self._notices.exception("Spans could not be handed over; they are lost")
        if request.stop:
            self._shut_down()
            self._stopped.set()
        request.done.set()

    def _export_all(self, *, running_too: bool) -> None:
        """What is running first, so that no final version is overtaken by a running one."""
        batch: list[ReadableSpan] = []
        if self._announces:
            batch = self._announcer.due(self.live, all_of_them=running_too)
        elif len(self.live) > self._many:
            self._forget()
        waiting = len(self.ended)
        while batch or waiting > 0:
            while waiting > 0 and len(batch) < self._batch:
                waiting -= 1
                try:
                    batch.append(self.ended.popleft())
                except IndexError:  # more than one thread hands over, at the very end
                    waiting = 0
            if batch:
                self._export(batch[: self._batch])
            batch = batch[self._batch :]
        if self.dropped > self._dropped_before:
            self._notices.warning(
                "%d spans were dropped so far, for want of room: more than %d waited. Raise "
                "OTEL_BSP_MAX_QUEUE_SIZE, or see why the exporter is slow",
                self.dropped,
                self._capacity,
            )
            self._dropped_before = self.dropped

    def _export(self, batch: list[ReadableSpan]) -> None:
        try:
            self._exporter.export(batch)
        except Exception:
            self._notices.exception("The exporter failed; spans are lost")

    def _forget(self) -> None:
        """Take out spans that nobody can end any more."""
        for span_id, span in list(self.live.items()):
            if span() is None:
                self.live.pop(span_id, None)
        self._many = _MANY + 2 * len(self.live)

    def _shut_down(self) -> None:
        try:
            self._exporter.shutdown()
        except Exception:
            self._notices.exception("The exporter failed to shut down")
