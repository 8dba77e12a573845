"""The doors of a server, and the official Python exporters that go through them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import grpc
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import (
    OTLPMetricExporter as GrpcMetricExporter,
)
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (
    OTLPSpanExporter as GrpcSpanExporter,
)
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import (
    OTLPMetricExporter as HttpMetricExporter,
)
from opentelemetry.exporter.otlp.proto.http.trace_exporter import (
    OTLPSpanExporter as HttpSpanExporter,
)
from opentelemetry.sdk._logs.export import LogRecordExporter
from opentelemetry.sdk.metrics.export import MetricExporter
from opentelemetry.sdk.trace.export import SpanExporter

from tests.support.servers import Server

# Retries included; far more than an export takes.
_TIMEOUT_SECONDS = 120


class Door(NamedTuple):
    """A way in. ``options`` are those of the exporters for the given signal."""

    name: str
    options: Callable[[Server, str], dict[str, Any]]
    spans: Callable[..., SpanExporter]
    logs: Callable[..., LogRecordExporter]
    metrics: Callable[..., MetricExporter]

    def span_exporter(self, server: Server, key: str) -> SpanExporter:
        return self.spans(**self._options(server, "traces", key))

    def log_exporter(self, server: Server, key: str) -> LogRecordExporter:
        return self.logs(**self._options(server, "logs", key))

    def metric_exporter(self, server: Server, key: str) -> MetricExporter:
        return self.metrics(**self._options(server, "metrics", key))

    def _options(self, server: Server, signal: str, key: str) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {key}"}
        return {"headers": headers, "timeout": _TIMEOUT_SECONDS, **self.options(server, signal)}

    def __str__(self) -> str:
        return self.name


def _grpc(name: str, compression: grpc.Compression) -> Door:
    def options(server: Server, _: str) -> dict[str, Any]:
        return {"endpoint": server.otlp_grpc, "insecure": True, "compression": compression}

    return Door(name, options, GrpcSpanExporter, GrpcLogExporter, GrpcMetricExporter)


def _http(name: str, compression: Compression, at: str = "otlp_http") -> Door:
    def options(server: Server, signal: str) -> dict[str, Any]:
        return {"endpoint": f"{getattr(server, at)}/v1/{signal}", "compression": compression}

    return Door(name, options, HttpSpanExporter, HttpLogExporter, HttpMetricExporter)


GRPC = _grpc("grpc", grpc.Compression.NoCompression)
HTTP = _http("http", Compression.NoCompression)
BOTH = (GRPC, HTTP)
ALL = (
    *BOTH,
    _grpc("grpc-gzip", grpc.Compression.Gzip),
    _http("http-gzip", Compression.Gzip),
    _http("http-deflate", Compression.Deflate),
    _http("http-beside-the-api", Compression.NoCompression, at="api"),
)


def name_of(parameter: object) -> str:
    """For the name of a test: a door's, or a class's."""
    return parameter.__name__ if isinstance(parameter, type) else str(parameter)
