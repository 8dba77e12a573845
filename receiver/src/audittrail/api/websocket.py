"""``WS /ws``: an event a commit, for one trace (``?trace_id=``) or for the owner's trace list.

A client shows its key or token in the Authorization header, or, where it cannot set headers, in
its first message: ``{"type": "auth", "token": "..."}``. It is never part of the URL, which ends
up in logs. The server answers ``{"type": "ready", "seq": N, "server_time_ms"}``; then come

* ``{"type": "commit", "trace_id", "seq", "server_time_ms", "trace", "spans"}`` (spans only with a
  trace_id),
* ``{"type": "deleted", "trace_id", "seq"}``,
* ``{"type": "ablation", "trace_id", "run", "state", "progress"}`` (only with a trace_id),
* ``{"type": "resync", "seq": N}`` before the server closes on a client that is too slow: load
  again, then connect again.

A key that is deleted, or a token that expires, while the socket is open gets no further event:
``{"type": "error"}`` comes in its place, and the server closes.

``GET .../skeleton?after_seq=`` fills the gap between two connections.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Final
from urllib.parse import urlsplit

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from audittrail.api.live import Subscription
from audittrail.api.services import Services
from audittrail.errors import AuditTrailError, InvalidInput
from audittrail.receiver.http import credential_of
from audittrail.receiver.ids import parse_trace_id

__all__ = ["live_socket"]

_AUTH_SECONDS: Final = 10.0
_SEND_SECONDS: Final = 20.0
# Application close codes.
_BAD_REQUEST: Final = 4400
_UNAUTHORIZED: Final = 4401
_FORBIDDEN: Final = 4403
_TOO_SLOW: Final = 4408


async def live_socket(socket: WebSocket) -> None:
    services: Services = socket.app.state.services
    if not _origin_allowed(socket, services):
        await socket.close(_FORBIDDEN, "this origin is not allowed")
        return
    await socket.accept()
    try:
        credential = await _credential(socket, services)
        owner = _owner(services, credential)
        trace_id = socket.query_params.get("trace_id")
        wanted = None if trace_id is None else parse_trace_id(trace_id).hex
    except InvalidInput as error:
        await _refuse(socket, _BAD_REQUEST, str(error))
        return
    except AuditTrailError as error:
        await _refuse(socket, _UNAUTHORIZED, str(error))
        return
    except (WebSocketDisconnect, RuntimeError):
        return
    subscription = services.live.subscribe(owner, wanted)
    try:
        await _serve(socket, services, subscription, credential)
    finally:
        services.live.unsubscribe(subscription)


def _origin_allowed(socket: WebSocket, services: Services) -> bool:
    """Browsers name the page that opens a socket; only our own pages and those configured may.
    Programs send no origin."""
    origin = socket.headers.get("origin")
    if origin is None:
        return True
    if origin in services.cors_origins:
        return True
    return urlsplit(origin).netloc == socket.headers.get("host")


async def _credential(socket: WebSocket, services: Services) -> str | None:
    headers = socket.headers
    credential = credential_of(headers.get("authorization"), headers.get("x-api-key"))
    if credential is None and not services.local:
        return await _first_message(socket)
    return credential


def _owner(services: Services, credential: str | None) -> str:
    return services.accounts.authenticate(credential).require("read")


async def _first_message(socket: WebSocket) -> str | None:
    try:
        async with asyncio.timeout(_AUTH_SECONDS):
            message = orjson.loads(await socket.receive_text())
    except (TimeoutError, orjson.JSONDecodeError, KeyError):
        return None
    if isinstance(message, dict) and message.get("type") == "auth":
        token = message.get("token")
        return token if isinstance(token, str) else None
    return None


async def _refuse(socket: WebSocket, code: int, message: str) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await socket.send_json({"type": "error", "message": message})
        await socket.close(code, message[:120])


async def _serve(
    socket: WebSocket, services: Services, subscription: Subscription, credential: str | None
) -> None:
    sender = asyncio.create_task(_send(socket, services, subscription, credential))
    listener = asyncio.create_task(_listen(socket))
    done, pending = await asyncio.wait({sender, listener}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*done, *pending, return_exceptions=True)


async def _listen(socket: WebSocket) -> None:
    """Clients have nothing more to say; this notices when they leave."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return


async def _send(
    socket: WebSocket, services: Services, subscription: Subscription, credential: str | None
) -> None:
    seq, now = services.store.maintenance.last_seq(), time.time_ns() / 1e6
    ready = {"type": "ready", "seq": seq, "server_time_ms": now}
    await socket.send_text(orjson.dumps(ready).decode())
    while not subscription.overrun:
        messages = await subscription.take()
        try:
            _owner(services, credential)
        except AuditTrailError as error:
            # Deleted, or expired, since the socket was opened.
            await _refuse(socket, _UNAUTHORIZED, str(error))
            return
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                for message in messages:
                    await socket.send_text(orjson.dumps(message).decode())
        except TimeoutError:
            break
    resync = {"type": "resync", "seq": services.store.maintenance.last_seq()}
    async with asyncio.timeout(_SEND_SECONDS):
        await socket.send_text(orjson.dumps(resync).decode())
        await socket.close(_TOO_SLOW, "too slow: load again, then connect again")
