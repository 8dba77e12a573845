"""The metric exporters of the Python SDK: refused in a way that does no harm."""

from __future__ import annotations

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    InMemoryMetricReader,
    MetricExportResult,
    MetricReader,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View

from tests.clients import doors
from tests.clients.doors import Door
from tests.support.people import Person
from tests.support.servers import Server

POINTS = 6


def measure(reader: MetricReader) -> MeterProvider:
    """Make a provider with POINTS data points of every kind."""
    views = [
        View(instrument_name="seconds.fine", aggregation=ExponentialBucketHistogramAggregation())
    ]
    provider = MeterProvider([reader], shutdown_on_exit=False, views=views)
    meter = provider.get_meter("tests.metrics")
    calls = meter.create_counter("calls")
    calls.add(1, {"tool": "search"})
    calls.add(2, {"tool": "book"})
    meter.create_up_down_counter("open").add(-1)
    meter.create_gauge("load").set(0.5)
    meter.create_histogram("seconds").record(0.25)
    meter.create_histogram("seconds.fine").record(0.25)
    return provider


def some_metrics() -> MetricsData:
    reader = InMemoryMetricReader()
    provider = measure(reader)
    data = reader.get_metrics_data()
    provider.shutdown()
    assert data is not None
    return data


@pytest.mark.parametrize("door", doors.ALL, ids=str)
def test_metrics_do_not_disturb_an_agent(
    server: Server, person: Person, door: Door, exporter_log: pytest.LogCaptureFixture
) -> None:
    """Exporting them succeeds, in the background as well, and nothing is logged."""
    exporter = door.metric_exporter(server, person.key)
    assert exporter.export(some_metrics()) is MetricExportResult.SUCCESS
    provider = measure(PeriodicExportingMetricReader(exporter))
    assert provider.force_flush()
    provider.shutdown()
    assert exporter_log.messages == []


def _over_grpc(person: Person, request: ExportMetricsServiceRequest) -> bytes:
    metadata = [("authorization", f"Bearer {person.key}")]
    with grpc.insecure_channel(person.server.otlp_grpc) as channel:
        answer = MetricsServiceStub(channel).Export(request, metadata=metadata, timeout=60)
    encoded: bytes = answer.SerializeToString()
    return encoded


def _over_http(person: Person, request: ExportMetricsServiceRequest) -> bytes:
    answer = person.otlp(request.SerializeToString(), "metrics")
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.mark.parametrize("ask", [_over_grpc, _over_http])
def test_metrics_are_answered_with_partial_success(person: Person, ask: object) -> None:
    """What the exporters send is answered with the number of points that are not stored, and
    why."""
    assert callable(ask)
    answer = ExportMetricsServiceResponse.FromString(ask(person, encode_metrics(some_metrics())))
    partial: ExportMetricsPartialSuccess = answer.partial_success
    assert partial.rejected_data_points == POINTS
    assert "not metrics" in partial.error_message
