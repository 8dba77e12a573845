"""Spans that are seen while they run."""

from __future__ import annotations

import logging
from typing import Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from audittrail import semconv

__all__ = ["LiveSpanProcessor"]

log: Final = logging.getLogger(__name__)


class LiveSpanProcessor(SpanProcessor):
    """Sends each span twice: when it starts, marked as running, and when it has ended, which
    replaces it. ``lost`` counts what could not be sent.

    It sends in the agent's own thread, so that nothing arrives out of order: right for a few
    spans a second, as a demonstration has them.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self.lost = 0

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self._send(_running(span))

    def on_end(self, span: ReadableSpan) -> None:
        self._send(span)

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def _send(self, span: ReadableSpan) -> None:
        try:
            sent = self._exporter.export((span,)) is SpanExportResult.SUCCESS
        except Exception:
            # Telemetry must not break the agent.
            log.exception("a span could not be sent")
            sent = False
        if not sent:
            self.lost += 1


def _running(span: Span) -> ReadableSpan:
    """The span as it is now, without an end."""
    return ReadableSpan(
        name=span.name,
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes={**(span.attributes or {}), semconv.RUNNING: True},
        events=span.events,
        links=span.links,
        kind=span.kind,
        status=span.status,
        start_time=span.start_time,
        end_time=None,
        instrumentation_scope=span.instrumentation_scope,
    )
