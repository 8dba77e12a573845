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
        time.sleep(0.01)


@pytest.mark.parametrize("door", doors.BOTH, ids=str)
def test_a_stream_of_spans_outlasts_a_kill(
    mortal: Server, door: Door, exporter_log: pytest.LogCaptureFixture
) -> None:
    """A server killed while batches are on their way loses no span and stores none twice; what it
    is not there to take is sent when it is back on the same ports."""
    person = new_person(mortal)
    processor = BatchSpanProcessor(
        door.span_exporter(mortal, person.key), schedule_delay_millis=5, max_export_batch_size=8
    )
    sent = InMemorySpanExporter()
    provider = TracerProvider(resource=PLANNER, shutdown_on_exit=False)
    provider.add_span_processor(processor)
    provider.add_span_processor(SimpleSpanProcessor(sent))
    tracer = provider.get_tracer("tests.stream")
    root = tracer.start_span("stream")
    inside = set_span_in_context(root)
    trace_id = format_trace_id(root.get_span_context().trace_id)

    def stream(count: int) -> None:
        for number in range(count):
            tracer.start_span(f"step {number}", inside, attributes={"number": number}).end()

    def said(start: str) -> bool:
        return any(message.startswith(start) for message in exporter_log.messages)

    stream(60)
    mortal.kill()
    stream(60)
    wait_until(lambda: said("Transient error"), "the exporter tries again")
    mortal.start()
    root.end()
    told = [told_span(span) for span in sent.get_finished_spans()]
    wait_until(lambda: _stored(person, trace_id) >= len(told), "all spans are there")
    processor.shutdown()
    assert not said("Failed")
    check_spans(person, told)


def _stored(person: Person, trace_id: str) -> int:
    with person.client() as client:
        answer = client.get(f"/api/v1/traces/{trace_id}")
    return int(answer.json()["data"]["span_count"]) if answer.status_code == 200 else 0
