"""OTLP over HTTP, in protobuf."""

from __future__ import annotations

import gzip
import time
from typing import Final

import requests
import urllib3
from google.protobuf.message import DecodeError, Message
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from audittrail.otel_exporter.delivery.retry import parse_retry_after
from audittrail.otel_exporter.delivery.transport.outcome import (
    Delivered,
    Outcome,
    Refused,
    Retry,
    TooLarge,
    no_receiver,
    wrong_key,
)
from audittrail.otel_exporter.delivery.transport.session import SHOWN_CHARACTERS, new_session
from audittrail.otel_exporter.settings import Settings

__all__ = ["HttpTransport"]

_PROTOBUF: Final = "application/x-protobuf"
_RETRYABLE: Final = frozenset({408, 429, 502, 503, 504})
_READ_BYTES: Final = 1 << 16
_MAX_RESPONSE_BYTES: Final = 4 << 20


class HttpTransport:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        session = self._session = new_session(_PROTOBUF, dict(settings.headers))
        if settings.compression == "gzip":
            session.headers["content-encoding"] = "gzip"
        if settings.client_certificate and settings.client_key:
            session.cert = (settings.client_certificate, settings.client_key)
        elif settings.client_certificate:
            session.cert = settings.client_certificate

    def send(self, body: bytes, timeout: float) -> Outcome:
        if self._settings.compression == "gzip":
            body = gzip.compress(body, compresslevel=6)
        until = time.monotonic() + timeout
        try:
            with self._session.post(
                self._settings.endpoint.address,
                data=body,
                timeout=timeout,
                verify=self._settings.certificate,
                # The key is for this server, and for no other that it names.
                allow_redirects=False,
                stream=True,
            ) as response:
                return self._outcome(response, _read(response, until))
        except requests.exceptions.SSLError as error:
            return Retry(
                f"{_cause(error)}; OTEL_EXPORTER_OTLP_CERTIFICATE names the certificates to trust"
            )
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
            return Refused(f"{error}; set AUDITTRAIL_ENDPOINT")
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return Retry(f"{type(error).__name__}: {_cause(error)}")

    def _outcome(self, response: requests.Response, body: bytes) -> Outcome:
        status = response.status_code
        kind = response.headers.get("content-type", "").lower()
        said = f"the server answered {status}"
        if 200 <= status < 300:
            if kind.startswith("text/html"):
                return no_receiver(self._settings, f"{said} with a web page")
            return _delivered(body, kind)
        if status in _RETRYABLE:
            after = parse_retry_after(response.headers.get("retry-after"))
            return Retry(_with_text(said, body, kind), after)
        if 300 <= status < 400:
            where = response.headers.get("location", "another place")
            return Refused(f"{said} and points to {where}; set AUDITTRAIL_ENDPOINT to that")
        if status in (401, 403):
            return wrong_key(self._settings, said, known=status == 403)
        if status in (404, 405):
            return no_receiver(self._settings, said)
        if status == 413:
            return TooLarge(said)
        return Refused(_with_text(said, body, kind))

    def close(self) -> None:
        self._session.close()

    def before_fork(self) -> None:
        """A child that forgets a connection does not disturb it."""

    def after_fork(self) -> None: ...


def _cause(error: BaseException) -> BaseException:
    """What lies below the layers that wrap it."""
    while True:
        inner = getattr(error, "reason", None) or next(iter(error.args), None)
        if not isinstance(inner, BaseException):
            return error
        error = inner


def _read(response: requests.Response, until: float) -> bytes:
    """The body, as far as it is of use. One that trickles in does not hold up the next request."""
    # read1 returns with whatever has come; urllib3 has it since 2.0.
    read = getattr(response.raw, "read1", response.raw.read)
    body = b""
    while part := read(_READ_BYTES, decode_content=True):
        body += part
        if len(body) > _MAX_RESPONSE_BYTES:
            return b""
        if time.monotonic() > until:
            raise requests.exceptions.ReadTimeout("the response did not end in time")
    return body


def _parse(message: Message, body: bytes, kind: str) -> bool:
    if not kind.startswith(_PROTOBUF):
        return False
    try:
        message.ParseFromString(body)
    except DecodeError:
        return False
    return True


def _delivered(body: bytes, kind: str) -> Delivered:
    response = ExportTraceServiceResponse()
    if not _parse(response, body, kind):
        return Delivered()
    partial = response.partial_success
    return Delivered(partial.rejected_spans, partial.error_message)


def _with_text(said: str, body: bytes, kind: str) -> str:
    """What the server says, with its own words where they are for reading."""
    status = Status()
    text = status.message if _parse(status, body, kind) else ""
    if not text and kind.startswith(("text/plain", "application/json")):
        text = body.decode("utf-8", "replace")
    text = " ".join(text.split())[:SHOWN_CHARACTERS]
    return f"{said}: {text}" if text else said
