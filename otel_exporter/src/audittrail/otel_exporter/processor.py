"""The span processor: sends spans as running while they run, and finally when they end."""

from __future__ import annotations

import os
import time
import weakref
from typing import Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.trace import TraceFlags

from audittrail.otel_exporter.exporter import AuditTrailSpanExporter
from audittrail.otel_exporter.process import process_exit
from audittrail.otel_exporter.settings import Settings
from audittrail.otel_exporter.worker import Worker

__all__ = ["AuditTrailSpanProcessor"]

_SAMPLED: Final = int(TraceFlags.SAMPLED)
# The exporter of this package takes 5 seconds at most, and leaves the rest to the spool.
_SHUTDOWN_MILLIS: Final = 10_000.0


class AuditTrailSpanProcessor(SpanProcessor):
    """Gives spans to an exporter from a thread of its own; the agent's threads never wait.

    A span that still runs ``live_delay_millis`` after its start is sent as running, and again
    every ``heartbeat_seconds``. With ``live`` off, final versions alone are sent, as receivers
    other than AuditTrail want it. Any standard exporter will do; without one, spans go to
    AuditTrail as the environment says. What is not given is read from ``AUDITTRAIL_LIVE`` and
    ``OTEL_BSP_*``.
    """

    def __init__(
        self,
        exporter: SpanExporter | None = None,
        *,
        live: bool | None = None,
        schedule_delay_millis: float | None = None,
        max_queue_size: int | None = None,
        max_export_batch_size: int | None = None,
        live_delay_millis: float | None = None,
        heartbeat_seconds: float | None = None,
        settings: Settings | None = None,
    ) -> None:
        """``settings`` are used as they are, in place of the rest."""
        self._settings = settings or Settings.read(
            live=live,
            schedule_delay_millis=schedule_delay_millis,
            max_queue_size=max_queue_size,
            max_export_batch_size=max_export_batch_size,
            live_delay_millis=live_delay_millis,
            heartbeat_seconds=heartbeat_seconds,
        )
        self._exporter = exporter or AuditTrailSpanExporter(settings=settings)
        self._worker: Worker | None = Worker(self._exporter, self._settings)
        self._stopping: Worker | None = None
        self._inherited: frozenset[int] = frozenset()
        self._pid = os.getpid()
        self._parent = 0
        process_exit.watch(self)

    @property
    def span_exporter(self) -> SpanExporter:
        return self._exporter

    @property
    def closed(self) -> bool:
        """Whether it was shut down."""
        return self._worker is None

    @property
    def live(self) -> bool:
        """Whether running spans are sent."""
        return self._settings.live

    @property
    def dropped(self) -> int:
        """How many spans were dropped since more than ``max_queue_size`` waited."""
        worker = self._worker
        return 0 if worker is None else worker.dropped

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        worker = self._worker
        context = span.context
        if worker is None or context is None or not context.trace_flags & _SAMPLED:
            return
        worker.live[context.span_id] = weakref.ref(span)
        if worker.heeds_start:
            worker.wake()

    def on_end(self, span: ReadableSpan) -> None:
        worker = self._worker
        context = span.context
        if worker is None or context is None or not context.trace_flags & _SAMPLED:
            return
        span_id = context.span_id
        if self._inherited and self._is_parents(span_id):
            return
        ended = worker.ended
        waiting = len(ended)
        ended.append(span)
        worker.live.pop(span_id, None)
        if waiting >= worker.notable:
            worker.notice(waiting)

    def force_flush(self, timeout_millis: float = 30_000) -> bool:
        """True once all ended spans, and running ones that are due, are exported."""
        until = time.monotonic() + timeout_millis / 1e3
        worker = self._worker
        if worker is None or not worker.flush(timeout_millis / 1e3):
            return False
        left = max(0, int((until - time.monotonic()) * 1e3))
        # Exporters made before there was a result to give return None.
        return self._exporter.force_flush(left) is not False

    def shutdown(self, timeout_millis: float = _SHUTDOWN_MILLIS) -> None:
        """Send what waits, and stop. Spans that still run are sent once more as running."""
        with process_exit.uninterrupted:
            worker = self._worker
            if worker is None:
                if self._stopping is not None:
                    self._stopping.wait_until_stopped(timeout_millis / 1e3)
                return
            self._stopping, self._worker = worker, None
            worker.stop(timeout_millis / 1e3)

    def after_fork(self) -> None:
        """In a child: what was recorded before is the parent's to send."""
        self._stopping = None
        if self._worker is not None:
            self._inherited |= frozenset(self._worker.live)
            self._parent, self._pid = self._pid, os.getpid()
            self._worker = Worker(self._exporter, self._settings)

    def _is_parents(self, span_id: int) -> bool:
        """Whether a span was started before the fork, in a parent that is still there to end it.
        A daemon's parent is gone."""
        return span_id in self._inherited and os.getppid() == self._parent
