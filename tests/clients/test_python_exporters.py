"""The official Python exporters, over every door."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import format_trace_id

from tests.clients import doors
from tests.clients.doors import Door
from tests.clients.python_told import told_span
from tests.clients.told import Told, check_nothing_stored, check_spans
from tests.clients.tree import PLANNER, TIGHT, TIGHT_LIMITS, grow
from tests.support.people import Person, new_person
from tests.support.servers import Server

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("door", "processor_of"),
    [
        *((door, BatchSpanProcessor) for door in doors.ALL),
        *((door, SimpleSpanProcessor) for door in doors.BOTH),
    ],
    ids=doors.name_of,
)
def test_spans_arrive_field_for_field(
    server: Server,
    person: Person,
    door: Door,
    processor_of: Callable[[SpanExporter], SimpleSpanProcessor | BatchSpanProcessor],
) -> None:
    """What the SDK's spans say is what the API says, exactly."""
    processor = processor_of(door.span_exporter(server, person.key))
    sent = InMemorySpanExporter()
    provider = TracerProvider(resource=PLANNER, shutdown_on_exit=False)
    limited = TracerProvider(resource=TIGHT, span_limits=TIGHT_LIMITS, shutdown_on_exit=False)
    for each in (provider, limited):
        each.add_span_processor(processor)
        each.add_span_processor(SimpleSpanProcessor(sent))
    grow(provider, limited)
    processor.force_flush()
    processor.shutdown()
    check_spans(person, map(told_span, sent.get_finished_spans()))


PROTOCOLS = ("grpc", "http/protobuf")
HEADERS = ("authorization=Bearer%20{}", "x-api-key={}")


def variables_for(person: Person, protocol: str, header: str) -> dict[str, str]:
    server = person.server
    return {
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        "OTEL_EXPORTER_OTLP_ENDPOINT": (
            f"http://{server.otlp_grpc}" if protocol == "grpc" else server.otlp_http
        ),
        "OTEL_EXPORTER_OTLP_HEADERS": header.format(person.key),
        "OTEL_SERVICE_NAME": "configured",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=staging,empty=",
    }


@pytest.fixture(scope="module")
def configured(server: Server) -> dict[tuple[str, str], tuple[Person, list[Told]]]:
    """For each protocol and header somebody, and what was sent for them by a program that knew
    nothing but variables."""
    people = {each: new_person(server) for each in itertools.product(PROTOCOLS, HEADERS)}
    told = [json.dumps(variables_for(person, *each)) for each, person in people.items()]
    done = subprocess.run(
        [sys.executable, "-m", "tests.clients.from_environment", *told],
        env={name: value for name, value in os.environ.items() if name[:5] != "OTEL_"},
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    sent = map(json.loads, done.stdout.splitlines())
    return {
        each: (person, spans) for (each, person), spans in zip(people.items(), sent, strict=True)
    }


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_environment_variables_are_all_an_agent_needs(
    configured: dict[tuple[str, str], tuple[Person, list[Told]]], protocol: str, header: str
) -> None:
    """The variables of OpenTelemetry choose the exporter, the endpoint and the key."""
    person, sent = configured[protocol, header]
    check_spans(person, sent)
    spans = person.spans(sent[0]["trace_id"])
    assert {span["service_name"] for span in spans} == {"configured"}
    assert {span["environment"] for span in spans} == {"staging"}


def a_span() -> ReadableSpan:
    provider = TracerProvider(resource=Resource({}), shutdown_on_exit=False)
    sent = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(sent))
    provider.get_tracer("tests").start_span("alone").end()
    return sent.get_finished_spans()[0]


@pytest.mark.parametrize("may", ["nothing", "read"])
@pytest.mark.parametrize("door", doors.BOTH, ids=str)
def test_a_key_that_may_not_ingest_is_refused_at_once(
    server: Server, person: Person, door: Door, may: str, exporter_log: pytest.LogCaptureFixture
) -> None:
    """The exporter says so, does not try again, and nothing is stored."""
    key = "sk-at-" + "0" * 40 if may == "nothing" else person.new_key("read")
    exporter = door.span_exporter(server, key)
    span = a_span()
    assert exporter.export([span]) is SpanExportResult.FAILURE
    exporter.shutdown()
    said = [record.getMessage() for record in exporter_log.records]
    refusals = {
        ("grpc", "nothing"): "StatusCode.UNAUTHENTICATED",
        ("grpc", "read"): "StatusCode.PERMISSION_DENIED",
        ("http", "nothing"): "code: 401",
        ("http", "read"): "code: 403",
    }
    assert len(said) == 1, said
    assert said[0].startswith("Failed to export")
    assert refusals[door.name, may] in said[0]
    context = span.get_span_context()
    assert context is not None
    check_nothing_stored(person, format_trace_id(context.trace_id))
