"""A server that answers bytes, whatever they are."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any


class RawServer:
    """Sends one of ``answers`` after the other to each request, then hangs up; None sends nothing
    until the client leaves. ``requests`` are head and body, ``left`` counts clients that left."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.asked = asyncio.Event()
        self.left = asyncio.Event()
        self.port = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            self.requests.append(head + await reader.readexactly(length))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            self.asked.set()
            if answer is None:
                assert await reader.read() == b""
                self.left.set()
            else:
                writer.write(answer)
                await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def raw_server(*answers: bytes | None) -> AsyncIterator[RawServer]:
    served = RawServer(*answers)
    listening = await asyncio.start_server(served._serve, "127.0.0.1", 0)
    served.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield served


def http(
    content: Any,
    *,
    status: int = 200,
    kind: str | None = "application/json",
    length: int | None = None,
    **headers: str,
) -> bytes:
    """An answer; ``content`` that is no bytes is written as JSON. ``length`` claims another one."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    head = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {length or len(body)}"]
    head += [f"Content-Type: {kind}"] if kind else []
    head += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*head, "Connection: close", "", ""]).encode() + body


def said(message: Any, **more: Any) -> dict[str, Any]:
    """A chat completion with this message."""
    return {"model": "m-1", "choices": [{"message": message, "finish_reason": "stop"}], **more}
