"""Exporters that remember, wait or fail, and waiting for what happens on other threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from opentelemetry import context
from opentelemetry.sdk.trace import ReadableSpan, Tracer, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from audittrail import semconv
from audittrail.otel_exporter import AuditTrailSpanProcessor

# Far more than anything here takes.
PATIENCE = 30.0


class Recorder(SpanExporter):
    """Keeps what it is given, batch by batch, and what the context said then."""

    def __init__(self) -> None:
        self.batches: list[list[ReadableSpan]] = []
        self.contexts: list[context.Context] = []
        self.flushed = 0
        self.shut_down = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.contexts.append(context.get_current())
        self.batches.append(list(spans))
        return SpanExportResult.SUCCESS

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        self.flushed += 1
        return True

    def shutdown(self) -> None:
        self.shut_down += 1

    @property
    def spans(self) -> list[ReadableSpan]:
        return [span for batch in list(self.batches) for span in batch]

    def names(self, *, running: bool = False) -> list[str]:
        return [span.name for span in self.spans if is_running(span) == running]

    def told(self) -> list[str]:
        """Names in the order in which they came, those of running versions with a tilde."""
        return ["~" * is_running(span) + span.name for span in self.spans]


class Hanging(Recorder):
    """Exports nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.let_go = threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.entered.set()
        assert self.let_go.wait(PATIENCE)
        return super().export(spans)


class Failing(Recorder):
    """Raises the first few times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self.times:
            self.times -= 1
            raise ConnectionError("nobody there")
        return super().export(spans)


def is_running(span: ReadableSpan) -> bool:
    return bool((span.attributes or {}).get(semconv.RUNNING))


def tracer_of(processor: AuditTrailSpanProcessor) -> Tracer:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("tests")
    assert isinstance(tracer, Tracer)
    return tracer


def eventually(condition: Callable[[], object], what: str = "") -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"it never came: {what or condition}"
        time.sleep(0.002)
