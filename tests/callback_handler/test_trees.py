"""Which spans a run makes: their names, types, order and parents."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.documents import Document
from langchain_core.language_models.fake import FakeListLLM
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda, RunnableParallel
from langchain_core.tools import tool

from tests.callback_handler.models import Scripted, calls, says
from tests.callback_handler.recorded import Recorded

PROMPT = ChatPromptTemplate.from_messages([("system", "Be brief."), ("user", "{question}")])
SEQUENCE = [
    "RunnableSequence [chain]",
    "  ChatPromptTemplate [chain]",
    "  chat gpt-4o-mini [llm]",
    "  StrOutputParser [chain]",
]
AGENT = [
    "invoke_agent adder [agent]",
    "  model [chain]",
    "    chat gpt-4o-mini [llm]",
    "  tools [chain]",
    "    execute_tool add [tool]",
    "  model [chain]",
    "    chat gpt-4o-mini [llm]",
]


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


class Library(BaseRetriever):
    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        return [Document("Paris is mild.", id="d1")]


def sequence() -> Any:
    return PROMPT | Scripted(answers=[says("Mild.")]) | StrOutputParser()


def agent() -> Any:
    model = Scripted(answers=[calls("add", {"a": 1, "b": 2}), says("3")])
    return create_agent(model, [add], name="adder", system_prompt="Count.")


async def read(stream: Any) -> None:
    async for _ in stream:
        pass


WAYS = {
    "invoke": lambda it, given, config: it.invoke(given, config),
    "ainvoke": lambda it, given, config: asyncio.run(it.ainvoke(given, config)),
    "stream": lambda it, given, config: list(it.stream(given, config)),
    "astream": lambda it, given, config: asyncio.run(read(it.astream(given, config))),
    "astream_events": lambda it, given, config: asyncio.run(
        read(it.astream_events(given, config, version="v2"))
    ),
    "batch": lambda it, given, config: it.batch([given], config),
    "abatch": lambda it, given, config: asyncio.run(it.abatch([given], config)),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_sequence_is_the_same_tree_in_every_way_of_running_it(
    recorded: Recorded, way: str
) -> None:
    """Prompt, model and parser are steps of the sequence, sync or async, streamed or not."""
    WAYS[way](sequence(), {"question": "Weather?"}, recorded.config())
    assert recorded.tree() == SEQUENCE


@pytest.mark.parametrize("way", WAYS)
def test_an_agent_is_the_same_tree_in_every_way_of_running_it(recorded: Recorded, way: str) -> None:
    """LangGraph's own plumbing is left out; the nodes, models and tools are there."""
    WAYS[way](agent(), {"messages": [("user", "1 + 2?")]}, recorded.config())
    assert recorded.tree() == AGENT


def test_each_item_of_a_batch_is_a_trace_of_its_own(recorded: Recorded) -> None:
    """Items run in parallel threads, and their steps do not get mixed."""
    sequence().batch([{"question": str(number)} for number in range(5)], recorded.config())
    assert recorded.tree() == SEQUENCE * 5
    assert len({span.trace_id for span in recorded.spans}) == 5


def test_branches_of_a_parallel_runnable_are_siblings(recorded: Recorded) -> None:
    """Both branches are below the parallel step, although they run in other threads."""
    both = RunnableParallel(one=RunnableLambda(str), two=Library())
    both.invoke("Paris", recorded.config())
    assert recorded.tree(sort=True) == [
        "RunnableParallel<one,two> [chain]",
        "  retrieval Library [retriever]",
        "  str [chain]",
    ]


def test_a_model_alone_is_a_trace(recorded: Recorded) -> None:
    """No chain is needed around it."""
    Scripted(answers=[says("Hello.")]).invoke("Hi", recorded.config())
    assert recorded.tree() == ["chat gpt-4o-mini [llm]"]


def test_a_text_model_completes_text(recorded: Recorded) -> None:
    """A model without messages is an llm span as well, with the prompt as what the user said."""
    FakeListLLM(responses=["Mild."]).invoke("Paris is", recorded.config())
    assert recorded.tree() == ["text_completion FakeListLLM [llm]"]
    span = recorded.spans[0]
    assert span.input == [{"role": "user", "parts": [{"type": "text", "content": "Paris is"}]}]
    assert span.output == [{"role": "assistant", "parts": [{"type": "text", "content": "Mild."}]}]


def test_a_tool_alone_is_a_trace(recorded: Recorded) -> None:
    """A tool may be run without an agent."""
    assert add.invoke({"a": 1, "b": 2}, recorded.config()) == 3
    assert recorded.tree() == ["execute_tool add [tool]"]


def test_a_name_given_to_a_run_is_its_name(recorded: Recorded) -> None:
    """run_name names a chain; models and tools keep the names that the conventions give them."""
    sequence().invoke({"question": "Weather?"}, recorded.config(run_name="forecast"))
    assert recorded.tree()[0] == "forecast [chain]"


def test_the_callbacks_of_a_constructor_see_that_object_only(recorded: Recorded) -> None:
    """A handler that is bound to a model sees no chain, and makes a trace of the model's call."""
    model = Scripted(answers=[says("Mild.")], callbacks=[recorded.handler()])
    (PROMPT | model).invoke({"question": "Weather?"})
    assert recorded.tree() == ["chat gpt-4o-mini [llm]"]


def test_the_current_agent_is_named_on_models_and_tools(recorded: Recorded) -> None:
    """In a trace of several agents one can tell who asked."""
    agent().invoke({"messages": [("user", "1 + 2?")]}, recorded.config())
    named = {
        span.name: span.attributes.get("gen_ai.agent.name")
        for span in recorded.spans
        if span.type != "chain"
    }
    assert named == {
        "invoke_agent adder": "adder",
        "chat gpt-4o-mini": "adder",
        "execute_tool add": "adder",
    }


def test_what_the_user_says_of_a_run_is_on_its_top(recorded: Recorded) -> None:
    """Names, session and user describe the trace; tags and metadata are the user's own ones."""
    handler = recorded.handler(agent_name="sums", environment="test", user_id="u1")
    agent().invoke(
        {"messages": [("user", "1 + 2?")]},
        {
            "callbacks": [handler],
            "tags": ["nightly"],
            "metadata": {"customer": 7, "session_id": "s1"},
        },
    )
    root = recorded["invoke_agent sums"].attributes
    assert root["audittrail.agent.name"] == root["gen_ai.agent.name"] == "sums"
    assert root["audittrail.environment"] == "test"
    assert root["audittrail.user.id"] == "u1"
    assert root["audittrail.session.id"] == "s1"
    assert root["audittrail.framework"] == "langgraph"
    assert root["langchain.tags"] == ("nightly",)
    assert root["langchain.metadata"] == '{"customer": 7, "session_id": "s1"}'
    below = recorded["execute_tool add"].attributes
    assert below["gen_ai.agent.name"] == "sums"
    assert not below.keys() & {"audittrail.session.id", "langchain.metadata"}
