"""An application that is made when somebody asks it something."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Any

__all__ = ["OnDemand"]


class OnDemand:
    """An ASGI app that ``make`` makes at its first request, in a thread beside the event loop.

    Dash and what it imports are a fifth of the CPU of a server's start, and a server that only
    takes spans never needs them. If ``make`` raises, that request fails and the next one tries
    again.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._lock = asyncio.Lock()
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._app is None:
            async with self._lock:
                if self._app is None:
                    self._app = await asyncio.to_thread(self._made)
        await self._app(scope, receive, send)

    def _made(self) -> Any:
        # As at the start of a server: imports make objects to stay.
        gc.disable()
        try:
            return self._make()
        finally:
            gc.freeze()
            gc.enable()
