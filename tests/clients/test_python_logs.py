"""The log record exporters of the Python SDK, over every door."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable

import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    InMemoryLogRecordExporter,
    LogRecordExporter,
    SimpleLogRecordProcessor,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import format_trace_id, set_span_in_context, use_span

from tests.clients import doors
from tests.clients.doors import Door
from tests.clients.python_told import told_log
from tests.clients.told import Told, check_logs
from tests.clients.tree import ATTRIBUTES, PLANNER, VALUES
from tests.support.people import Person
from tests.support.servers import Server

Processor = SimpleLogRecordProcessor | BatchLogRecordProcessor


class Sending:
    """A running span, and log records that are sent before it ends."""

    def __init__(
        self,
        server: Server,
        person: Person,
        door: Door,
        processor_of: Callable[[LogRecordExporter], Processor] = BatchLogRecordProcessor,
    ) -> None:
        self._person = person
        self._spans = SimpleSpanProcessor(door.span_exporter(server, person.key))
        tracers = TracerProvider(resource=PLANNER, shutdown_on_exit=False)
        tracers.add_span_processor(self._spans)
        self.span = tracers.get_tracer("tests.spans").start_span("logging")
        self.inside: Context = set_span_in_context(self.span)
        self._logs = processor_of(door.log_exporter(server, person.key))
        self._sent = InMemoryLogRecordExporter()
        self.loggers = LoggerProvider(resource=PLANNER, shutdown_on_exit=False)
        self.loggers.add_log_record_processor(self._logs)
        self.loggers.add_log_record_processor(SimpleLogRecordProcessor(self._sent))

    def finish(self) -> list[Told]:
        """End the span; the API has each record as it was sent. Returns them, by time."""
        self._logs.force_flush()
        self._logs.shutdown()
        self.span.end()
        self._spans.shutdown()
        trace_id = format_trace_id(self.span.get_span_context().trace_id)
        return check_logs(self._person, trace_id, map(told_log, self._sent.get_finished_logs()))


def emit_all_kinds(sending: Sending) -> None:
    """A record of each kind of body and each severity, and one that does not say when."""
    logger = sending.loggers.get_logger("tests.logs", "2.0", "https://example.com/2", {"n": 1})
    start = time.time_ns() // 10**9 * 10**9 + 123_456_789
    for number, body in enumerate(VALUES.values()):
        logger.emit(
            LogRecord(
                timestamp=start + number * 1000,
                context=sending.inside,
                body=body,
                attributes={"value": body},
            )
        )
    for severity in SeverityNumber:
        logger.emit(
            LogRecord(
                timestamp=start + 10**8 + severity.value * 1000,
                context=sending.inside,
                severity_number=severity,
                severity_text=f"{severity.name} \U0001f600\x00",
                event_name=f"tests.{severity.name} \U0001f600\x00",
                attributes=ATTRIBUTES,
            )
        )
    logger.emit(LogRecord(context=sending.inside, body="observed now"))


@pytest.mark.parametrize(
    ("door", "processor_of"),
    [
        *((door, BatchLogRecordProcessor) for door in doors.ALL),
        *((door, SimpleLogRecordProcessor) for door in doors.BOTH),
    ],
    ids=doors.name_of,
)
def test_log_records_arrive_field_for_field(
    server: Server,
    person: Person,
    door: Door,
    processor_of: Callable[[LogRecordExporter], Processor],
) -> None:
    """Span, both times, severity, name, resource, scope, and bodies and attributes of every type;
    also of records that come before their span."""
    sending = Sending(server, person, door, processor_of)
    emit_all_kinds(sending)
    sending.finish()


@pytest.mark.parametrize("door", doors.BOTH, ids=str)
def test_what_an_agent_logs_with_python_is_in_its_trace(
    server: Server, person: Person, door: Door
) -> None:
    """The standard library's log calls inside a span, with arguments, extras and an exception."""
    sending = Sending(server, person, door)
    with warnings.catch_warnings():
        # The SDK moves this class to another package.
        warnings.simplefilter("ignore", DeprecationWarning)
        handler = LoggingHandler(logger_provider=sending.loggers)
    logger = logging.Logger("tests.agent")  # noqa: LOG001 - of this test alone
    logger.addHandler(handler)
    with use_span(sending.span, end_on_exit=False):
        logger.info("asked %s for %d cities", "Grüße", 2, extra={"tries": 3, "where": ["a"]})
        try:
            raise ValueError("no such city\x00")
        except ValueError:
            logger.exception({"structured": [1, 2.0]})
    assert [record["body"] for record in sending.finish()] == [
        "asked Grüße for 2 cities",
        {"structured": [1, 2.0]},
    ]
