"""Graphs: nodes, steps, branches, sub-graphs, threads."""

from __future__ import annotations

import asyncio
import operator
from typing import Annotated, Any

import pytest
from langchain.agents import create_agent
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint, task
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send
from typing_extensions import TypedDict

from tests.callback_handler.models import Scripted, calls, says
from tests.callback_handler.recorded import Recorded


class State(TypedDict):
    found: Annotated[list[str], operator.add]


def node(name: str) -> Any:
    return lambda state: {"found": [name]}


def sub_graph(name: str | None = None) -> Any:
    builder = StateGraph(State)
    builder.add_node("inner", node("inner"))
    builder.add_edge(START, "inner")
    return builder.compile(name=name)


def test_a_node_tells_where_it_is_in_its_graph(recorded: Recorded) -> None:
    """Node, step, what triggered it, and its namespace among the checkpoints."""
    builder = StateGraph(State)
    builder.add_node("plan", node("plan"))
    builder.add_node("act", node("act"))
    builder.add_edge(START, "plan")
    builder.add_edge("plan", "act")
    builder.compile().invoke({"found": []}, recorded.config())
    act = recorded["act"].attributes
    assert act["langgraph.node"] == "act"
    assert act["langgraph.step"] == 2
    assert act["langgraph.triggers"] == ("branch:to:act",)
    assert act["langgraph.checkpoint_ns"].startswith("act:")
    assert recorded["act"].input == {"found": ["plan"]}
    assert recorded["act"].output == {"found": ["act"]}


def test_the_thread_is_the_session(recorded: Recorded) -> None:
    """Unless the handler was given one."""
    graph = sub_graph()
    thread = {"configurable": {"thread_id": 42}}
    graph.invoke({"found": []}, recorded.config(**thread))
    graph.invoke({"found": []}, {"callbacks": [recorded.handler(session_id="mine")], **thread})
    roots = [root.attributes for root in recorded.spans.roots]
    assert [root["audittrail.session.id"] for root in roots] == ["42", "mine"]
    assert [root["langgraph.thread_id"] for root in roots] == ["42", "42"]


@pytest.mark.parametrize("is_async", [False, True])
def test_branches_that_are_sent_are_siblings(recorded: Recorded, is_async: bool) -> None:
    """A fan-out runs in parallel threads or tasks; each branch is below the graph."""
    builder = StateGraph(State)
    builder.add_node("look", sub_graph("looking"))
    builder.add_node("join", node("join"))
    sends = [Send("look", {"found": []}) for _ in range(3)]
    builder.add_conditional_edges(START, lambda state: sends, ["look"])
    builder.add_edge("look", "join")
    graph = builder.compile(name="fan")
    if is_async:
        asyncio.run(graph.ainvoke({"found": []}, recorded.config()))
    else:
        graph.invoke({"found": []}, recorded.config())
    assert recorded.tree() == [
        "invoke_agent fan [agent]",
        *["  look [chain]", "    looking [chain]", "      inner [chain]"] * 3,
        "  join [chain]",
    ]
    steps = [span.attributes["langgraph.step"] for span in recorded.spans.named("look")]
    assert steps == [1, 1, 1]
    assert len(
        {span.attributes["langgraph.checkpoint_ns"] for span in recorded.spans.named("look")}
    )


def test_a_sub_graph_that_a_node_calls_is_below_the_node(recorded: Recorded) -> None:
    """Whether it is the node itself, or called by the node's function."""
    inner = sub_graph("inside")
    builder = StateGraph(State)
    builder.add_node("is", inner)
    builder.add_node("calls", lambda state: inner.invoke(state))
    builder.add_edge(START, "is")
    builder.add_edge("is", "calls")
    builder.compile(name="outside").invoke({"found": []}, recorded.config())
    assert recorded.tree() == [
        "invoke_agent outside [agent]",
        *["  is [chain]", "    inside [chain]", "      inner [chain]"],
        *["  calls [chain]", "    inside [chain]", "      inner [chain]"],
    ]


def test_an_agent_inside_of_a_graph_is_an_agent(recorded: Recorded) -> None:
    """Whether it is a node or called by a tool; a plain sub-graph is a chain."""
    helper = create_agent(Scripted(answers=[says("done")]), [], name="helper")

    @tool
    def ask_helper(question: str) -> str:
        """Ask the helper."""
        return str(helper.invoke({"messages": [("user", question)]})["messages"][-1].content)

    model = Scripted(answers=[calls("ask_helper", {"question": "?"}), says("asked")])
    boss = create_agent(model, [ask_helper], name="boss")
    builder: Any = StateGraph(dict)
    builder.add_node("team", boss)
    builder.add_edge(START, "team")
    builder.compile(name="firm").invoke({"messages": [("user", "go")]}, recorded.config())
    assert recorded.tree() == [
        "invoke_agent firm [agent]",
        "  team [chain]",
        "    invoke_agent boss [agent]",
        "      model [chain]",
        "        chat gpt-4o-mini [llm]",
        "      tools [chain]",
        "        execute_tool ask_helper [tool]",
        "          invoke_agent helper [agent]",
        "            model [chain]",
        "              chat gpt-4o-mini [llm]",
        "      model [chain]",
        "        chat gpt-4o-mini [llm]",
    ]
    named = [span.attributes["gen_ai.agent.name"] for span in recorded.spans if span.type == "llm"]
    assert named == ["boss", "helper", "boss"]


def test_a_cycle_is_a_row_of_steps(recorded: Recorded) -> None:
    """A graph that goes round three times has three spans of the node, with rising steps."""
    builder = StateGraph(State)
    builder.add_node("think", node("think"))
    builder.add_edge(START, "think")
    builder.add_conditional_edges(
        "think", lambda state: END if len(state["found"]) == 3 else "think"
    )
    builder.compile().invoke({"found": []}, recorded.config())
    assert recorded.tree() == ["invoke_agent LangGraph [agent]", *["  think [chain]"] * 3]
    steps = [span.attributes["langgraph.step"] for span in recorded.spans.named("think")]
    assert steps == [1, 2, 3]


def test_a_function_that_chooses_the_next_node_is_a_step(recorded: Recorded) -> None:
    """With its name and its choice; LangGraph's own plumbing around it is left out."""

    def choose(state: State) -> str:
        return "second"

    builder = StateGraph(State)
    builder.add_node("first", node("first"))
    builder.add_node("second", node("second"))
    builder.add_edge(START, "first")
    builder.add_conditional_edges("first", choose, ["second"])
    builder.compile().invoke({"found": []}, recorded.config())
    assert recorded.tree() == [
        "invoke_agent LangGraph [agent]",
        "  first [chain]",
        "    choose [chain]",
        "  second [chain]",
    ]
    assert recorded["choose"].output == "second"


def test_a_command_to_the_graph_above_is_no_error(recorded: Recorded) -> None:
    """LangGraph raises an exception for it inside; the sub-graph did what it should."""

    def leave(state: State) -> Command[Any]:
        return Command(goto="last", update={"found": ["left"]}, graph=Command.PARENT)

    inner = StateGraph(State)
    inner.add_node("leave", leave)
    inner.add_edge(START, "leave")
    builder = StateGraph(State)
    builder.add_node("first", inner.compile(name="inside"), destinations=("last",))
    builder.add_node("last", node("last"))
    builder.add_edge(START, "first")
    builder.compile(name="outside").invoke({"found": []}, recorded.config())
    assert recorded.tree() == [
        "invoke_agent outside [agent]",
        "  first [chain]",
        "    inside [chain]",
        "      leave [chain]",
        "  last [chain]",
    ]
    commands = [each for span in recorded.spans for each in span.events]
    assert {each["name"] for each in commands} == {"command"}


def test_the_functional_api_is_a_graph_of_its_tasks(recorded: Recorded) -> None:
    """An entrypoint is an agent, and what it calls are chains below its function."""

    @task
    def double(number: int) -> int:
        return number * 2

    @entrypoint()
    def workflow(number: int) -> int:
        return double(number).result() + 1

    assert workflow.invoke(3, recorded.config()) == 7
    assert recorded.tree() == [
        "invoke_agent LangGraph [agent]",
        "  workflow [chain]",
        "    double [chain]",
    ]


def test_a_thread_that_goes_on_is_a_trace_each_time(recorded: Recorded) -> None:
    """Two questions in one thread are two traces of one session."""
    builder = StateGraph(State)
    builder.add_node("node", node("x"))
    builder.add_edge(START, "node")
    graph = builder.compile(checkpointer=InMemorySaver())
    config = recorded.config(configurable={"thread_id": "t1"})
    for _ in range(2):
        graph.invoke({"found": []}, config)
    roots = recorded.spans.roots
    assert len({root.trace_id for root in roots}) == 2
    assert {root.attributes["audittrail.session.id"] for root in roots} == {"t1"}
