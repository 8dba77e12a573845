"""The tracer of this package."""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.trace import Tracer, TracerProvider

from audittrail.otel_exporter import ensure_configured, get_tracer
from audittrail.otel_exporter.distribution import version

__all__ = ["find_tracer"]

_found: tuple[TracerProvider, Tracer] | None = None


def find_tracer() -> Tracer:
    """Of the global provider; the first time, and after a change of it, it is made sure that one
    is configured."""
    global _found
    found = _found
    if found is None or found[0] is not trace.get_tracer_provider():
        ensure_configured()
        found = (trace.get_tracer_provider(), get_tracer("audittrail.traceable", version()))
        _found = found
    return found[1]
