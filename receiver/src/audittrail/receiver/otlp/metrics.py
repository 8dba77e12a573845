"""OTLP metrics: counted, to tell their sender how many are not stored."""

from __future__ import annotations

from typing import Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from audittrail.errors import Undecodable
from audittrail.receiver.otlp.json_reader import BadRecord, items_in, parse_object

__all__ = ["count_points", "count_points_json"]

_KINDS: Final = ("gauge", "sum", "histogram", "exponential_histogram", "summary")
_JSON_KINDS: Final = ("gauge", "sum", "histogram", "exponentialHistogram", "summary")


def count_points(body: bytes) -> int:
    """Raises Undecodable if the bytes are not an ExportMetricsServiceRequest."""
    try:
        request = ExportMetricsServiceRequest.FromString(body)
    except DecodeError as error:
        raise Undecodable(f"not an ExportMetricsServiceRequest: {error}") from error
    return sum(
        len(getattr(metric, kind).data_points)
        for resource in request.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for kind in _KINDS
        if metric.HasField(kind)
    )


def count_points_json(body: bytes) -> int:
    """Raises Undecodable if the body is not an ExportMetricsServiceRequest in JSON."""
    try:
        return sum(
            len(items_in(metric[kind], "dataPoints"))
            for resource in items_in(parse_object(body), "resourceMetrics")
            for scope in items_in(resource, "scopeMetrics")
            for metric in items_in(scope, "metrics")
            for kind in _JSON_KINDS
            if isinstance(metric.get(kind), dict)
        )
    except BadRecord as error:
        raise Undecodable(str(error)) from error
