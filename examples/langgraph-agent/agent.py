"""A buyer for a small coffee roastery: a LangGraph agent with seven tools, traced live.

    python agent.py                  # with OPENAI_API_KEY: gpt-4o-mini; without: offline
    python agent.py --offline        # the same graph, the model played by a script
    python agent.py --question "Can we order 3,000 kg of green coffee from Monte Claro?"

                 ┌─> research (terms)  ─┐
    question ─> plan ─> research (stock)  ─┼─> analyse <─> analysis tools
                 └─> research (market) ─┘        │
                                                 v
                                   answer <─ review <─> write

`research` is a graph of its own, a model and four tools in a loop, and runs once for each task of
the plan, all at the same time. The review may send the draft back.

Offline, the final answer rests on ONE result of a tool: `read_file("monte-claro-terms.md")`, which
has the minimum order. Take it away and the agent says that it does not know; change its figure and
the verdict changes. What `web_search` finds on the market has no influence on the answer at all.
"""

from __future__ import annotations

import operator
from typing import Annotated, Any, Literal, TypedDict

import offline
import prompts
from langchain_core.messages import AIMessage, AnyMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.graph.state import CompiledStateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Send
from session import chat_model, live_trace, options
from tools import ANALYSIS_TOOLS, RESEARCH_TOOLS

AGENT = "coffee-buyer"
QUESTION = "Can we order 1,200 kg of green coffee from Monte Claro for the spring blend?"
MOST_TASKS = 4
MOST_DRAFTS = 3


class Research(TypedDict):
    """What one run of the research graph works on."""

    task: str
    messages: Annotated[list[AnyMessage], add_messages]
    findings: list[str]


class State(TypedDict):
    """What the whole agent works on. Findings of parallel branches are put together."""

    question: str
    tasks: list[str]
    findings: Annotated[list[str], operator.add]
    messages: Annotated[list[AnyMessage], add_messages]
    draft: str
    drafts: int
    criticism: str
    answer: str


# --- research: a model and its tools in a loop --------------------------------------------------


def ask_researcher(state: Research, config: RunnableConfig) -> dict[str, Any]:
    model = chat_model().bind_tools(RESEARCH_TOOLS)
    said = model.invoke(
        [("system", prompts.RESEARCHER), ("user", state["task"]), *state.get("messages", [])],
        config,
    )
    return {"messages": [said]}


def wants_tools(state: Research | State) -> Literal["tools", "done"]:
    last = state["messages"][-1]
    return "tools" if isinstance(last, AIMessage) and last.tool_calls else "done"


def report(state: Research) -> dict[str, Any]:
    return {"findings": [f"{state['task']}\n{state['messages'][-1].text}"]}


def research_graph() -> CompiledStateGraph[Any, Any, Any, Any]:
    graph = StateGraph(Research, output_schema=Findings)
    graph.add_node("researcher", ask_researcher)
    graph.add_node("tools", ToolNode(RESEARCH_TOOLS, handle_tool_errors=True))
    graph.add_node("report", report)
    graph.add_edge(START, "researcher")
    graph.add_conditional_edges("researcher", wants_tools, {"tools": "tools", "done": "report"})
    graph.add_edge("tools", "researcher")
    graph.add_edge("report", END)
    return graph.compile(name="research")


class Findings(TypedDict):
    findings: list[str]


# --- the agent ------------------------------------------------------------------------------------


def plan(state: State, config: RunnableConfig) -> dict[str, Any]:
    said = chat_model().invoke([("system", prompts.PLANNER), ("user", state["question"])], config)
    tasks = [line.strip(" -*0123456789.") for line in said.text.splitlines() if line.strip()]
    return {"tasks": tasks[:MOST_TASKS]}


def fan_out(state: State) -> list[Send]:
    return [Send("research", {"task": task}) for task in state["tasks"]]


def analyse(state: State, config: RunnableConfig) -> dict[str, Any]:
    model = chat_model().bind_tools(ANALYSIS_TOOLS)
    told = f"Question: {state['question']}\n\n" + "\n\n".join(state["findings"])
    said = model.invoke([("system", prompts.ANALYST), ("user", told), *state["messages"]], config)
    return {"messages": [said]}


def write(state: State, config: RunnableConfig) -> dict[str, Any]:
    told = [f"Question: {state['question']}", *state["findings"], state["messages"][-1].text]
    if state["criticism"]:
        told += [f"Your last draft: {state['draft']}", f"Criticism: {state['criticism']}"]
    said = chat_model().invoke([("system", prompts.WRITER), ("user", "\n\n".join(told))], config)
    return {"draft": said.text, "drafts": state["drafts"] + 1}


def review(state: State, config: RunnableConfig) -> dict[str, Any]:
    told = f"Question: {state['question']}\n\nDraft: {state['draft']}"
    said = chat_model().invoke([("system", prompts.REVIEWER), ("user", told)], config)
    return {"criticism": "" if said.text.startswith("OK") else said.text}


def good_enough(state: State) -> Literal["write", "answer"]:
    return "write" if state["criticism"] and state["drafts"] < MOST_DRAFTS else "answer"


def answer(state: State) -> dict[str, Any]:
    return {"answer": state["draft"]}


def build_graph() -> CompiledStateGraph[Any, Any, Any, Any]:
    graph = StateGraph(State)
    graph.add_node("plan", plan)
    graph.add_node("research", research_graph())
    graph.add_node("analyse", analyse)
    graph.add_node("analysis tools", ToolNode(ANALYSIS_TOOLS, handle_tool_errors=True))
    graph.add_node("write", write)
    graph.add_node("review", review)
    graph.add_node("answer", answer)
    graph.add_edge(START, "plan")
    graph.add_conditional_edges("plan", fan_out, ["research"])
    graph.add_edge("research", "analyse")
    graph.add_conditional_edges(
        "analyse", wants_tools, {"tools": "analysis tools", "done": "write"}
    )
    graph.add_edge("analysis tools", "analyse")
    graph.add_edge("write", "review")
    graph.add_conditional_edges("review", good_enough)
    graph.add_edge("answer", END)
    return graph.compile(name=AGENT)


def ask(question: str, config: RunnableConfig) -> str:
    """Run the graph once."""
    begin = {"question": question, "messages": [], "drafts": 0, "criticism": ""}
    return str(build_graph().invoke(begin, config)["answer"])


def main() -> None:
    given = options("A LangGraph agent with seven tools, traced live.", QUESTION)
    with live_trace(AGENT, given, offline.script) as run:
        print(ask(given.question, run.config))


if __name__ == "__main__":
    main()
