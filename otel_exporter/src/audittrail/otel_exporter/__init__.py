"""What an agent installs: standard OpenTelemetry parts that send spans to AuditTrail."""

from __future__ import annotations

from audittrail.otel_exporter.configure import (
    configure,
    ensure_configured,
    flush,
    get_tracer,
    shutdown,
)
from audittrail.otel_exporter.exporter import AuditTrailSpanExporter
from audittrail.otel_exporter.processor import AuditTrailSpanProcessor

__all__ = [
    "AuditTrailSpanExporter",
    "AuditTrailSpanProcessor",
    "configure",
    "ensure_configured",
    "flush",
    "get_tracer",
    "shutdown",
]
