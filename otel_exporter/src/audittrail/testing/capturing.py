"""The spans of a piece of code, in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, Tracer, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from audittrail import semconv
from audittrail.errors import SettingsError
from audittrail.otel_exporter import AuditTrailSpanProcessor
from audittrail.testing.clock import deterministic_clock
from audittrail.testing.ids import deterministic_ids
from audittrail.testing.spans import Spans

__all__ = ["capture"]

_METHODS: Final = ("on_start", "_on_ending", "on_end")
_making = threading.Lock()


@contextmanager
def capture(
    *, deterministic: bool = True, running: bool = False, send: bool = False
) -> Iterator[Spans]:
    """Collect the spans that are started and ended inside the block, of the whole process.

    It works with the tracer provider that is there, and makes one if there is none. The ids count
    from 1 and the times from a fixed moment, unless ``deterministic`` is false. Nothing is sent
    anywhere unless ``send`` is true. With ``running``, the versions that are sent of spans before
    they end are collected as well.
    """
    if deterministic and send:
        raise SettingsError("Spans with counted ids must not be sent; give deterministic=False.")
    with _making:
        provider = _provider()
        switch = _switch(provider)
    capturing = _Capture(deterministic, send)
    with ExitStack() as stack:
        # Inside of another capture its ids and its clock go on.
        if deterministic and not any(each.deterministic for each in switch.captures):
            stack.enter_context(deterministic_ids(provider))
            stack.enter_context(deterministic_clock())
        if running:
            stack.enter_context(capturing.watched_running())
        stack.enter_context(switch.turned_to(capturing))
        yield capturing.spans


class _Capture:
    def __init__(self, deterministic: bool, send: bool) -> None:
        self.deterministic = deterministic
        self.send = send
        self.spans = Spans()
        self._live: SpanProcessor | None = None

    @contextmanager
    def watched_running(self) -> Iterator[None]:
        live = self._live = AuditTrailSpanProcessor(
            _Running(self.spans), live=True, live_delay_millis=0, schedule_delay_millis=0
        )
        try:
            yield
            live.force_flush()
        finally:
            live.shutdown()

    def started(self, span: Span, parent_context: Context | None) -> None:
        if self._live is not None:
            self._live.on_start(span, parent_context)

    def ended(self, span: ReadableSpan) -> None:
        self.spans.add(span)
        if self._live is not None:
            self._live.on_end(span)


class _Switch:
    """Stands before all processors of a provider, and stays there. Spans that start while there
    are captures belong to those, and reach no processor, not even when they end later."""

    def __init__(self, processor: SpanProcessor) -> None:
        self.captures: tuple[_Capture, ...] = ()
        self._owners: dict[tuple[int, int], tuple[_Capture, ...]] = {}
        self._behind = (processor.on_start, processor._on_ending, processor.on_end)
        # Every span holds on to the processor itself, so its methods are what is replaced.
        for name in _METHODS:
            setattr(processor, name, getattr(self, name))

    @contextmanager
    def turned_to(self, capture: _Capture) -> Iterator[None]:
        self.captures += (capture,)
        try:
            yield
        finally:
            self.captures = tuple(each for each in self.captures if each is not capture)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        owners = self.captures
        if owners:
            self._owners[_ids(span)] = owners
        for capture in owners:
            capture.started(span, parent_context)
        if _pass(owners):
            self._behind[0](span, parent_context)

    def _on_ending(self, span: Span) -> None:
        if _pass(self._owners.get(_ids(span), ())):
            self._behind[1](span)

    def on_end(self, span: ReadableSpan) -> None:
        owners = self._owners.pop(_ids(span), ())
        for capture in owners:
            if capture in self.captures:
                capture.ended(span)
        if _pass(owners):
            self._behind[2](span)


def _pass(owners: tuple[_Capture, ...]) -> bool:
    return all(capture.send for capture in owners)


class _Running(SpanExporter):
    def __init__(self, spans: Spans) -> None:
        self._spans = spans

    def export(self, spans: Any) -> SpanExportResult:
        for span in spans:
            if (span.attributes or {}).get(semconv.RUNNING):
                self._spans.add_running(span)
        return SpanExportResult.SUCCESS


def _ids(span: ReadableSpan) -> tuple[int, int]:
    context = span.get_span_context()
    return (0, 0) if context is None else (context.trace_id, context.span_id)


def _provider() -> TracerProvider:
    provider = trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider):
        # It stays: tracers that libraries keep are bound to the first provider for ever.
        trace.set_tracer_provider(TracerProvider())
        provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        raise SettingsError(
            f"The tracer provider is a {type(provider).__name__}, but capture() needs the one of "
            "the OpenTelemetry SDK."
        )
    return provider


def _switch(provider: TracerProvider) -> _Switch:
    """That of the processor which all tracers of a provider call, and which calls those that were
    added."""
    tracer = provider.get_tracer("audittrail.testing")
    if not isinstance(tracer, Tracer):
        raise SettingsError("OTEL_SDK_DISABLED is set, so there are no spans; unset it in tests.")
    there = getattr(tracer.span_processor.on_end, "__self__", None)
    return there if isinstance(there, _Switch) else _Switch(tracer.span_processor)
