"""An OpenAI-compatible endpoint that recorded calls are re-run on."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from audittrail.ablation.completion import Completion, completion_of
from audittrail.ablation.failures import EndpointError, EndpointRefused
from audittrail.ablation.reply import Reply, json_of, read_reply, server_error
from audittrail.ablation.retrying import Backoff, is_passing, retry_after
from audittrail.ablation.unsupported import (
    ParameterRefused,
    Unsupported,
    refused_parameter,
    without,
)
from audittrail.errors import InvalidInput
from audittrail.outbound import (
    AsyncCheckedTransport,
    NotFoundHost,
    OwnNetwork,
    Resolver,
    look_up,
    parse,
    resolve,
)

__all__ = ["Endpoint"]

_CONNECT_SECONDS: Final = 10.0
_BACKOFF: Final = Backoff()
# A call that took too long may have been paid for, and takes as long again.
_MOST_TIMEOUTS: Final = 2
# 429 for good: there is nothing left to pay with.
_SPENT: Final = frozenset(("insufficient_quota", "billing_hard_limit_reached"))


class Endpoint:
    """The chat completions below ``base_url``, such as https://api.openai.com/v1 or
    https://api.anthropic.com/v1.

    A name that means an address of the server's own network is refused unless ``allow_private``;
    an address itself, or localhost, was meant by whoever wrote it. ``timeout_seconds`` bounds one
    request, from looking the name up to the last byte. Belongs to one event loop. Raises
    EndpointRefused for an address that is none or is never asked.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str | None,
        *,
        allow_private: bool,
        at_once: int = 4,
        timeout_seconds: float = 120,
        retries: int = 6,
        resolver: Resolver = look_up,
        backoff: Backoff = _BACKOFF,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self._key = (api_key or "").strip()
        if not (self._key.isascii() and (self._key.isprintable() or not self._key)):
            raise EndpointError("The API key has characters in it that no key has.")
        try:
            destination = parse(base_url.strip())
            if destination.query:
                raise EndpointRefused("The endpoint's base URL has no query (?) in it.")
            if destination.is_literal:
                resolve(destination, allow_private=True)
        except InvalidInput as error:
            raise EndpointRefused(f"The endpoint cannot be used: {error}") from None
        path = destination.path.rstrip("/").removesuffix("/chat/completions")
        self.host = destination.authority
        self._url = destination._replace(path=f"{path}/chat/completions").url
        meant = destination.is_literal or destination.host == "localhost"
        self._timeout = timeout_seconds
        self._retries = retries
        self._backoff = backoff
        self._slots = asyncio.Semaphore(at_once)
        self._unsupported = Unsupported()
        self._client = httpx.AsyncClient(
            transport=AsyncCheckedTransport(
                destination,
                allow_private=allow_private or meant,
                resolver=resolver,
                verify=verify,
                limits=httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once),
            ),
            timeout=httpx.Timeout(None, connect=min(_CONNECT_SECONDS, timeout_seconds)),
            trust_env=False,
            follow_redirects=False,
        )

    def __repr__(self) -> str:
        return f"Endpoint({self.host!r})"

    async def aclose(self) -> None:
        await self._client.aclose()

    async def chat(self, body: Mapping[str, Any]) -> Completion:
        """Ask once, whatever number of requests that takes. Raises EndpointError."""
        wanted = {
            name: value for name, value in body.items() if name not in ("stream", "stream_options")
        }
        async with self._slots:
            return await self._ask(wanted)

    async def _ask(self, body: Mapping[str, Any]) -> Completion:
        model = str(body.get("model", ""))
        refused = set(self._unsupported.known(model))
        attempts = retried = timeouts = 0
        while True:
            attempts += 1
            sent, stripped = without(body, refused)
            started = time.monotonic()
            try:
                reply = await self._send(sent)
                payload = self._payload(reply, sent, refused)
                completion = completion_of(
                    payload,
                    stripped=tuple(stripped),
                    attempts=attempts,
                    duration_ms=(time.monotonic() - started) * 1000,
                )
            except ParameterRefused as error:
                refused.add(error.parameter)
                continue
            except EndpointError as error:
                timeouts += isinstance(error, _TooSlow)
                if not error.retryable or retried >= self._retries or timeouts >= _MOST_TIMEOUTS:
                    raise self._told(error, attempts) from None
                pause = self._backoff.pause(retried, error.retry_after)
            else:
                self._unsupported.remember(model, refused)
                return completion
            retried += 1
            await asyncio.sleep(pause)

    async def _send(self, body: Mapping[str, Any]) -> Reply:
        if self._client.is_closed:
            raise EndpointError("The endpoint is not used any more.")
        try:
            content = json.dumps(body, allow_nan=False).encode("ascii")
        except (TypeError, ValueError, RecursionError):
            raise EndpointError("The recorded call cannot be written as JSON.") from None
        # What is packed has no bound when it is unpacked.
        headers = {
            "accept": "application/json",
            "accept-encoding": "identity",
            "content-type": "application/json",
            "user-agent": "AuditTrail",
        }
        if self._key:
            headers["authorization"] = f"Bearer {self._key}"
        request = self._client.build_request("POST", self._url, content=content, headers=headers)
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._client.send(request, stream=True)
                try:
                    return await read_reply(response)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException):
            raise _TooSlow(f"{self.host} did not answer within {self._timeout:g} s.") from None
        except httpx.HTTPError as error:
            what = str(error) or type(error).__name__
            raise EndpointError(
                f"{self.host} cannot be reached: {what}",
                retryable="CERTIFICATE_VERIFY_FAILED" not in what,
            ) from None
        except NotFoundHost as error:
            raise EndpointError(str(error), retryable=True) from None
        except OwnNetwork as error:
            raise EndpointRefused(
                f"{error} If the endpoint is there, name it by its address, or allow private hosts."
            ) from None
        except InvalidInput as error:
            raise EndpointRefused(str(error)) from None

    def _payload(self, reply: Reply, sent: Mapping[str, Any], refused: set[str]) -> Any:
        """The JSON of an answer. Raises EndpointError for all that is none."""
        if 300 <= reply.status < 400:
            raise EndpointError(
                f"{self.host} answered with a redirect ({reply.status}) to "
                f"{reply.headers.get('location', 'nowhere')[:200]!r}, and redirects are not "
                "followed. Name the address itself."
            )
        if not 200 <= reply.status < 300:
            raise self._failure(reply.status, reply, sent, refused)
        payload = json_of(reply)
        if isinstance(payload, dict) and payload.get("error") and not payload.get("choices"):
            # Some relays answer 200 and put the status that they were given into the error.
            code = server_error(reply).code
            raise self._failure(code if isinstance(code, int) else 200, reply, sent, refused)
        return payload

    def _failure(
        self, status: int, reply: Reply, sent: Mapping[str, Any], refused: set[str]
    ) -> EndpointError:
        error = server_error(reply)
        message = f"{self.host} answered {status}: {error.message or 'nothing'}"
        if status in (400, 422):
            parameter = refused_parameter(error.param, error.message, sent, refused)
            if parameter is not None:
                return ParameterRefused(message, parameter)
        return EndpointError(
            message,
            retryable=is_passing(status) and error.code not in _SPENT,
            retry_after=retry_after(reply.headers.get("retry-after"), datetime.now(UTC)),
        )

    def _told(self, error: EndpointError, attempts: int) -> EndpointError:
        """The error as people see it: without the key, which a server may have repeated."""
        text = str(error)
        if self._key:
            text = text.replace(self._key, "(the key)")
        if attempts > 1:
            text = f"{text.rstrip('.')} (after {attempts} requests)."
        kind = EndpointRefused if isinstance(error, EndpointRefused) else EndpointError
        return kind(text, retryable=error.retryable, retry_after=error.retry_after)


class _TooSlow(EndpointError):
    """It did not answer in time."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=True)
