"""Spans of the user's own, made while a run's code runs, are below that run."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langgraph.graph import START, StateGraph
from langgraph.prebuilt import ToolNode
from opentelemetry import context as otel_context
from opentelemetry import trace
from typing_extensions import TypedDict

from tests.callback_handler.models import Streaming, calls, streamed
from tests.callback_handler.recorded import Recorded


class State(TypedDict):
    messages: list[Any]


@pytest.fixture(autouse=True)
def nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Any:
    """OpenTelemetry logs an error for a context that is put back in the wrong place."""
    with caplog.at_level(logging.WARNING):
        yield
    assert caplog.messages == []


def tools(recorded: Recorded) -> tuple[Any, Any]:
    @tool
    def look_up(key: str) -> str:
        """Look something up."""
        with recorded.tracer.start_as_current_span("SELECT"):
            return key

    @tool
    async def fetch(url: str) -> str:
        """Fetch a page."""
        with recorded.tracer.start_as_current_span("GET"):
            await asyncio.sleep(0)
        return url

    return look_up, fetch


def test_a_span_in_a_tool_is_below_the_tool(recorded: Recorded) -> None:
    """A query of the database belongs to the tool that asks."""
    look_up, _ = tools(recorded)
    look_up.invoke({"key": "x"}, recorded.config())
    assert recorded.tree() == ["execute_tool look_up [tool]", "  SELECT [None]"]


def test_a_span_in_an_async_tool_is_below_the_tool(recorded: Recorded) -> None:
    """Its end is reported from another task, and nothing is left of it in the caller's."""
    _, fetch = tools(recorded)

    async def run() -> None:
        before = trace.get_current_span()
        await fetch.ainvoke({"url": "x"}, recorded.config())
        assert trace.get_current_span() is before
        with recorded.tracer.start_as_current_span("afterwards"):
            pass

    asyncio.run(run())
    assert recorded.tree() == ["execute_tool fetch [tool]", "  GET [None]", "afterwards [None]"]


def test_a_sync_tool_of_an_async_agent_is_current_in_its_thread(recorded: Recorded) -> None:
    """LangChain runs it in a thread, with a copy of the context."""
    look_up, _ = tools(recorded)
    asyncio.run(look_up.ainvoke({"key": "x"}, recorded.config()))
    assert recorded.tree() == ["execute_tool look_up [tool]", "  SELECT [None]"]


@pytest.mark.parametrize("is_async", [False, True])
def test_parallel_tools_do_not_see_each_other(recorded: Recorded, is_async: bool) -> None:
    """Each tool of a turn has its own span as the current one."""
    look_up, fetch = tools(recorded)
    node = ToolNode([look_up, fetch])
    builder = StateGraph(State)
    builder.add_node("tools", node)
    builder.add_edge(START, "tools")
    graph = builder.compile()
    chosen = ("fetch", "url") if is_async else ("look_up", "key")
    asked = calls(chosen[0], {chosen[1]: "1"}, "c1")
    asked.tool_calls.append({**asked.tool_calls[0], "id": "c2"})
    if is_async:
        asyncio.run(graph.ainvoke({"messages": [asked]}, recorded.config()))
    else:
        graph.invoke({"messages": [asked]}, recorded.config())
    inner = "GET" if is_async else "SELECT"
    assert recorded.tree() == [
        "invoke_agent LangGraph [agent]",
        "  tools [chain]",
        *[f"    execute_tool {chosen[0]} [tool]", f"      {inner} [None]"] * 2,
    ]


def test_spans_in_nodes_and_lambdas_are_below_them(recorded: Recorded) -> None:
    """User code runs in nodes, and in the functions that chains are made of."""

    def node(state: State) -> State:
        with recorded.tracer.start_as_current_span("in node"):
            return state

    def route(state: State) -> str:
        with recorded.tracer.start_as_current_span("in route"):
            return "node"

    builder = StateGraph(State)
    builder.add_node("node", node)
    builder.add_conditional_edges(START, route)
    graph = RunnableLambda(lambda given: given) | builder.compile()
    graph.invoke({"messages": []}, recorded.config())
    assert recorded.tree() == [
        "RunnableSequence [chain]",
        "  RunnableLambda [chain]",
        "  invoke_agent LangGraph [agent]",
        "    in route [None]",
        "    node [chain]",
        "      in node [None]",
    ]


def test_a_run_inside_of_a_tool_is_below_the_tool(recorded: Recorded) -> None:
    """Also if the tool names the handler again, so that LangChain knows no parent."""
    config = recorded.config()

    @tool
    def ask(question: str) -> str:
        """Ask a chain."""
        with recorded.tracer.start_as_current_span("mine"):
            RunnableLambda(str).invoke(question, config)
        return str(RunnableLambda(str).invoke(question, config))

    ask.invoke({"question": "x"}, config)
    assert recorded.tree() == [
        "execute_tool ask [tool]",
        "  mine [None]",
        "    str [chain]",
        "  str [chain]",
    ]


def test_a_run_of_another_handler_is_below_the_tool_too(recorded: Recorded) -> None:
    """Each part of a program may have a handler of its own."""

    @tool
    def ask(question: str) -> str:
        """Ask a chain."""
        return str(RunnableLambda(str).invoke(question, recorded.config()))

    ask.invoke({"question": "x"}, recorded.config())
    assert recorded.tree() == ["execute_tool ask [tool]", "  str [chain]"]


def test_two_streams_that_are_read_in_turns_are_two_traces(recorded: Recorded) -> None:
    """The second begins while the first one's span is current in the same context."""
    model = Streaming(chunks=streamed("a", "b"))
    one = model.stream("first", recorded.config())
    two = model.stream("second", recorded.config())
    for pair in zip(one, two, strict=True):
        assert len(pair) == 2
    assert recorded.tree() == ["chat gpt-4o-mini [llm]"] * 2
    assert not trace.get_current_span().get_span_context().is_valid


def test_a_loop_over_a_graphs_stream_is_not_part_of_it(recorded: Recorded) -> None:
    """What the program does with each piece is its own."""
    builder = StateGraph(State)
    builder.add_node("node", lambda state: state)
    builder.add_edge(START, "node")
    for _ in builder.compile().stream({"messages": []}, recorded.config()):
        with recorded.tracer.start_as_current_span("render"):
            pass
    assert recorded.tree() == [
        "invoke_agent LangGraph [agent]",
        "  node [chain]",
        "render [None]",
    ]


def test_a_stream_that_is_left_early_leaves_nothing_behind(recorded: Recorded) -> None:
    """Its span ends, without an error, and is not the current one any more."""
    stream: Any = Streaming(chunks=streamed("a", "b")).stream("hi", recorded.config())
    next(stream)
    next(stream)
    stream.close()
    (span,) = recorded.spans
    assert span.status == "ok"
    assert [each["name"] for each in span.events] == ["cancelled"]
    assert not trace.get_current_span().get_span_context().is_valid


def test_a_stream_that_is_closed_in_another_thread_ends(recorded: Recorded) -> None:
    """Web servers read a stream from whichever thread is free."""
    stream: Any = Streaming(chunks=streamed("a")).stream("hi", recorded.config())
    next(stream)
    closer = threading.Thread(target=stream.close)
    closer.start()
    closer.join()
    assert recorded.tree() == ["chat gpt-4o-mini [llm]"]
    assert not trace.get_current_span().get_span_context().is_valid


def test_contexts_do_not_pile_up(recorded: Recorded) -> None:
    """A task that runs tools all day holds no more of them than the last."""
    _, fetch = tools(recorded)

    async def run() -> int:
        for _ in range(5):
            await fetch.ainvoke({"url": "x"}, recorded.config())
        depth, context = 0, otel_context.get_current()
        while hasattr(context, "before"):
            depth, context = depth + 1, context.before
        return depth

    assert asyncio.run(run()) <= 1


@pytest.mark.parametrize("is_async", [False, True])
def test_a_request_of_a_model_is_below_its_call(recorded: Recorded, is_async: bool) -> None:
    """An instrumented HTTP client's span belongs to the call that it carries."""

    class Traced(Streaming):
        def _generate(self, *args: Any, **kwargs: Any) -> Any:
            with recorded.tracer.start_as_current_span("POST"):
                return super()._generate(*args, **kwargs)

    model = Traced(answers=[calls("x", {})])
    if is_async:
        asyncio.run(model.ainvoke("x", recorded.config()))
    else:
        model.invoke("x", recorded.config())
    assert recorded.tree() == ["chat gpt-4o-mini [llm]", "  POST [None]"]


def test_models_that_are_asked_several_things_at_once_are_not_current(recorded: Recorded) -> None:
    """All calls start before the first is worked on, so a span could go to the wrong one."""

    class Traced(Streaming):
        def _generate(self, *args: Any, **kwargs: Any) -> Any:
            with recorded.tracer.start_as_current_span("POST"):
                return super()._generate(*args, **kwargs)

    model = Traced(answers=[calls("x", {})], callbacks=[recorded.handler()])
    model.generate([[HumanMessage("1")], [HumanMessage("2")]])
    assert sorted(recorded.tree()) == ["POST [None]"] * 2 + ["chat gpt-4o-mini [llm]"] * 2
