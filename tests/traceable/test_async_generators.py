"""Async generators: as for generators, and across tasks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import pytest

from audittrail.testing import Spans
from audittrail.traceable import traceable
from tests.traceable.generating import aseen, current


def test_the_span_does_not_leak_between_async_items(spans: Spans) -> None:
    """What the caller had is current again after each item."""

    @traceable
    async def caller() -> list[Any]:
        found = []
        async for item in aseen(2):
            found += [item, current()]
            await asyncio.sleep(0)
        return found

    assert asyncio.run(caller()) == ["aseen", "caller", "aseen", "caller"]
    assert spans.tree() == "caller\n  aseen"


def test_children_of_an_async_generator(spans: Spans) -> None:
    """What its body calls is below it, after a pause too."""

    @traceable
    async def step(number: int) -> int:
        await asyncio.sleep(0)
        return number

    @traceable
    async def work() -> AsyncIterator[int]:
        yield await step(1)
        yield await step(2)

    async def run() -> list[int]:
        return [item async for item in work()]

    assert asyncio.run(run()) == [1, 2]
    assert spans.tree() == "work\n  step\n  step"


@traceable
async def aecho() -> AsyncGenerator[Any, Any]:
    got = yield "ready"
    while got != "stop":
        try:
            got = yield got
        except ValueError as error:
            got = yield f"caught {error}"


def test_asend_and_athrow(spans: Spans) -> None:
    """They pass through in both directions."""

    async def run() -> None:
        talk = aecho()
        assert (await anext(talk), await talk.asend("a")) == ("ready", "a")
        assert await talk.athrow(ValueError("x")) == "caught x"
        with pytest.raises(StopAsyncIteration):
            await talk.asend("stop")

    asyncio.run(run())
    assert (spans["aecho"].status, spans["aecho"].output) == ("ok", "readyacaught x")


def test_errors_of_async_generators(spans: Spans) -> None:
    """They are recorded, after the items that came before them."""

    @traceable
    async def work() -> AsyncIterator[int]:
        yield 1
        raise ValueError("broken")

    async def run() -> None:
        with pytest.raises(ValueError, match="broken"):
            async for _ in work():
                pass

    asyncio.run(run())
    assert (spans["work"].status, spans["work"].output) == ("error", [1])


def test_async_closed_early(spans: Spans) -> None:
    """aclose() closes the body, which may still wait for something."""
    cleaned = []

    @traceable
    async def work() -> AsyncGenerator[int, None]:
        try:
            for number in range(10):
                yield number
        finally:
            await asyncio.sleep(0)
            cleaned.append(current())

    async def run() -> None:
        async with contextlib.aclosing(work()) as items:
            async for _ in items:
                break
        assert current() is None

    asyncio.run(run())
    assert cleaned == ["work"]
    assert (spans["work"].status, spans["work"].output) == ("ok", [0])


def test_async_never_finished(spans: Spans, caplog: pytest.LogCaptureFixture) -> None:
    """The loop closes it at its end, without a complaint."""
    kept: list[Any] = []
    cleaned = []

    @traceable
    async def work() -> AsyncGenerator[int, None]:
        try:
            yield 1
            yield 2
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    async def run() -> None:
        items = work()
        kept.append(items)
        await anext(items)

    asyncio.run(run())
    assert cleaned == [True]
    assert spans["work"].events[0]["name"] == "closed early"
    assert caplog.records == []


def test_async_cancelled(spans: Spans) -> None:
    """Cancellation while the body waits is noted, and no error."""

    @traceable
    async def work() -> AsyncIterator[int]:
        yield 1
        await asyncio.Event().wait()

    async def run() -> None:
        async def consume() -> None:
            async for _ in work():
                pass

        task = asyncio.ensure_future(consume())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert (spans["work"].status, spans["work"].output) == ("ok", [1])
    assert [event["name"] for event in spans["work"].events] == ["cancelled"]


def test_items_taken_in_several_tasks(spans: Spans, caplog: pytest.LogCaptureFixture) -> None:
    """Each of them keeps the context that it had."""

    async def run() -> None:
        items = aseen(3)
        for _ in range(3):
            assert await asyncio.ensure_future(anext(items)) == "aseen"
            assert current() is None
        assert await anext(items, "end") == "end"

    asyncio.run(run())
    assert spans["aseen"].status == "ok"
    assert caplog.records == []
