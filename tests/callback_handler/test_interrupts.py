"""Graphs that wait for somebody: no error, but told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, interrupt

from tests.callback_handler.models import calls
from tests.callback_handler.recorded import Recorded, event, parsed

INTERRUPTED = "audittrail.interrupted"


@tool
def delete(path: str) -> str:
    """Delete a file, if a person agrees."""
    return f"{path}: {interrupt({'delete': path})}"


def graph(**how: Any) -> Any:
    builder = StateGraph(MessagesState)
    builder.add_node("tools", ToolNode([delete]))
    builder.add_edge(START, "tools")
    return builder.compile(checkpointer=InMemorySaver(), **how)


def config(recorded: Recorded) -> Any:
    return recorded.config(configurable={"thread_id": "t1"})


ASKED = {"messages": [calls("delete", {"path": "/tmp/x"})]}
TREE = [
    "invoke_agent LangGraph [agent]",
    "  tools [chain]",
    "    execute_tool delete [tool]",
]


@pytest.mark.parametrize("is_async", [False, True])
def test_an_interrupt_is_no_error(recorded: Recorded, is_async: bool) -> None:
    """Every span that it passes is marked, and tells the question."""
    waits = graph()
    if is_async:
        asyncio.run(waits.ainvoke(ASKED, config(recorded)))
    else:
        waits.invoke(ASKED, config(recorded))
    assert recorded.tree() == TREE
    for span in recorded.spans:
        assert span.attributes[INTERRUPTED] is True
        assert parsed(event(span, "interrupt")["value"]) == {"delete": "/tmp/x"}


def test_an_older_langgraph_tells_no_pauses(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exception of the tool is enough for all above it."""
    handler = recorded.handler()
    monkeypatch.setattr(handler, "on_interrupt", lambda event: None)
    graph().invoke(ASKED, {"callbacks": [handler], "configurable": {"thread_id": "t1"}})
    assert [span.attributes.get(INTERRUPTED) for span in recorded.spans] == [True] * 3


def test_a_graph_that_goes_on_is_not_interrupted(recorded: Recorded) -> None:
    """The answer is the input of the next run, which says where it went on."""
    waits = graph()
    waits.invoke(ASKED, config(recorded))
    waits.invoke(Command(resume="yes"), config(recorded))
    again = recorded.spans.roots[1]
    assert again.input == {"resume": "yes"}
    assert INTERRUPTED not in again.attributes
    assert event(again, "resume")["checkpoint_id"]
    (_, done) = recorded.spans.named("execute_tool delete")
    assert done.attributes["gen_ai.tool.call.result"] == "/tmp/x: yes"


def test_a_pause_before_a_node_is_an_interrupt(recorded: Recorded) -> None:
    """No code runs that could raise one; the graph tells its handler."""
    graph(interrupt_before=["tools"]).invoke(ASKED, config(recorded))
    assert recorded.tree() == TREE[:1]
    span = recorded.spans[0]
    assert span.attributes[INTERRUPTED] is True
    assert event(span, "interrupt")["value"] == "interrupt_before"


def test_a_question_may_be_secret(recorded: Recorded) -> None:
    """Without content, the interrupt is told without its value."""
    handler = recorded.handler(capture_content=False)
    graph().invoke(ASKED, {"callbacks": [handler], "configurable": {"thread_id": "t1"}})
    assert "value" not in event(recorded.spans[0], "interrupt")
    assert recorded.spans[0].attributes[INTERRUPTED] is True
