"""Connections to test servers that are kept.

A request on a new connection costs client and server a third more CPU than one on a connection that
is open already.
"""

from __future__ import annotations

import ssl
from typing import Final

import httpx

# Nothing here speaks TLS; httpx would load all certificates for each client, which takes 30 ms.
NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class _Kept(httpx.BaseTransport):
    """One for many clients. A client that is closed leaves its connections to the others."""

    def __init__(self) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=50)
        self._inner = httpx.HTTPTransport(verify=NO_TLS, limits=limits)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._inner.handle_request(request)


KEPT: Final = _Kept()
