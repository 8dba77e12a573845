"""httpx transports that connect to checked addresses alone."""

from __future__ import annotations

import asyncio
import ssl
from functools import partial
from typing import Final

import httpx

from audittrail.outbound.destination import Destination, parse
from audittrail.outbound.refusals import NotAllowed
from audittrail.outbound.resolving import Resolver, Target, look_up, resolve

__all__ = ["AsyncCheckedTransport", "CheckedTransport"]

# How many addresses of a host are tried; each may take as long as a connection may.
_MOST_TRIED: Final = 3
# Nothing was sent when these are raised, so that another address may be tried.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout)


class _Checked:
    """What both transports share. ``destination`` is the one whose host is asked: a request for
    another one, such as a redirect's, raises NotAllowed."""

    def __init__(
        self, destination: Destination, *, allow_private: bool, resolver: Resolver = look_up
    ) -> None:
        self._origin = destination[:3]
        self._resolve = partial(resolve, allow_private=allow_private, resolver=resolver)

    def _target(self, request: httpx.Request) -> Target:
        """Looked up for each request: names move, and what they mean now is what is checked."""
        destination = parse(str(request.url))
        if destination[:3] != self._origin:
            raise NotAllowed(f"Requests go to {self._origin[1]} alone.")
        return self._resolve(destination)


class CheckedTransport(_Checked, httpx.BaseTransport):
    """For httpx.Client. The certificate and the Host header are the name's, not the address's."""

    def __init__(
        self,
        destination: Destination,
        *,
        allow_private: bool,
        resolver: Resolver = look_up,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        super().__init__(destination, allow_private=allow_private, resolver=resolver)
        self._inner = httpx.HTTPTransport(verify=verify, trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        target = self._target(request)
        *others, last = target.addresses[:_MOST_TRIED]
        for address in others:
            try:
                return self._inner.handle_request(_pinned(request, target, address))
            except _UNSENT:
                continue
        return self._inner.handle_request(_pinned(request, target, last))

    def close(self) -> None:
        self._inner.close()


class AsyncCheckedTransport(_Checked, httpx.AsyncBaseTransport):
    """The same for httpx.AsyncClient; names are looked up in a thread."""

    def __init__(
        self,
        destination: Destination,
        *,
        allow_private: bool,
        resolver: Resolver = look_up,
        verify: ssl.SSLContext | bool = True,
        limits: httpx.Limits | None = None,
    ) -> None:
        super().__init__(destination, allow_private=allow_private, resolver=resolver)
        self._inner = httpx.AsyncHTTPTransport(
            verify=verify, trust_env=False, limits=limits or httpx.Limits()
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        target = await asyncio.to_thread(self._target, request)
        *others, last = target.addresses[:_MOST_TRIED]
        for address in others:
            try:
                return await self._inner.handle_async_request(_pinned(request, target, address))
            except _UNSENT:
                continue
        return await self._inner.handle_async_request(_pinned(request, target, last))

    async def aclose(self) -> None:
        await self._inner.aclose()


def _pinned(request: httpx.Request, target: Target, address: str) -> httpx.Request:
    """The request to an address: TLS asks for the name, and so does the Host header."""
    destination = target.destination
    headers = httpx.Headers(request.headers)
    headers["host"] = destination.authority
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address, port=destination.port),
        headers=headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": destination.host},
    )
