"""Requests in memory, in order, bounded in bytes."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

from audittrail.otel_exporter.delivery.splitting import Request

__all__ = ["Item", "Outbox"]

# Small requests that wait together are sent together, up to this size: a request, or a file on
# disk, costs as much as some hundred spans.
_JOIN_BYTES: Final = 1 << 20


class Item(NamedTuple):
    """A request, and the number of the last one that went into it."""

    request: Request
    number: int


class Outbox:
    """Used under the lock of its owner."""

    def __init__(self, max_bytes: int, max_request_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._join_bytes = min(_JOIN_BYTES, max_request_bytes)
        self._items: deque[Item] = deque()
        self.bytes = 0
        self.spans = 0

    def __len__(self) -> int:
        return len(self._items)

    @property
    def is_half_full(self) -> bool:
        return self.bytes > self._max_bytes // 2

    def clear(self) -> None:
        self._items.clear()
        self.bytes = self.spans = 0

    def put(self, item: Item) -> list[Item]:
        """Put it last; returns the oldest ones, which gave way. The caller has seen that it is not
        larger than all the room."""
        gone: list[Item] = []
        while self.bytes + len(item.request.body) > self._max_bytes:
            gone.append(self._pop())
        self._items.append(item)
        self.bytes += len(item.request.body)
        self.spans += item.request.spans
        return gone

    def fits(self, request: Request) -> bool:
        return len(request.body) <= self._max_bytes

    def take(self) -> Item | None:
        """The oldest, with as many after it as go into one request. Joined bytes of OTLP requests
        are a request that has the spans of all."""
        if not self._items:
            return None
        taken = [self._pop()]
        size = len(taken[0].request.body)
        while self._items and size + len(self._items[0].request.body) <= self._join_bytes:
            taken.append(self._pop())
            size += len(taken[-1].request.body)
        if len(taken) == 1:
            return taken[0]
        body = b"".join(item.request.body for item in taken)
        return Item(Request(body, sum(item.request.spans for item in taken)), taken[-1].number)

    def _pop(self) -> Item:
        item = self._items.popleft()
        self.bytes -= len(item.request.body)
        self.spans -= item.request.spans
        return item
