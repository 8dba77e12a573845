"""OTLP over HTTP: ``POST /v1/traces``, ``/v1/logs`` and ``/v1/metrics``.

https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import chain
from typing import Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from audittrail.accounts.service import AccountService
from audittrail.errors import AuditTrailError, InvalidInput
from audittrail.receiver.otlp.compression import decompress, too_large
from audittrail.receiver.otlp.status import (
    Failure,
    failure_of,
    response_bytes,
    retry_after_header,
    status_bytes,
)
from audittrail.receiver.pipeline import Encoding, Pipeline, Signal

__all__ = ["credential_of", "otlp_routes"]

log = structlog.get_logger(__name__)

_ENCODINGS: Final[dict[str, Encoding]] = {
    "application/x-protobuf": "protobuf",
    "application/protobuf": "protobuf",
    "application/json": "json",
}
_CONTENT_TYPES: Final[dict[Encoding, str]] = {
    "protobuf": "application/x-protobuf",
    "json": "application/json",
}
_SIGNALS: Final[tuple[Signal, ...]] = ("traces", "logs", "metrics")
# All methods come here, so that even a wrong one is answered in OTLP's terms.
_METHODS: Final = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
_NOT_FOUND: Final = 404
_METHOD_NOT_ALLOWED: Final = 405
_UNSUPPORTED_TYPE: Final = 415
_INVALID_ARGUMENT: Final = 3
_UNIMPLEMENTED: Final = 12


def credential_of(authorization: str | None, api_key: str | None) -> str | None:
    """The API key or token of a request: ``Authorization: Bearer ...`` or ``x-api-key: ...``."""
    if authorization:
        kind, _, credential = authorization.strip().partition(" ")
        return credential.strip() if kind.lower() == "bearer" else None
    return api_key


def otlp_routes(
    pipeline: Pipeline, accounts: AccountService, max_message_bytes: int, door: str
) -> list[Route]:
    """The routes of one door; ``door`` names it in the metrics."""

    def routes(signal: Signal) -> list[Route]:
        async def export(request: Request) -> Response:
            return await _export(request, signal)

        paths = (f"/v1/{signal}", f"/v1/{signal}/")
        return [Route(path, export, methods=_METHODS, include_in_schema=False) for path in paths]

    async def _export(request: Request, signal: Signal) -> Response:
        encoding = _encoding(request)
        try:
            if request.method != "POST":
                failure = Failure(
                    _INVALID_ARGUMENT, _METHOD_NOT_ALLOWED, "Only POST is possible here."
                )
                return _refusal(failure, encoding, {"allow": "POST"})
            if encoding is None:
                return _refusal(_unsupported(request), None)
            headers = request.headers
            credential = credential_of(headers.get("authorization"), headers.get("x-api-key"))
            address = request.client.host if request.client else "unknown"
            owner = accounts.admit(credential, address, "OTLP/HTTP")
            with pipeline.admission.holding() as hold:
                body = await _body(request, max_message_bytes, hold)
                hold(len(body))
                outcome = await pipeline.export(owner, signal, encoding, body)
        except ClientDisconnect:
            # Nobody is there to read an answer.
            return Response(status_code=400)
        except Exception as error:
            if not isinstance(error, AuditTrailError):
                log.exception("export failed", signal=signal)
            failure = failure_of(error)
            pipeline.metrics.requests.labels(door, signal, str(failure.http_status)).inc()
            return _refusal(failure, encoding)
        pipeline.metrics.requests.labels(door, signal, "200").inc()
        return Response(
            response_bytes(outcome, signal, encoding), media_type=_CONTENT_TYPES[encoding]
        )

    async def unknown(request: Request) -> Response:
        failure = Failure(
            _UNIMPLEMENTED,
            _NOT_FOUND,
            "There is nothing here; signals are sent to /v1/traces, /v1/logs and /v1/metrics.",
        )
        return _refusal(failure, _encoding(request))

    others = Route("/v1/{rest:path}", unknown, methods=_METHODS, include_in_schema=False)
    return [*chain.from_iterable(map(routes, _SIGNALS)), others]


def _encoding(request: Request) -> Encoding | None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return _ENCODINGS.get(kind)


def _unsupported(request: Request) -> Failure:
    sent = request.headers.get("content-type")
    return Failure(
        _INVALID_ARGUMENT,
        _UNSUPPORTED_TYPE,
        f"Content-Type is {sent!r}; it must be application/x-protobuf or application/json.",
    )


def _refusal(
    failure: Failure, encoding: Encoding | None, headers: dict[str, str] | None = None
) -> Response:
    answered_in: Encoding = encoding or "json"
    headers = dict(headers or {})
    retry = retry_after_header(failure)
    if retry is not None:
        headers["retry-after"] = retry
    if failure.http_status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(
        status_bytes(failure, answered_in),
        status_code=failure.http_status,
        media_type=_CONTENT_TYPES[answered_in],
        headers=headers,
    )


async def _body(request: Request, limit: int, hold: Callable[[int], None]) -> bytes:
    """The body, uncompressed; nothing over the limit is ever held. ``hold`` is told of what is
    received while it is received."""
    announced = request.headers.get("content-length")
    if announced is not None:
        if not announced.isdecimal():
            raise InvalidInput("Content-Length is not a number.")
        if int(announced) > limit:
            raise too_large(limit)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise too_large(limit)
        hold(size)
        parts.append(part)
    body = b"".join(parts)
    compression = request.headers.get("content-encoding", "")
    if not compression:
        return body
    return await asyncio.to_thread(decompress, body, compression, limit)
