"""Talking OTLP without an exporter in between: any bytes, any headers, through any door."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, NamedTuple

import grpc
import httpx
from google.protobuf import json_format
from google.rpc import error_details_pb2
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.support.connections import KEPT
from tests.support.otlp import as_json
from tests.support.people import Person

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
TYPES: Final = (PROTOBUF, JSON)
HTTP_DOORS: Final = ("otlp_http", "api")
SIGNALS: Final = ("traces", "logs", "metrics")

RESPONSES: Final[dict[str, Any]] = {
    "traces": ExportTraceServiceResponse,
    "logs": ExportLogsServiceResponse,
    "metrics": ExportMetricsServiceResponse,
}
_SIGNAL_OF: Final[dict[type, str]] = {
    ExportTraceServiceRequest: "traces",
    ExportLogsServiceRequest: "logs",
    ExportMetricsServiceRequest: "metrics",
}
_METHODS: Final = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    "metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
}
_TIMEOUT: Final = 60


def post(
    person: Person,
    body: bytes,
    content_type: str | None = PROTOBUF,
    *,
    signal: str = "traces",
    door: str = "otlp_http",
    method: str = "POST",
    **headers: str,
) -> httpx.Response:
    """Underscores in the names of headers stand for dashes; an empty one is not sent."""
    given = {"authorization": f"Bearer {person.key}", "content-type": content_type or ""}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    url = f"{getattr(person.server, door)}/v1/{signal}"
    sent = {name: value for name, value in given.items() if value}
    with httpx.Client(timeout=_TIMEOUT, transport=KEPT) as client:
        return client.request(method, url, content=body, headers=sent)


def call(
    person: Person,
    body: bytes,
    signal: str = "traces",
    *,
    metadata: tuple[tuple[str, str], ...] | None = None,
    compression: grpc.Compression | None = None,
    address: str | None = None,
) -> bytes:
    """The answer to a gRPC call with these bytes. Raises grpc.RpcError."""
    if metadata is None:
        metadata = (("authorization", f"Bearer {person.key}"),)
    with grpc.insecure_channel(address or person.server.otlp_grpc) as channel:
        export = channel.unary_unary(_METHODS[signal])
        answer: bytes = export(body, metadata=metadata, compression=compression, timeout=_TIMEOUT)
    return answer


def status_in(response: httpx.Response) -> Status:
    """The google.rpc.Status in the body of an HTTP error, read by its content type."""
    assert not response.is_success
    if response.headers["content-type"] == PROTOBUF:
        return Status.FromString(response.content)
    assert response.headers["content-type"] == JSON
    found: Status = json_format.Parse(response.text, Status())
    return found


def code_of(error: grpc.RpcError) -> grpc.StatusCode:
    assert isinstance(error, grpc.Call)
    return error.code()


def status_of(error: grpc.RpcError) -> Status | None:
    """The google.rpc.Status that came with a gRPC error; None if gRPC itself made it."""
    assert isinstance(error, grpc.Call)
    trailing = dict(error.trailing_metadata() or ())
    encoded = trailing.get("grpc-status-details-bin")
    return Status.FromString(encoded) if isinstance(encoded, bytes) else None


def detail(status: Status, kind: str) -> Any:
    """The detail of this kind (BadRequest, RetryInfo) of a status; None if it has none."""
    for packed in status.details:
        found = getattr(error_details_pb2, kind)()
        if packed.Unpack(found):
            return found
    return None


@cache
def _kept_export(address: str, signal: str) -> Any:
    """A method of a channel that stays open, for those who do nothing odd with it."""
    return grpc.insecure_channel(address).unary_unary(_METHODS[signal])


class Way(NamedTuple):
    """A door and an encoding."""

    door: str
    content_type: str = PROTOBUF

    def send(self, person: Person, message: Any) -> Any:
        """Send a request that has to be taken; returns the response message."""
        signal = _SIGNAL_OF[type(message)]
        if self.door == "grpc":
            metadata = (("authorization", f"Bearer {person.key}"),)
            export = _kept_export(person.server.otlp_grpc, signal)
            body = message.SerializeToString()
            return self.response(signal, export(body, metadata=metadata, timeout=_TIMEOUT))
        body = as_json(message) if self.content_type == JSON else message.SerializeToString()
        answer = post(person, body, self.content_type, signal=signal, door=self.door)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == self.content_type
        return self.response(signal, answer.content)

    def response(self, signal: str, body: bytes) -> Any:
        """The response message in the body of an answer."""
        if self.content_type == JSON:
            return json_format.Parse(body, RESPONSES[signal]())
        return RESPONSES[signal].FromString(body)

    def __str__(self) -> str:
        return f"{self.door}-{self.content_type.rpartition('/')[2]}"


GRPC: Final = Way("grpc")
WAYS: Final = (GRPC, *(Way(door, kind) for door in HTTP_DOORS for kind in TYPES))
