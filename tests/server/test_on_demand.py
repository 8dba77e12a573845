"""An application that is made at its first request."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import httpx
import pytest

from audittrail.server.on_demand import OnDemand


async def _hello(scope: Any, _: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


async def _get(app: Any, *paths: str) -> list[str]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        answers = await asyncio.gather(*(client.get(path) for path in paths))
    return [answer.text for answer in answers]


def test_requests_that_come_together_find_one_application() -> None:
    """It is made once, in another thread, and every request is answered by it."""
    made: list[threading.Thread] = []

    def make() -> Any:
        made.append(threading.current_thread())
        return _hello

    async def ask() -> list[str]:
        app = OnDemand(make)
        assert made == []
        return [*await _get(app, "/a", "/b", "/c"), *await _get(app, "/d")]

    assert asyncio.run(ask()) == ["/a", "/b", "/c", "/d"]
    assert len(made) == 1
    assert made[0] is not threading.main_thread()
    assert gc.isenabled()


def test_a_failure_is_not_kept() -> None:
    """What cannot be made now is made for the next request."""
    outcomes: list[Any] = [OSError("no more files"), _hello]

    def make() -> Any:
        outcome = outcomes.pop(0)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    async def ask() -> list[str]:
        app = OnDemand(make)
        with pytest.raises(OSError, match="no more files"):
            await _get(app, "/a")
        return await _get(app, "/b")

    assert asyncio.run(ask()) == ["/b"]
    assert gc.isenabled()
