"""What hangs on a tracer provider. The SDK has no public way to ask, so the few private names that
are needed are read here, and where an SDK has others nothing is found."""

from __future__ import annotations

from typing import cast

from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter

from audittrail.otel_exporter.exporter import AuditTrailSpanExporter
from audittrail.otel_exporter.processor import AuditTrailSpanProcessor

__all__ = ["exporter_of", "global_provider", "processors_of", "replace", "sends_to_audittrail"]


def global_provider() -> TracerProvider | None:
    """The SDK's provider that the application uses, if it has one already."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        return provider
    # Some wrap the SDK's.
    return cast(TracerProvider, provider) if hasattr(provider, "add_span_processor") else None


def processors_of(provider: TracerProvider) -> tuple[SpanProcessor, ...] | None:
    """What the provider's spans go to, in order; None where that cannot be told."""
    processors = getattr(_all_of(provider), "_span_processors", None)
    return tuple(processors) if isinstance(processors, tuple | list) else None


def exporter_of(processor: SpanProcessor) -> SpanExporter | None:
    """The exporter of a processor of the SDK, or of this package."""
    exporter = getattr(processor, "span_exporter", None)
    return exporter if isinstance(exporter, SpanExporter) else None


def sends_to_audittrail(processor: SpanProcessor) -> bool:
    """Whether it is a processor of this package that works, or one of the SDK with its exporter."""
    if isinstance(processor, AuditTrailSpanProcessor):
        return not processor.closed
    return isinstance(exporter_of(processor), AuditTrailSpanExporter)


def replace(provider: TracerProvider, old: SpanProcessor, new: SpanProcessor) -> bool:
    """Put a processor in the place of another, which is not shut down. False where this SDK does
    not let itself be changed so."""
    processors = processors_of(provider) or ()
    if not any(each is old for each in processors):
        return False
    replaced = tuple(new if each is old else each for each in processors)
    _all_of(provider)._span_processors = replaced  # type: ignore[attr-defined]  # it has them
    return True


def _all_of(provider: TracerProvider) -> object:
    return getattr(provider, "_active_span_processor", None)
