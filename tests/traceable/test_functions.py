"""Functions, coroutines and methods: what a call leaves in its span."""

from __future__ import annotations

import asyncio
import functools
import inspect
from typing import Any

import pytest

from audittrail import semconv
from audittrail.errors import SettingsError
from audittrail.testing import Spans
from audittrail.traceable import set_attributes, set_output, traceable


@traceable
def add(a: int, /, b: int = 2, *rest: int, scale: int = 1, **more: Any) -> int:
    """Adds."""
    return (a + b + sum(rest)) * scale


@traceable(span_type="tool")
async def search(query: str) -> dict[str, str]:
    await asyncio.sleep(0)
    return {"found": query}


def test_a_function(spans: Spans) -> None:
    """Its span has name, type, inputs by parameter name, and the output."""
    assert add(1, 2, 3, scale=2, unit="m") == 12
    span = spans["add"]
    assert (span.type, span.status) == ("custom", "ok")
    assert span.input == {"a": 1, "b": 2, "rest": [3], "scale": 2, "unit": "m"}
    assert span.output == 12


def test_defaults_are_inputs_too(spans: Spans) -> None:
    """An audit says what a function worked with, not only what was typed."""
    add(1)
    assert spans["add"].input == {"a": 1, "b": 2, "scale": 1}


def test_a_tool(spans: Spans) -> None:
    """It speaks the vocabulary of other backends, and says its content once."""
    assert asyncio.run(search("x")) == {"found": "x"}
    assert spans["search"].attributes == {
        "audittrail.span.type": "tool",
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "search",
        "gen_ai.tool.call.arguments": '{"query": "x"}',
        "gen_ai.tool.call.result": '{"found": "x"}',
    }


def test_the_function_stays_what_it_was() -> None:
    """Its name, signature, documentation and kind."""
    assert (add.__name__, add.__doc__) == ("add", "Adds.")
    assert list(inspect.signature(add).parameters) == ["a", "b", "rest", "scale", "more"]
    assert not inspect.iscoroutinefunction(add)
    assert inspect.iscoroutinefunction(search)


def test_nesting(spans: Spans) -> None:
    """What a function calls is below it, also in tasks that run at the same time."""

    @traceable
    async def inner(name: str) -> str:
        await asyncio.sleep(0)
        return str(add(len(name)))

    @traceable(span_type="chain")
    async def outer() -> list[str]:
        return await asyncio.gather(inner("a"), inner("bb"))

    assert asyncio.run(outer()) == ["3", "4"]
    assert spans.tree() == "outer\n  inner\n    add\n  inner\n    add"
    for inner_span in spans.named("inner"):
        (child,) = spans.children(inner_span)
        assert child.input["a"] == len(inner_span.input["name"])


class Agent:
    def __init__(self, name: str) -> None:
        self.name = name

    @traceable
    def plain(self, x: int) -> str:
        return f"{self.name}{x}"

    @traceable
    async def waiting(self, x: int) -> str:
        return f"{self.name}{x}"

    @classmethod
    @traceable
    def class_inside(cls, x: int) -> str:
        return f"{cls.__name__}{x}"

    @traceable
    @classmethod
    def class_outside(cls, x: int) -> str:
        return f"{cls.__name__}{x}"

    @staticmethod
    @traceable
    def static_inside(x: int) -> str:
        return str(x)

    @traceable(span_type="tool")
    @staticmethod
    def static_outside(x: int) -> str:
        return str(x)

    @property
    @traceable
    def shown(self) -> str:
        return self.name

    @functools.cached_property
    @traceable
    def kept(self) -> str:
        return self.name


def test_methods(spans: Spans) -> None:
    """Of every sort, with decorators in either order. self and cls are no inputs."""
    agent = Agent("a")
    assert agent.plain(1) == "a1"
    assert asyncio.run(agent.waiting(2)) == "a2"
    assert (agent.class_inside(3), Agent.class_outside(4)) == ("Agent3", "Agent4")
    assert (agent.static_inside(5), Agent.static_outside(6)) == ("5", "6")
    assert [span.input for span in spans] == [{"x": number} for number in range(1, 7)]
    assert (agent.shown, agent.kept, agent.kept) == ("a", "a", "a")
    assert [spans["shown"].input, spans["kept"].input] == [{}, {}]


def test_callables_that_are_no_functions(spans: Spans) -> None:
    """A partial, an object with __call__, and a function written in C."""

    class Caller:
        async def __call__(self, x: int) -> int:
            return x

    assert traceable(functools.partial(add, 1))(b=5) == 6
    assert asyncio.run(traceable(Caller())(7)) == 7
    assert traceable(len)("abc") == 3
    assert spans.names == ["add", "add", "Caller", "len"]
    assert [span.output for span in spans] == [6, 6, 7, 3]


@pytest.mark.parametrize("what", [property(lambda self: 1), Agent, 7])
def test_what_cannot_be_decorated(what: Any) -> None:
    """The mistake is seen where it is made."""
    with pytest.raises(SettingsError, match="functions and methods"):
        traceable(what)


def test_an_unknown_span_type() -> None:
    """The mistake is seen where it is made, with what there is."""
    with pytest.raises(SettingsError, match="must be one of llm, tool, agent"):
        traceable(span_type="robot")(len)


def test_errors(spans: Spans) -> None:
    """The same exception reaches the caller; the span has its message and stack."""
    broken = KeyError("no such city")

    @traceable
    def fail() -> None:
        raise broken

    with pytest.raises(KeyError) as caught:
        fail()
    assert caught.value is broken
    span = spans["fail"]
    assert (span.status, span.status_message) == ("error", "KeyError: 'no such city'")
    (event,) = span.events
    assert event["name"] == "exception"
    assert event["attributes"]["exception.type"] == "KeyError"
    assert event["attributes"]["exception.message"] == "'no such city'"
    assert "raise broken" in event["attributes"]["exception.stacktrace"]
    assert span.output is None


def test_an_error_that_cannot_be_shown(spans: Spans) -> None:
    """It is raised on, and its type is recorded."""

    class Odd(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    @traceable
    def fail() -> None:
        raise Odd

    with pytest.raises(Odd):
        fail()
    assert spans["fail"].status == "error"


def test_wrong_arguments(spans: Spans) -> None:
    """The function's own TypeError comes, and the span shows what was given."""
    with pytest.raises(TypeError, match="missing 1 required"):
        add(b=1)  # type: ignore[call-arg]  # that is the test
    assert spans["add"].input == {"args": [], "kwargs": {"b": 1}}


def test_cancellation_is_no_error(spans: Spans) -> None:
    """A task that somebody else stopped has done nothing wrong; the span says that it was."""

    @traceable
    async def wait() -> None:
        await asyncio.Event().wait()

    async def run() -> None:
        task = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    span = spans["wait"]
    assert span.status == "ok"
    assert span.events == [{"name": "cancelled", "attributes": {"reason": "CancelledError"}}]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_the_end_of_the_process_is_no_error(spans: Spans, stop: type[BaseException]) -> None:
    """Nor are Ctrl-C and sys.exit()."""

    @traceable
    def work() -> None:
        raise stop

    with pytest.raises(stop):
        work()
    assert (spans["work"].status, spans["work"].events[0]["name"]) == ("ok", "cancelled")


def test_an_interrupt_of_langgraph_is_no_error(spans: Spans) -> None:
    """The graph waits for a person; the span says so."""
    from langgraph.errors import GraphInterrupt

    @traceable
    def approve() -> None:
        raise GraphInterrupt

    with pytest.raises(GraphInterrupt):
        approve()
    assert spans["approve"].status == "ok"
    assert spans["approve"].attributes[semconv.INTERRUPTED] is True


def test_what_is_not_to_be_captured(spans: Spans) -> None:
    """Inputs and outputs can be left out, each by itself."""

    @traceable(capture_input=False)
    def secret_in(x: int) -> int:
        return x

    @traceable(capture_output=False, name="renamed")
    def secret_out(x: int) -> int:
        return x

    assert secret_in(1) == secret_out(1) == 1
    assert (spans["secret_in"].input, spans["secret_in"].output) == (None, 1)
    assert (spans["renamed"].input, spans["renamed"].output) == ({"x": 1}, None)


def test_attributes(spans: Spans) -> None:
    """Given to the decorator or said from within; what is not simple becomes JSON."""

    @traceable(attributes={"team": "search", "tags": ["a", "b"], "none": None})
    def work() -> None:
        set_attributes({"deep": {"x": [1]}, "mixed": [1, "a"], "big": 2**70, "n": 1})

    work()
    found = spans["work"].attributes
    wanted = {
        "team": "search",
        "tags": ("a", "b"),
        "deep": '{"x": [1]}',
        "mixed": '[1, "a"]',
        "big": str(2**70),
        "n": 1,
    }
    assert found.items() >= wanted.items()
    assert "none" not in found


def test_set_output(spans: Spans) -> None:
    """It stands in the place of what the function returns, in the span that is current."""

    @traceable(span_type="tool")
    def work() -> bytes:
        set_output({"bytes": 4})
        add(1)
        return b"\x00" * 4

    work()
    assert (spans["work"].output, spans["add"].output) == ({"bytes": 4}, 3)


def test_without_a_span() -> None:
    """Outside of any span there is nothing to set, and no error."""
    set_output(1)
    set_attributes({"a": 1})


def test_inputs_are_recorded_as_they_were_given(spans: Spans) -> None:
    """Also if the function changes them."""

    @traceable
    def empty(items: list[int]) -> None:
        items.clear()

    empty([1, 2])
    assert spans["empty"].input == {"items": [1, 2]}
