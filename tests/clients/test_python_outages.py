"""The official Python exporters while their server goes away and comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import format_trace_id, set_span_in_context

from tests.clients import doors
from tests.clients.doors import Door
from tests.clients.python_told import told_span
from tests.clients.told import check_spans
from tests.clients.tree import PLANNER
from tests.support.people import Person, new_person
from tests.support.servers import Server, make_server


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Server]:
    """A server of one test's own, to kill and start again on the same ports."""
    server = make_server(tmp_path / "server", LOGIN_ATTEMPTS_PER_MINUTE="1000")
    server.start()
    try:
        yield server
    finally:
        server.stop()


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"waited in vain until {what}"
        time.sleep(0.1)


class Stream:
    """Spans of one trace that go through a door in small batches."""

    def __init__(self, server: Server, door: Door) -> None:
        self.person = new_person(server)
        self.processor = BatchSpanProcessor(
            door.span_exporter(server, self.person.key),
            schedule_delay_millis=5,
            max_export_batch_size=8,
        )
        self.sent = InMemorySpanExporter()
        provider = TracerProvider(resource=PLANNER, shutdown_on_exit=False)
        provider.add_span_processor(self.processor)
        provider.add_span_processor(SimpleSpanProcessor(self.sent))
        self.tracer = provider.get_tracer("tests.stream")
        self.root = self.tracer.start_span("stream")

    def add(self, count: int) -> None:
        inside = set_span_in_context(self.root)
        for number in range(count):
            self.tracer.start_span(f"step {number}", inside, attributes={"number": number}).end()

    def finish(self) -> None:
        """End the trace; all of it arrives, once and as it was."""
        self.root.end()
        told = [told_span(span) for span in self.sent.get_finished_spans()]
        trace_id = format_trace_id(self.root.get_span_context().trace_id)
        wait_until(lambda: _stored(self.person, trace_id) >= len(told), "all spans are there")
        self.processor.shutdown()
        check_spans(self.person, told)


@pytest.mark.slow
def test_a_stream_of_spans_outlasts_a_kill(
    mortal: Server, exporter_log: pytest.LogCaptureFixture
) -> None:
    """Through both doors: a server killed while batches are on their way loses no span and stores
    none twice; what it is not there to take is sent when it is back on the same ports."""
    streams = [Stream(mortal, door) for door in doors.BOTH]

    def said(start: str) -> set[str]:
        """The loggers, one of each door, with such a message."""
        return {
            record.name for record in exporter_log.records if record.getMessage().startswith(start)
        }

    for stream in streams:
        stream.add(60)
    mortal.kill()
    for stream in streams:
        stream.add(60)
    wait_until(lambda: len(said("Transient error")) == len(streams), "both exporters try again")
    mortal.start()
    for stream in streams:
        stream.finish()
    assert not said("Failed")


def _stored(person: Person, trace_id: str) -> int:
    with person.client() as client:
        answer = client.get(f"/api/v1/traces/{trace_id}")
    return int(answer.json()["data"]["span_count"]) if answer.status_code == 200 else 0
