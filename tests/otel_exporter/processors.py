"""Processors for tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import pytest
from opentelemetry.sdk.trace.export import SpanExporter

from audittrail.otel_exporter import AuditTrailSpanProcessor

__all__ = ["HOUR", "MakeProcessor", "make_processor"]

HOUR = 3_600_000


class MakeProcessor(Protocol):
    def __call__(self, exporter: SpanExporter, **how: Any) -> AuditTrailSpanProcessor: ...


@pytest.fixture
def make_processor() -> Iterator[MakeProcessor]:
    """Processors that are shut down after the test."""
    made = []

    def make(exporter: SpanExporter, **how: Any) -> AuditTrailSpanProcessor:
        made.append(AuditTrailSpanProcessor(exporter, **how))
        return made[-1]

    yield make
    for each in made:
        each.shutdown()
