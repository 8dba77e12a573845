"""OTLP over gRPC."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Final, cast

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceResponse as Response,
)

from audittrail.otel_exporter.delivery.transport import forked_grpc
from audittrail.otel_exporter.delivery.transport.agent import USER_AGENT
from audittrail.otel_exporter.delivery.transport.outcome import (
    Delivered,
    Outcome,
    Refused,
    Retry,
    TooLarge,
    no_receiver,
    wrong_key,
)
from audittrail.otel_exporter.settings import Settings

__all__ = ["GrpcTransport"]

_METHOD: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_RETRYABLE: Final = frozenset(
    {
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)
_OPTIONS: Final = (
    ("grpc.primary_user_agent", USER_AGENT),
    ("grpc.max_send_message_length", -1),
    # When to try again is decided here, and with a new connection.
    ("grpc.enable_retries", 0),
    ("grpc.use_local_subchannel_pool", 1),
)
_WAIT_FOR_CALL_SECONDS: Final = 2.0  # a cancelled call ends within 1 ms
_DETAILS: Final = "grpc-status-details-bin"


class GrpcTransport:
    """A channel that is made when it is needed.

    gRPC does not survive a fork while it is at work. So before one the channel is closed, a call
    on its way is cancelled and made again after it, and a new channel is made on both sides.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._changed = threading.Condition()
        self._channel: grpc.Channel | None = None
        self._busy = False
        self._forks = 0  # how many go on just now
        self._epoch = 0  # how many there were

    def send(self, body: bytes, timeout: float) -> Outcome:
        if not forked_grpc.is_usable():
            return Retry(forked_grpc.NOT_AFTER_FORK)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._forks == 0)
                self._busy = True
                epoch = self._epoch
            try:
                outcome = self._call(body, timeout)
            finally:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()
            if isinstance(outcome, Retry):
                if epoch != self._epoch:
                    continue
                self.close()  # what comes next begins with a new connection
            return outcome

    def _call(self, body: bytes, timeout: float) -> Outcome:
        try:
            with self._changed:
                if self._channel is None:
                    self._channel = _open(self._settings)
                export: grpc.UnaryUnaryMultiCallable[bytes, Response] = self._channel.unary_unary(
                    _METHOD, response_deserializer=Response.FromString
                )
            response = export(body, timeout=timeout, metadata=self._settings.headers)
        except grpc.RpcError as error:
            return _failure(self._settings, cast(grpc.Call, error))
        except ValueError as error:  # the channel was closed a moment ago
            return Retry(str(error))
        partial = response.partial_success
        return Delivered(partial.rejected_spans, partial.error_message)

    def close(self) -> None:
        with self._changed:
            channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()

    def before_fork(self) -> None:
        with self._changed:
            self._forks += 1
            self._epoch += 1
            if self._channel is not None:
                forked_grpc.expect_rest()
        self.close()
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, _WAIT_FOR_CALL_SECONDS)

    def after_fork(self) -> None:
        with self._changed:
            self._forks -= 1
            self._changed.notify_all()


def _open(settings: Settings) -> grpc.Channel:
    target = settings.endpoint.address
    gzip = settings.compression == "gzip"
    compression = grpc.Compression.Gzip if gzip else grpc.Compression.NoCompression
    if settings.endpoint.insecure:
        return grpc.insecure_channel(target, _OPTIONS, compression)
    # Made for each channel, since they too keep gRPC at work.
    return grpc.secure_channel(target, _credentials(settings), _OPTIONS, compression)


def _credentials(settings: Settings) -> grpc.ChannelCredentials:
    def read(path: str | None) -> bytes | None:
        return Path(path).read_bytes() if path else None

    return grpc.ssl_channel_credentials(
        read(settings.certificate), read(settings.client_key), read(settings.client_certificate)
    )


def _failure(settings: Settings, call: grpc.Call) -> Outcome:
    code = call.code()
    said = f"gRPC status {code.name}"
    details = f"{said}: {call.details()}" if call.details() else said
    if code in _RETRYABLE:
        return Retry(details, _retry_after(call))
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        after = _retry_after(call)
        return TooLarge(details) if after is None else Retry(details, after)
    if code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
        return wrong_key(settings, said, known=code is grpc.StatusCode.PERMISSION_DENIED)
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return no_receiver(settings, said)
    return Refused(details)


def _retry_after(call: grpc.Call) -> float | None:
    """Seconds, where the server gives a RetryInfo."""
    trailing = cast(Iterable[tuple[str, str | bytes]], call.trailing_metadata() or ())
    for key, value in trailing:
        if key != _DETAILS or not isinstance(value, bytes):
            continue
        try:
            for detail in Status.FromString(value).details:
                info = RetryInfo()
                if detail.Unpack(info):  # it is one
                    return max(0.0, float(info.retry_delay.ToTimedelta().total_seconds()))
        except (DecodeError, OverflowError):
            continue
    return None
