"""``/live``: the API's WebSocket at the dashboard's own origin, with the browser's cookie."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final, Protocol
from urllib.parse import urlencode, urlsplit

import websockets
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from audittrail.dashboard.client import ApiClient, ApiError
from audittrail.dashboard.web.cookies import same_origin, token_of

__all__ = ["InProcess", "LiveSource", "OverNetwork", "live_route"]

_UNAUTHORIZED: Final = 4401
_FORBIDDEN: Final = 4403
_UNREACHED: Final = 1013


class LiveSource(Protocol):
    """Where live events come from."""

    async def relay(self, socket: WebSocket, token: str | None, trace_id: str | None) -> None:
        """Serve a socket that is not accepted yet, to its end."""
        ...


def live_route(source: LiveSource, api: ApiClient) -> WebSocketRoute:
    async def live(socket: WebSocket) -> None:
        if not same_origin(socket.headers):
            await socket.close(_FORBIDDEN, "this origin is not allowed")
            return
        token = token_of(socket.cookies)
        if token is None and not await _is_open(api):
            await socket.accept()
            await socket.close(_UNAUTHORIZED, "sign in first")
            return
        await source.relay(socket, token, socket.query_params.get("trace_id"))

    return WebSocketRoute("/live", live)


async def _is_open(api: ApiClient) -> bool:
    """Whether nobody needs to sign in. Without a token the API would wait for one."""
    try:
        await api.me(None)
    except ApiError:
        return False
    return True


class InProcess:
    """The API's ASGI app in this process: the socket is handed to it as it is."""

    def __init__(self, api: ASGIApp) -> None:
        self._api = api

    async def relay(self, socket: WebSocket, token: str | None, trace_id: str | None) -> None:
        headers = [
            (name, value)
            for name, value in socket.scope["headers"]
            if name not in (b"origin", b"cookie", b"authorization", b"x-api-key")
        ]
        if token:
            headers.append((b"authorization", f"Bearer {token}".encode("latin-1")))
        query = urlencode({"trace_id": trace_id}) if trace_id else ""
        scope = {
            **{key: value for key, value in socket.scope.items() if key not in _OF_ROUTING},
            "path": "/ws",
            "raw_path": b"/ws",
            "query_string": query.encode(),
            "headers": headers,
        }
        await self._api(scope, socket.receive, socket.send)


_OF_ROUTING: Final = frozenset({"app", "endpoint", "path_params", "route", "router", "state"})


class OverNetwork:
    """The API of another process, by its URL."""

    def __init__(self, base_url: str) -> None:
        split = urlsplit(base_url)
        scheme = "wss" if split.scheme == "https" else "ws"
        self._url = f"{scheme}://{split.netloc}{split.path.rstrip('/')}/ws"

    async def relay(self, socket: WebSocket, token: str | None, trace_id: str | None) -> None:
        await socket.accept()
        query = "?" + urlencode({"trace_id": trace_id}) if trace_id else ""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        try:
            async with websockets.connect(
                self._url + query, additional_headers=headers, max_size=None
            ) as upstream:
                await _until_one_ends(_forward(upstream, socket), _drain(socket))
                code, reason = upstream.close_code, upstream.close_reason
        except (OSError, websockets.WebSocketException):
            code, reason = _UNREACHED, "the API cannot be reached"
        await _close(socket, code or 1000, reason or "")


async def _forward(upstream: websockets.ClientConnection, socket: WebSocket) -> None:
    async for message in upstream:
        await socket.send_text(message if isinstance(message, str) else message.decode())


async def _drain(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _until_one_ends(*parts: Awaitable[None]) -> None:
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    try:
        await socket.close(code, reason)
    except (RuntimeError, WebSocketDisconnect):
        return
