"""The WebSocket as its clients use it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.support.people import Person
from tests.support.servers import Server

# Far more than an event takes.
_PATIENCE = 30


class Watcher:
    """An open socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def next(self) -> dict[str, Any]:
        return dict(json.loads(self.socket.recv(timeout=_PATIENCE)))

    def until(self, **expected: Any) -> list[dict[str, Any]]:
        """All messages up to the first in which, or in whose trace, these values are."""
        found = []
        while True:
            message = self.next()
            found.append(message)
            seen = message.get("trace", {}) | message
            if all(seen.get(name) == value for name, value in expected.items()):
                return found

    def close_code(self) -> int:
        """Read on until the server closes."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                self.next()
        assert self.socket.close_code is not None
        return self.socket.close_code


@contextlib.contextmanager
def opened(
    server: Server, query: str = "", headers: dict[str, str] | None = None, **how: Any
) -> Iterator[Watcher]:
    """A socket without a credential, unless ``headers`` have one."""
    url = server.api.replace("http", "ws", 1) + "/ws" + query
    with connect(url, additional_headers=headers, proxy=None, **how) as socket:
        yield Watcher(socket)


@contextlib.contextmanager
def watching(person: Person, trace_id: str | None = None, **how: Any) -> Iterator[Watcher]:
    """A socket that is ready."""
    query = "" if trace_id is None else f"?trace_id={trace_id}"
    headers = {"authorization": f"Bearer {person.key}"}
    with opened(person.server, query, headers, **how) as watcher:
        assert watcher.next()["type"] == "ready"
        yield watcher
