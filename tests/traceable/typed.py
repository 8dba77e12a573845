"""Read by type checkers in tests: what they know of a function stays when it is decorated."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import assert_type

from audittrail.traceable import traceable


@traceable
def plain(x: int, *, y: str = "") -> str:
    return y * x


@traceable(span_type="tool")
async def waiting(x: int) -> str:
    return str(x)


@traceable()
def items(n: int) -> Iterator[int]:
    yield from range(n)


@traceable
async def aitems(n: int) -> AsyncIterator[int]:
    for number in range(n):
        yield number


class Agent:
    @traceable
    def run(self, x: int) -> str:
        return str(x)

    @traceable(span_type="chain")
    @classmethod
    def make(cls, x: int) -> Agent:
        return cls()

    @staticmethod
    @traceable
    def helper(x: int) -> str:
        return str(x)


async def check() -> None:
    assert_type(plain(1, y="a"), str)
    assert_type(await waiting(1), str)
    assert_type(items(1), Iterator[int])
    assert_type([item async for item in aitems(1)], list[int])
    assert_type(Agent().run(1), str)
    assert_type(Agent.make(1), Agent)
    assert_type(Agent.helper(1), str)
    same: Callable[[int], str] = Agent.helper
    assert_type(traceable(same)(1), str)
    plain("no")  # type: ignore[arg-type]  # a wrong argument is still one
    await waiting(y=1)  # type: ignore[call-arg]  # and so is an unknown one
