"""google.rpc.Status and export responses, as OTLP clients expect them."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import orjson
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from audittrail.errors import (
    AuditTrailError,
    InvalidInput,
    NotAuthenticated,
    NotPermitted,
    TooLarge,
    Unavailable,
)
from audittrail.receiver.pipeline import Encoding, Outcome, Signal

__all__ = [
    "Failure",
    "failure_of",
    "response_bytes",
    "retry_after_header",
    "status_bytes",
    "status_message",
]

_MAX_MESSAGE: Final = 4096

_REJECTED_JSON: Final = {
    "traces": "rejectedSpans",
    "logs": "rejectedLogRecords",
    "metrics": "rejectedDataPoints",
}


class Failure(NamedTuple):
    """An error in the terms of both doors."""

    code: int  # google.rpc.Code, which is the gRPC status code as well
    http_status: int
    message: str
    retry_after: float | None = None
    bad_request: bool = False


def failure_of(error: Exception) -> Failure:
    """What clients are told. Faults that may pass are retryable on both doors (503 and
    UNAVAILABLE); a plain 500 would make clients drop their data."""
    message = str(error)[:_MAX_MESSAGE]
    if isinstance(error, TooLarge):
        return Failure(Code.RESOURCE_EXHAUSTED, 413, message)
    if isinstance(error, InvalidInput):
        return Failure(Code.INVALID_ARGUMENT, 400, message, bad_request=True)
    if isinstance(error, NotAuthenticated):
        return Failure(Code.UNAUTHENTICATED, 401, message)
    if isinstance(error, NotPermitted):
        return Failure(Code.PERMISSION_DENIED, 403, message)
    if isinstance(error, Unavailable):
        return Failure(Code.UNAVAILABLE, 503, message, error.retry_after)
    if isinstance(error, AuditTrailError):
        return Failure(Code.FAILED_PRECONDITION, 400, message)
    return Failure(Code.UNAVAILABLE, 503, "The server failed; send it again later.", 5.0)


def status_message(failure: Failure) -> Status:
    """With RetryInfo where a retry may help and BadRequest where the request is at fault."""
    details: list[Any] = []
    if failure.retry_after is not None:
        seconds = int(failure.retry_after)
        nanos = int((failure.retry_after - seconds) * 1e9)
        details.append(RetryInfo(retry_delay=Duration(seconds=seconds, nanos=nanos)))
    if failure.bad_request:
        violation = BadRequest.FieldViolation(field="body", description=failure.message)
        details.append(BadRequest(field_violations=[violation]))
    packed = []
    for detail in details:
        holder = AnyMessage()
        holder.Pack(detail)
        packed.append(holder)
    return Status(code=failure.code, message=failure.message, details=packed)


def status_bytes(failure: Failure, encoding: Encoding) -> bytes:
    """The body of an HTTP error."""
    if encoding == "protobuf":
        encoded: bytes = status_message(failure).SerializeToString()
        return encoded
    status: dict[str, Any] = {"code": failure.code, "message": failure.message}
    details: list[dict[str, Any]] = []
    if failure.retry_after is not None:
        kind = "type.googleapis.com/google.rpc.RetryInfo"
        details.append({"@type": kind, "retryDelay": f"{failure.retry_after:g}s"})
    if failure.bad_request:
        kind = "type.googleapis.com/google.rpc.BadRequest"
        violation = {"field": "body", "description": failure.message}
        details.append({"@type": kind, "fieldViolations": [violation]})
    if details:
        status["details"] = details
    return orjson.dumps(status)


def retry_after_header(failure: Failure) -> str | None:
    """Retry-After counts whole seconds."""
    return None if failure.retry_after is None else str(max(1, math.ceil(failure.retry_after)))


def response_bytes(outcome: Outcome, signal: Signal, encoding: Encoding) -> bytes:
    """The body of a success; partial_success is set only if something was rejected."""
    rejected, message = outcome.rejected, outcome.message[:_MAX_MESSAGE]
    if encoding == "json":
        if not rejected:
            return b"{}"
        partial = {_REJECTED_JSON[signal]: str(rejected), "errorMessage": message}
        return orjson.dumps({"partialSuccess": partial})
    if not rejected:
        return b""
    if signal == "traces":
        return ExportTraceServiceResponse(
            partial_success=ExportTracePartialSuccess(
                rejected_spans=rejected, error_message=message
            )
        ).SerializeToString()
    if signal == "logs":
        return ExportLogsServiceResponse(
            partial_success=ExportLogsPartialSuccess(
                rejected_log_records=rejected, error_message=message
            )
        ).SerializeToString()
    return ExportMetricsServiceResponse(
        partial_success=ExportMetricsPartialSuccess(
            rejected_data_points=rejected, error_message=message
        )
    ).SerializeToString()
