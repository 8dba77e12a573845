"""A program that is told by environment variables alone where its spans go, as an agent is that
was not written for AuditTrail. Prints what it sent.

    python -m tests.clients.from_environment VARIABLES...

For each argument, a JSON object of variables, a child of its own is such a program, and prints a
line: the packages are imported once.
"""

from __future__ import annotations

import json
import os
import sys
import traceback

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
    print(flush=True)


def in_a_child(variables: dict[str, str]) -> int:
    """Run the program with these variables as well; its exit status."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 1
    try:
        os.environ |= variables
        main()
        status = 0
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    sys.exit(any(in_a_child(json.loads(variables)) for variables in sys.argv[1:]))
