"""Requests to the REST API: what the server answers, or one of our exceptions with a remedy."""

from __future__ import annotations

import json
import time
from typing import Any, Final

import requests

from audittrail.errors import (
    AuditTrailError,
    InvalidInput,
    NotAuthenticated,
    NotPermitted,
    SettingsError,
    TooLarge,
    Unavailable,
)
from audittrail.ingestor.target import Target
from audittrail.otel_exporter.delivery.retry import parse_retry_after
from audittrail.otel_exporter.delivery.transport.session import SHOWN_CHARACTERS, new_session

__all__ = ["RestClient"]

_PASSING: Final = frozenset({408, 425, 429, 502, 503, 504})
_MAX_BYTES: Final = 8 << 20


class RestClient:
    """For one thread at a time."""

    def __init__(self, target: Target, timeout: float) -> None:
        self._target = target
        self._timeout = timeout
        self._session = self._connect()

    def _connect(self) -> requests.Session:
        key = self._target.authorization
        return new_session("application/json", {"authorization": key} if key else {})

    def post(self, path: str, body: bytes) -> Any:
        """The data of the answer. Unavailable means that the same may succeed later."""
        url = self._target.api_url + path
        until = time.monotonic() + self._timeout
        try:
            with self._session.post(
                url,
                data=body,
                timeout=self._timeout,
                verify=self._target.certificate,
                # The key is for this server, and for no other that it names.
                allow_redirects=False,
                stream=True,
            ) as response:
                return self._answer(response, _read(response, until))
        except requests.exceptions.SSLError as error:
            raise Unavailable(
                f"The server at {self._target.api_url} could not be trusted: {error}. "
                "OTEL_EXPORTER_OTLP_CERTIFICATE names the certificates to trust."
            ) from error
        except (requests.RequestException, OSError) as error:
            raise Unavailable(
                f"No AuditTrail server answers at {self._target.api_url} ({_reason(error)}). "
                "Start one with `audittrail serve --local`, or set AUDITTRAIL_API_URL to where "
                "it is."
            ) from error

    def close(self) -> None:
        self._session.close()

    def abandon(self) -> None:
        """In a child process: connections are the parent's."""
        self._session = self._connect()

    def _answer(self, response: requests.Response, body: bytes) -> Any:
        if response.ok and not response.is_redirect:
            try:
                return json.loads(body)["data"]
            except (ValueError, KeyError, TypeError):
                raise self._nobody("answers, but not as AuditTrail does") from None
        raise self._problem(response, _detail(body))

    def _problem(self, response: requests.Response, detail: str) -> AuditTrailError:
        status = response.status_code
        said = f"The server at {self._target.api_url} answered {status}"
        if status in _PASSING:
            after = parse_retry_after(response.headers.get("retry-after"))
            return Unavailable(f"{said}: {detail}", retry_after=after or 0.0)
        if status == 401:
            key = self._target.shown
            with_key = f"refused the API key {key}" if key else "wants an API key"
            return NotAuthenticated(
                f"The server at {self._target.api_url} {with_key}. Make one on the dashboard's "
                f"settings page, {self._target.dashboard_url}/settings, and set "
                "AUDITTRAIL_API_KEY to it."
            )
        if status == 403:
            return NotPermitted(
                f"The API key {self._target.shown} may not send spans: {detail}. Make one with "
                "the scope ingest on the dashboard's settings page."
            )
        if status == 413:
            return TooLarge(f"{said}: {detail}")
        if 300 <= status < 400:
            where = response.headers.get("location", "another place")
            return self._nobody(f"points to {where}")
        if status in (404, 405):
            return self._nobody(f"answered {status}")
        kind = InvalidInput if status < 500 else AuditTrailError
        return kind(f"{said}: {detail}")

    def _nobody(self, why: str) -> SettingsError:
        return SettingsError(
            f"{self._target.api_url} {why}; it is not AuditTrail's REST API. Set "
            "AUDITTRAIL_API_URL to that, such as http://localhost:8000."
        )


def _read(response: requests.Response, until: float) -> bytes:
    """The body. One that trickles in does not hold anybody up."""
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(1 << 16):
        parts.append(part)
        size += len(part)
        if size > _MAX_BYTES:
            raise requests.exceptions.ContentDecodingError("the answer has no end")
        if time.monotonic() > until:
            raise requests.exceptions.ReadTimeout("the answer did not end in time")
    return b"".join(parts)


def _detail(body: bytes) -> str:
    """What the server says of an error, as a line of text."""
    try:
        detail = json.loads(body)["detail"]
    except (ValueError, KeyError, TypeError):
        return (
            " ".join(body.decode("utf-8", "replace").split())[:SHOWN_CHARACTERS]
            or "no reason was given"
        )
    if not isinstance(detail, list):
        return str(detail)[:SHOWN_CHARACTERS]
    return "; ".join(_line(each) for each in detail)[:SHOWN_CHARACTERS]


def _line(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    place = ".".join(str(part) for part in error.get("loc") or () if part not in ("body", None))
    return f"{place}: {error.get('msg')}" if place else str(error.get("msg"))


def _reason(error: BaseException) -> str:
    """The innermost reason; requests wraps it several times."""
    if isinstance(error, requests.Timeout):
        return "it took too long"
    inner: Any = error
    while inner.args and isinstance(inner.args[0], BaseException):
        inner = inner.args[0]
    inner = getattr(inner, "reason", inner)
    return str(inner).rpartition(">: ")[2].rpartition("): ")[2][:SHOWN_CHARACTERS]
