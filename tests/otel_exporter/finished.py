"""Finished spans of the SDK, to hand to an exporter, and what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import set_span_in_context

from audittrail.otel_exporter import AuditTrailSpanExporter

AGENT = Resource.create({"service.name": "agent"})


def trace_of(
    names: Sequence[str], attributes: Callable[[str], dict[str, Any]] = lambda _: {}
) -> tuple[str, list[ReadableSpan]]:
    """A trace with a root and these spans below it; its id, and the spans, the root last."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=AGENT, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("tests.agent", "1.0")
    root = tracer.start_span("root")
    inside = set_span_in_context(root)
    for name in names:
        tracer.start_span(name, inside, attributes=attributes(name)).end()
    root.end()
    return f"{root.get_span_context().trace_id:032x}", list(kept.get_finished_spans())


def spans_of(names: Sequence[str], **how: Any) -> list[ReadableSpan]:
    """Just these, without the root."""
    return trace_of(names, **how)[1][:-1]


def wait_until_spooled(exporter: AuditTrailSpanExporter) -> None:
    """Until all that it holds is on disk."""
    until = time.monotonic() + 30
    while (now := exporter.statistics).spooled < now.waiting or not now.waiting + now.delivered:
        assert time.monotonic() < until, now
        time.sleep(0.005)
