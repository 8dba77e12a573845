"""An agent of its own process, for tests: it exports spans of one trace, forks, ends as told.

    python -m tests.otel_exporter.agent SETTINGS COMMAND...

``span NAME`` exports a span of that name; ``flush`` waits until all is acknowledged; ``spooled``
until all that waits is on disk; ``fork`` starts a child that does the rest as well (its span names
begin with ``child``), and waits for it at the end; ``shutdown``; ``die`` ends it as a kill does.
``open`` has another part of the agent keep a gRPC channel open.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from audittrail.otel_exporter import AuditTrailSpanExporter
from tests.otel_exporter.finished import wait_until_spooled

# For good: in a child that gRPC did not follow, closing one can crash it.
CHANNELS: list[object] = []


def open_channel() -> object:
    """To an address where nobody is."""
    import grpc

    channel = grpc.insecure_channel("127.0.0.1:1")
    with contextlib.suppress(grpc.RpcError):
        channel.unary_unary("/a.Service/Call")(b"")
    return channel


def main(settings: str, commands: Iterator[str]) -> int:
    arguments = json.loads(settings)
    trace_id = int(arguments.pop("trace_id"), 16)
    exporter = AuditTrailSpanExporter(**arguments)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("tests.agent")
    parent = SpanContext(trace_id, 1, is_remote=True, trace_flags=TraceFlags(1))
    inside = set_span_in_context(NonRecordingSpan(parent))
    prefix, children = "", []
    for command in commands:
        if command == "span":
            tracer.start_span(prefix + next(commands), inside).end()
        elif command == "flush":
            assert exporter.force_flush(60_000), exporter.statistics
        elif command == "spooled":
            wait_until_spooled(exporter)
        elif command == "open":
            CHANNELS.append(open_channel())
        elif command == "shutdown":
            exporter.shutdown()
        elif command == "die":
            os._exit(9)
        elif command == "fork":
            if child := os.fork():
                children.append(child)
            else:
                prefix, children = f"child {prefix}", []
    assert all(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0 for child in children)
    return 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    code = 1
    try:
        code = main(sys.argv[1], iter(sys.argv[2:]))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)  # no hook at the end of the process does what a command did not
