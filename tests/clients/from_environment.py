"""A program that is told by environment variables alone where its spans go, as an agent is that
was not written for AuditTrail. Prints what it sent."""

from __future__ import annotations

import json
import sys

from opentelemetry import trace
from opentelemetry.sdk._configuration import _OTelSDKConfigurator
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.clients.python_told import told_span
from tests.clients.tree import grow


class Distro(_OTelSDKConfigurator):
    """Configures the SDK from OTEL_* variables, as a distribution of OpenTelemetry does."""


def main() -> None:
    Distro().configure()
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    sent = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(sent))
    grow(provider, provider)
    provider.shutdown()
    json.dump([told_span(span) for span in sent.get_finished_spans()], sys.stdout)


if __name__ == "__main__":
    main()
