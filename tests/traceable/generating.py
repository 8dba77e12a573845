"""Generators that say what they see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

from opentelemetry import trace

from audittrail.traceable import traceable


def current() -> str | None:
    """The name of the current span."""
    return getattr(trace.get_current_span(), "name", None)


@traceable
def seen(count: int) -> Iterator[str | None]:
    for _ in range(count):
        yield current()


@traceable
async def aseen(count: int) -> AsyncIterator[str | None]:
    for _ in range(count):
        await asyncio.sleep(0)
        yield current()
