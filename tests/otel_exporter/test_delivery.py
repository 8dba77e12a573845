"""Handing spans over: in order, and at once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExportResult,
)

from audittrail.otel_exporter import AuditTrailSpanExporter
from tests.clients.python_told import told_span
from tests.clients.told import check_spans
from tests.otel_exporter.conftest import MakeExporter
from tests.otel_exporter.finished import AGENT, spans_of, trace_of
from tests.otel_exporter.receivers import Answer, Receiver, span_names
from tests.support.people import Person
from tests.support.servers import Server

SUCCESS, FAILURE = SpanExportResult.SUCCESS, SpanExportResult.FAILURE


def to(server: Server, protocol: str) -> dict[str, Any]:
    endpoint = server.otlp_http if protocol == "http/protobuf" else server.otlp_grpc
    return {"endpoint": endpoint, "protocol": protocol}


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_every_span_arrives_as_it_is(
    make_exporter: MakeExporter, person: Person, protocol: str, compression: str
) -> None:
    exporter = make_exporter(
        api_key=person.key, compression=compression, **to(person.server, protocol)
    )
    _, spans = trace_of(["plan", "search", "answer"], lambda name: {"name": name, "n": [1, 2]})
    assert exporter.export(spans) is SUCCESS
    assert exporter.force_flush()
    check_spans(person, map(told_span, spans))
    assert exporter.statistics.delivered == 4


@pytest.mark.parametrize("processor", [BatchSpanProcessor, SimpleSpanProcessor])
def test_it_serves_the_processors_of_the_sdk(
    receiver: Receiver, processor: type[BatchSpanProcessor] | type[SimpleSpanProcessor]
) -> None:
    """Their shutdown sends what waits."""
    exporter = AuditTrailSpanExporter(**receiver.settings())
    provider = TracerProvider(resource=AGENT, shutdown_on_exit=False)
    provider.add_span_processor(processor(exporter))
    tracer = provider.get_tracer("tests")
    for number in range(100):
        tracer.start_span(str(number)).end()
    provider.shutdown()
    assert receiver.names == [str(number) for number in range(100)]


def test_small_requests_that_wait_go_together(
    make_exporter: MakeExporter, receiver: Receiver
) -> None:
    """While one is on its way, those of a SimpleSpanProcessor make one request."""
    released = threading.Event()
    receiver.answers.append(Answer(until=released))
    exporter = make_exporter(**receiver.settings())
    exporter.export(spans_of(["first"]))
    receiver.wait_for(1)
    for number in range(50):
        exporter.export(spans_of([str(number)]))
    released.set()
    assert exporter.force_flush()
    assert [len(span_names(request)) for request in receiver.kept] == [1, 50]
    assert receiver.names == ["first", *map(str, range(50))]


def test_export_does_not_wait_for_a_server_that_hangs(
    make_exporter: MakeExporter, receiver: Receiver
) -> None:
    """It returns while the answer is still to come; so does a second one."""
    never = threading.Event()
    receiver.answers.append(Answer(until=never))
    exporter = make_exporter(timeout=30, **receiver.settings())
    assert exporter.export(spans_of(["one"])) is SUCCESS
    receiver.wait_for(1)
    assert exporter.export(spans_of(["two"])) is SUCCESS
    assert exporter.statistics.waiting == 2
    never.set()
    assert exporter.force_flush()


def test_shutdown_does_not_wait_for_a_server_that_hangs(
    make_exporter: MakeExporter, receiver: Receiver
) -> None:
    """What is on its way is kept for the next process, and so is what waits behind it."""
    never = threading.Event()
    receiver.answers.append(Answer(until=never))
    exporter = make_exporter(timeout=30, **receiver.settings())
    exporter.export(spans_of(["one"]))
    receiver.wait_for(1)
    exporter.export(spans_of(["two"]))
    exporter.shutdown(timeout_millis=100)
    assert exporter.statistics.spooled == 2
    never.set()
    next_one = make_exporter(**receiver.settings())
    next_one.export(spans_of(["three"]))
    assert next_one.force_flush()
    assert receiver.names[-3:] == ["one", "two", "three"]


def test_after_shutdown_nothing_is_taken(receiver: Receiver, caplog: Any) -> None:
    exporter = AuditTrailSpanExporter(**receiver.settings())
    exporter.export(spans_of(["in time"]))
    exporter.shutdown()
    assert exporter.export(spans_of(["late"])) is FAILURE
    exporter.shutdown()
    assert receiver.names == ["in time"]
    assert exporter.statistics.dropped == 1
    assert "after the exporter was shut down" in caplog.text


def test_nothing_is_nothing(make_exporter: MakeExporter, receiver: Receiver) -> None:
    """No span, no request; and a flush with nothing to wait for does not wait."""
    exporter = make_exporter(**receiver.settings())
    assert exporter.export([]) is SUCCESS
    assert exporter.force_flush()
    assert receiver.received == []


def test_where_no_thread_can_be_started_flush_sends(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it is while an interpreter ends; shutdown sends as well."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    exporter = AuditTrailSpanExporter(**receiver.settings())
    start = threading.Thread.start
    monkeypatch.setattr(
        threading.Thread,
        "start",
        lambda thread: (refuse if thread.name == "audittrail-delivery" else start)(thread),
    )
    exporter.export(spans_of(["flushed"]))
    assert exporter.force_flush()
    exporter.export(spans_of(["last"]))
    exporter.shutdown()
    assert receiver.names == ["flushed", "last"]
