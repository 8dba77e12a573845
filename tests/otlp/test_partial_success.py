"""Success says nothing; what was not taken is counted and explained."""

from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from tests.otlp.wire import JSON, TYPES, WAYS, Way, post
from tests.support.otlp import logs_request, new_trace_id, span, traces_message
from tests.support.people import Person

NOTHING = "00" * 16


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_full_success_leaves_partial_success_unset(person: Person, way: Way) -> None:
    """Spans and log records that are all stored are answered with an empty message."""
    trace_id = new_trace_id()
    record = {"trace_id": trace_id, "body": "hello"}
    logs = ExportLogsServiceRequest.FromString(logs_request(record))
    for message in (traces_message(span(trace_id)), logs):
        answer = way.send(person, message)
        assert not answer.HasField("partial_success")
        assert answer.ByteSize() == 0


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_rejected_spans_are_counted_with_the_reasons(person: Person, way: Way) -> None:
    """The request succeeds; the answer has how many spans were left out, and why."""
    trace_id = new_trace_id()
    message = traces_message(
        span(trace_id),
        span(NOTHING),
        span(NOTHING),
        span(trace_id, "00" * 8),
        span(trace_id),
    )
    partial = way.send(person, message).partial_success
    assert partial.rejected_spans == 3
    assert "trace_id is all zeros (2 times)" in partial.error_message
    assert "span_id is all zeros" in partial.error_message
    assert len(person.spans(trace_id)) == 2


def test_json_tells_the_count_as_text(person: Person) -> None:
    """The count is a 64-bit integer, which OTLP writes as text in JSON."""
    body = b'{"resourceSpans": [{"scopeSpans": [{"spans": [{}, 5]}]}]}'
    partial = post(person, body, JSON).json()["partialSuccess"]
    assert partial["rejectedSpans"] == "2"
    assert "trace_id has 0 bytes" in partial["errorMessage"]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_request_of_nothing_but_bad_spans_still_succeeds(person: Person, way: Way) -> None:
    """Sending them again would not help, so it is no error."""
    message = traces_message(*(span(NOTHING) for _ in range(10)))
    assert way.send(person, message).partial_success.rejected_spans == 10


@pytest.mark.parametrize("kind", TYPES)
def test_the_answer_stays_short(person: Person, kind: str) -> None:
    """Thousands of different reasons do not make an answer that clients refuse to read: they
    allow 4 MiB, and a few kilobytes are enough."""
    bad = [{"traceId": "ab" * 16, "spanId": f"{n} " + "zz" * 500} for n in range(3000)]
    if kind == JSON:
        body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": bad}]}]}).encode()
    else:
        message = traces_message()
        scoped = message.resource_spans[0].scope_spans[0]
        for n in range(3000):
            scoped.spans.add(trace_id=bytes(n + 17), span_id=b"12345678")
        body = message.SerializeToString()
    response = post(person, body, kind)
    assert response.status_code == 200
    assert len(response.content) < 8192
    assert "3000" in response.text
    assert "other reasons" in response.text


def _points(count: int) -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    metrics: Any = request.resource_metrics.add().scope_metrics.add().metrics
    for kind in ("gauge", "sum", "histogram", "exponential_histogram", "summary"):
        metric = metrics.add(name=kind)
        for _ in range(count):
            getattr(metric, kind).data_points.add()
    metrics.add(name="without data")
    return request


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_metrics_are_taken_and_not_pretended_to_be_stored(person: Person, way: Way) -> None:
    """The sender of metrics is told that none of the points is stored, and how to stop sending
    them; its request is no error."""
    partial = way.send(person, _points(3)).partial_success
    assert partial.rejected_data_points == 15
    assert "OTEL_METRICS_EXPORTER=none" in partial.error_message
    assert not way.send(person, _points(0)).HasField("partial_success")


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_log_record_without_a_span_is_no_fault(person: Person, way: Way) -> None:
    """Log records need not belong to a trace: those that do not are taken all the same."""
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add().body.string_value = "hello"
    assert not way.send(person, request).HasField("partial_success")
