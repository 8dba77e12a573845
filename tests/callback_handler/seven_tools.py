"""An agent with seven tools, run by a test as a program of its own.

It plans and calls tools in a loop, looks at two topics side by side in a sub-graph, and writes the
answer. Where it was told to, one tool waits for a line on stdin, so that somebody can look at the
agent while it runs. It prints the trace's id.
"""

from __future__ import annotations

import operator
import sys
from typing import Annotated, Any

from langchain_core.messages import AnyMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.prebuilt import ToolNode
from langgraph.types import Send
from typing_extensions import TypedDict

from audittrail.callback_handler import AuditTrailCallbackHandler
from audittrail.otel_exporter import configure, flush, shutdown

TRACE_ID = sys.argv[1]
WAITS = sys.argv[2:] == ["wait"]


class State(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]
    findings: Annotated[list[str], operator.add]


class Topic(TypedDict):
    topic: str
    findings: Annotated[list[str], operator.add]


@tool
def web_search(query: str) -> str:
    """Search the web."""
    return f"about {query}"


@tool
def current_time() -> str:
    """Tell the time."""
    if WAITS:
        sys.stdin.readline()
    return "12:00"


@tool
def database(sql: str) -> list[int]:
    """Ask the database."""
    return [1, 2]


@tool
def read_file(path: str) -> str:
    """Read a file."""
    raise FileNotFoundError(path)


@tool
def calculate(expression: str) -> int:
    """Calculate."""
    return 42


@tool
def compare(one: str, other: str) -> str:
    """Compare."""
    return "alike"


@tool
def summarise(text: str) -> str:
    """Summarise."""
    return text[:10]


TOOLS: list[Any] = [
    web_search,
    current_time,
    database,
    read_file,
    calculate,
    compare,
    summarise,
]
streaming = ChatOpenAI(model="gpt-4o-mini", temperature=0, streaming=True, stream_usage=True)
plain = ChatOpenAI(model="gpt-4o-mini", temperature=0)


def plan(state: State) -> dict[str, Any]:
    instructions = SystemMessage("Plan.")
    return {"messages": [streaming.bind_tools(TOOLS).invoke([instructions, *state["messages"]])]}


def next_step(state: State) -> Any:
    if getattr(state["messages"][-1], "tool_calls", None):
        return "tools"
    return [Send("research", {"topic": topic, "findings": []}) for topic in ("north", "south")]


def look(state: Topic) -> dict[str, Any]:
    question = [SystemMessage("Research."), HumanMessage(state["topic"])]
    return {"findings": [str(plain.invoke(question).content)]}


def write(state: State) -> dict[str, Any]:
    question = [SystemMessage("Write."), HumanMessage(" ".join(state["findings"]))]
    return {"messages": [plain.invoke(question)]}


def graph() -> Any:
    research = StateGraph(Topic)
    research.add_node("look", look)
    research.add_edge(START, "look")
    builder = StateGraph(State)
    builder.add_node("plan", plan)
    builder.add_node("tools", ToolNode(TOOLS, handle_tool_errors=True))
    builder.add_node("research", research.compile(name="researcher"))
    builder.add_node("write", write)
    builder.add_edge(START, "plan")
    builder.add_conditional_edges("plan", next_step, ["tools", "research"])
    builder.add_edge("tools", "plan")
    builder.add_edge("research", "write")
    builder.add_edge("write", END)
    return builder.compile(checkpointer=InMemorySaver(), name="seven")


if __name__ == "__main__":
    configure(service_name="seven-tools")
    handler = AuditTrailCallbackHandler(TRACE_ID, environment="test")
    answer = graph().invoke(
        {"messages": [HumanMessage("Compare north and south.")], "findings": []},
        {"callbacks": [handler], "configurable": {"thread_id": "t-7"}},
    )
    assert flush()
    shutdown()
    print(handler.trace_id, answer["messages"][-1].content)
