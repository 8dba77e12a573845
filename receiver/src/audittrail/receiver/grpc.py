"""OTLP over gRPC: the Export calls of the three services.

https://opentelemetry.io/docs/specs/otlp/#otlpgrpc
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NoReturn
from urllib.parse import unquote

import grpc
import structlog

from audittrail.accounts.service import AccountService
from audittrail.errors import AuditTrailError
from audittrail.receiver.http import credential_of
from audittrail.receiver.otlp.status import Failure, failure_of, response_bytes, status_message
from audittrail.receiver.pipeline import Pipeline, Signal

__all__ = ["make_grpc_server"]

log = structlog.get_logger(__name__)

_METHODS: Final[dict[str, Signal]] = {
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export": "traces",
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export": "logs",
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export": "metrics",
}
_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}


def make_grpc_server(
    pipeline: Pipeline, accounts: AccountService, max_message_bytes: int
) -> grpc.aio.Server:
    """A server without a port yet.

    gRPC itself refuses messages over the limit, before and after decompression, with
    RESOURCE_EXHAUSTED and without RetryInfo, as OTLP wants it.
    """
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", max_message_bytes),
            ("grpc.so_reuseport", 0),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
        ]
    )
    server.add_generic_rpc_handlers((_Exports(pipeline, accounts),))
    return server


class _Exports(grpc.GenericRpcHandler):
    """Hands the bytes of a request on as they came: the pipeline decodes them."""

    def __init__(self, pipeline: Pipeline, accounts: AccountService) -> None:
        self._pipeline = pipeline
        self._accounts = accounts

    def service(self, handler_call_details: Any) -> Any:
        signal = _METHODS.get(handler_call_details.method)
        if signal is None:
            return None
        return grpc.unary_unary_rpc_method_handler(self._exporter(signal))

    def _exporter(self, signal: Signal) -> Callable[[bytes, Any], Any]:
        async def export(body: bytes, context: Any) -> bytes:
            requests = self._pipeline.metrics.requests
            try:
                given = dict(context.invocation_metadata())
                credential = credential_of(given.get("authorization"), given.get("x-api-key"))
                owner = self._accounts.admit(credential, _address(context.peer()), "OTLP/gRPC")
                with self._pipeline.admission.holding() as hold:
                    hold(len(body))
                    outcome = await self._pipeline.export(owner, signal, "protobuf", body)
            except Exception as error:
                if not isinstance(error, AuditTrailError):
                    log.exception("export failed", signal=signal)
                failure = failure_of(error)
                requests.labels("grpc", signal, _CODES[failure.code].name).inc()
                await _abort(context, failure)
            requests.labels("grpc", signal, "OK").inc()
            return response_bytes(outcome, signal, "protobuf")

        return export


def _address(peer: str) -> str:
    """Of ``ipv4:127.0.0.1:50000`` or ``ipv6:%5B::1%5D:50000``."""
    return unquote(peer).partition(":")[2].rpartition(":")[0].strip("[]") or peer


async def _abort(context: Any, failure: Failure) -> NoReturn:
    details = status_message(failure).SerializeToString()
    context.set_trailing_metadata((("grpc-status-details-bin", details),))
    await context.abort(_CODES[failure.code], failure.message)
    raise AssertionError("abort raises")
