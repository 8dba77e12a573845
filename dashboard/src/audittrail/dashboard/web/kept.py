"""Answers that never change are made, and compressed, once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["KeptAnswers"]

# All scripts of a page took 0.2 s of the event loop to compress, at each first visit.
_MOST_BYTES: Final = 32 * 2**20

# Path, query, whether it may be compressed.
_Key = tuple[str, bytes, bool]


class KeptAnswers:
    """Keeps whole answers to GET below ``prefixes``, whose addresses must hold a version; the
    32 MiB of them that were asked for last."""

    def __init__(self, app: ASGIApp, prefixes: Sequence[str]) -> None:
        self._app = app
        self._prefixes = tuple(prefixes)
        self._kept: OrderedDict[_Key, tuple[Message, ...]] = OrderedDict()
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._may_be_kept(scope):
            await self._app(scope, receive, send)
            return
        packed = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        key = (scope["path"], scope["query_string"], packed)
        if kept := self._kept.get(key):
            self._kept.move_to_end(key)
            for message in kept:
                await send(message)
            return
        messages: list[Message] = []

        async def send_on(message: Message) -> None:
            messages.append(message)
            await send(message)

        await self._app(scope, receive, send_on)
        self._keep(key, messages)

    def _may_be_kept(self, scope: Scope) -> bool:
        return (
            scope["type"] == "http"
            and scope["method"] == "GET"
            and scope["path"].startswith(self._prefixes)
            and not {b"if-none-match", b"range"} & {name for name, _ in scope["headers"]}
        )

    def _keep(self, key: _Key, messages: list[Message]) -> None:
        # Of a browser that left, the answer may have been cut off.
        last = messages[-1] if messages else {"type": "nothing"}
        whole = last["type"] == "http.response.body" and not last.get("more_body", False)
        if not whole or messages[0]["status"] != 200 or key in self._kept:
            return
        self._kept[key] = tuple(messages)
        self._bytes += _size(messages)
        while self._bytes > _MOST_BYTES:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= _size(oldest)


def _size(messages: Sequence[Message]) -> int:
    return sum(len(message.get("body", b"")) for message in messages)
