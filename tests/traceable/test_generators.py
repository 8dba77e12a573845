"""Generators: the span covers the iteration, and is current in the body alone."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any

import pytest
from opentelemetry import trace

from audittrail.testing import Spans
from audittrail.traceable import traceable
from tests.traceable.generating import aseen, current, seen


def test_the_span_covers_the_iteration(spans: Spans) -> None:
    """It starts with the first item that is asked for, and ends after the last."""
    items = seen(2)
    assert len(spans) == 0
    assert (next(items), next(items)) == ("seen", "seen")
    assert len(spans) == 0
    assert next(items, "end") == "end"
    assert (spans["seen"].input, spans["seen"].output) == ({"count": 2}, "seenseen")


def test_the_span_does_not_leak_between_items(spans: Spans) -> None:
    """The caller keeps what it had; spans that it makes are not below the generator's."""

    @traceable
    def step() -> None: ...

    for _ in seen(2):
        assert current() is None
        step()
    assert current() is None
    assert spans.tree() == "seen\nstep\nstep"


def test_generators_side_by_side(spans: Spans) -> None:
    """Each body sees its own span, however the callers take turns."""

    @traceable
    def a() -> Iterator[str | None]:
        yield current()
        yield current()

    @traceable
    def b() -> Iterator[str | None]:
        yield current()
        yield current()

    pairs = list(zip(a(), b(), strict=True))
    assert pairs == [("a", "b"), ("a", "b")]
    assert spans.tree() == "a\nb"


def test_a_span_that_stays_open_in_the_body(spans: Spans) -> None:
    """A body that yields inside of a span of its own finds that span again."""
    tracer = trace.get_tracer("test")

    @traceable
    def work() -> Iterator[str | None]:
        with tracer.start_as_current_span("inner"):
            yield current()
            yield current()
        yield current()

    found = []
    for item in work():
        found += [item, current()]
    assert found == ["inner", None, "inner", None, "work", None]
    assert spans.tree() == "work\n  inner"


@traceable
def echo() -> Generator[Any, Any, str]:
    got = yield "ready"
    while got != "stop":
        try:
            got = yield got
        except ValueError as error:
            got = yield f"caught {error}"
    return "returned"


def test_send_throw_and_return(spans: Spans) -> None:
    """They pass through in both directions."""
    talk = echo()
    assert (next(talk), talk.send("a"), talk.send("b")) == ("ready", "a", "b")
    assert talk.throw(ValueError("x")) == "caught x"
    with pytest.raises(StopIteration) as end:
        talk.send("stop")
    assert end.value.value == "returned"
    assert spans["echo"].status == "ok"
    assert spans["echo"].output == {"items": "readyabcaught x", "returned": "returned"}


def test_yield_from(spans: Spans) -> None:
    """A traced generator inside of another one works as before."""

    @traceable
    def outer() -> Generator[Any, Any, str]:
        return (yield from echo())

    talk = outer()
    assert (next(talk), talk.send("a")) == ("ready", "a")
    with pytest.raises(StopIteration) as end:
        talk.send("stop")
    assert end.value.value == "returned"
    assert spans.tree() == "outer\n  echo"


def test_errors_of_generators(spans: Spans) -> None:
    """They are recorded, after the items that came before them."""

    @traceable
    def work() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    items = work()
    assert next(items) == 1
    with pytest.raises(ValueError, match="broken") as caught:
        next(items)
    assert caught.value.__context__ is None
    span = spans["work"]
    assert (span.status, span.status_message, span.output) == ("error", "ValueError: broken", [1])


def test_closed_early(spans: Spans) -> None:
    """The body is closed at once; that somebody had enough is no error."""
    cleaned = []

    @traceable
    def work() -> Iterator[int]:
        try:
            yield from range(10)
        finally:
            cleaned.append(current())

    items = work()
    next(items)
    items.close()
    assert cleaned == ["work"]
    assert (spans["work"].status, spans["work"].output) == ("ok", [0])
    assert spans["work"].events == [{"name": "closed early", "attributes": {"items": 1}}]


def test_never_finished(spans: Spans) -> None:
    """Its span ends when Python discards the generator."""
    items = seen(5)
    next(items)
    del items
    gc.collect()
    assert spans["seen"].events[0]["name"] == "closed early"


def test_never_started(spans: Spans) -> None:
    """A generator from which nothing was asked leaves no span."""
    unused = [seen(1), echo(), aseen(1)]
    del unused
    assert len(spans) == 0


def test_a_generator_that_ignores_its_closing() -> None:
    """Python's own complaint comes, as without the decorator."""

    @traceable
    def stubborn() -> Iterator[int]:
        while True:
            with contextlib.suppress(GeneratorExit):
                yield 1

    items: Any = stubborn()
    next(items)
    with pytest.raises(RuntimeError, match="ignored GeneratorExit"):
        items.close()
    # It would complain for ever, also when it is discarded.
    with pytest.raises(ValueError, match="enough"):
        items.throw(ValueError("enough"))


def test_context_managers_made_of_generators(spans: Spans) -> None:
    """The span covers the block; an exception in it comes back as it was."""

    @contextlib.contextmanager
    @traceable
    def opened(name: str) -> Iterator[str]:
        yield name

    @contextlib.asynccontextmanager
    @traceable
    async def aopened(name: str) -> AsyncIterator[str]:
        yield name

    broken = ValueError("no")

    async def run() -> None:
        async with aopened("b") as name:
            assert name == "b"
            raise broken

    with opened("a") as name:
        assert (name, len(spans)) == ("a", 0)
    with pytest.raises(ValueError, match="no") as caught:
        asyncio.run(run())
    assert caught.value is broken
    assert [span.status for span in spans] == ["ok", "error"]


def test_methods_and_kinds(spans: Spans) -> None:
    """Methods are bound as before, and frameworks still see what kind a function is."""

    class Agent:
        @traceable
        def stream(self, n: int) -> Iterator[int]:
            yield from range(n)

        @traceable
        @classmethod
        async def astream(cls, n: int) -> AsyncIterator[int]:
            for number in range(n):
                yield number

    async def run() -> list[int]:
        return [item async for item in Agent.astream(2)]

    assert list(Agent().stream(2)) == asyncio.run(run()) == [0, 1]
    assert [span.input for span in spans] == [{"n": 2}, {"n": 2}]
    assert inspect.isgeneratorfunction(Agent.stream)
    assert inspect.isasyncgenfunction(Agent.astream)
