"""What a span says of a tool, and of a retriever."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.messages import AIMessage
from langchain_core.tools import ToolException, tool
from langchain_core.vectorstores import InMemoryVectorStore
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command

from tests.callback_handler.models import calls
from tests.callback_handler.recorded import Recorded, event, parsed

CALL = {"name": "search", "args": {"query": "Paris", "limit": 2}, "id": "c1", "type": "tool_call"}


@tool
def search(query: str, limit: int = 1) -> dict[str, Any]:
    """Search the web."""
    return {"found": [query] * limit}


@tool
def fails(query: str) -> str:
    """Fail."""
    raise ToolException(f"no {query} today")


def test_a_tool_says_what_it_is_and_what_it_was_called_with(recorded: Recorded) -> None:
    """Name, description, the id of the model's call, and the arguments, from the start."""
    search.invoke(CALL, recorded.config())
    at_start = recorded.started["execute_tool search"]
    assert at_start["audittrail.span.type"] == "tool"
    assert at_start["gen_ai.operation.name"] == "execute_tool"
    assert at_start["gen_ai.tool.name"] == "search"
    assert at_start["gen_ai.tool.description"] == "Search the web."
    assert at_start["gen_ai.tool.call.id"] == "c1"
    assert parsed(at_start["gen_ai.tool.call.arguments"]) == {"query": "Paris", "limit": 2}
    result = recorded.spans[0].attributes["gen_ai.tool.call.result"]
    assert parsed(result) == {"found": ["Paris", "Paris"]}


def test_a_tool_without_a_model_has_no_call_id(recorded: Recorded) -> None:
    """What it returns is told as it is."""
    search.invoke({"query": "Paris"}, recorded.config())
    said = recorded.spans[0].attributes
    assert "gen_ai.tool.call.id" not in said
    assert parsed(said["gen_ai.tool.call.result"]) == {"found": ["Paris"]}


def test_a_tool_that_returns_a_command_is_told(recorded: Recorded) -> None:
    """LangGraph's tools may change the state, or go elsewhere."""

    @tool
    def hand_over(to: str) -> Command[Any]:
        """Hand over."""
        return Command(goto=to, update={"messages": [AIMessage("Over to you.")]})

    hand_over.invoke({"to": "writer"}, recorded.config())
    said = parsed(recorded.spans[0].attributes["gen_ai.tool.call.result"])
    assert said == {
        "update": {"messages": [{"role": "assistant", "content": "Over to you."}]},
        "goto": "writer",
    }


def test_a_failed_tool_is_an_error(recorded: Recorded) -> None:
    """With the exception, its stack, and the type of the error."""
    with pytest.raises(ToolException):
        fails.invoke({"query": "Paris"}, recorded.config())
    span = recorded["execute_tool fails"]
    assert span.status == "error"
    assert span.status_message == "ToolException: no Paris today"
    assert span.attributes["error.type"] == "langchain_core.tools.base.ToolException"
    said = event(span, "exception")
    assert said["exception.message"] == "no Paris today"
    assert 'raise ToolException(f"no {query} today")' in said["exception.stacktrace"]


def test_an_error_that_is_told_to_the_model_is_an_error_of_the_tool(recorded: Recorded) -> None:
    """The agent goes on; the tool has failed none the less."""
    lenient = fails.model_copy(update={"handle_tool_error": True})
    answer = lenient.invoke({**CALL, "name": "fails"}, recorded.config())
    assert answer.status == "error"
    span = recorded["execute_tool fails"]
    assert (span.status, span.status_message) == ("error", "no Paris today")
    assert span.attributes["gen_ai.tool.call.result"] == "no Paris today"


def test_a_tool_node_that_handles_errors_goes_on(recorded: Recorded) -> None:
    """The tool's span has failed, and those above it have not."""
    builder = StateGraph(MessagesState)
    builder.add_node("tools", ToolNode([fails], handle_tool_errors=True))
    builder.add_edge(START, "tools")
    graph = builder.compile()
    graph.invoke({"messages": [calls("fails", {"query": "Paris"})]}, recorded.config())
    assert recorded.tree() == [
        "invoke_agent LangGraph [agent]",
        "  tools [chain]",
        "    execute_tool fails [tool] error",
    ]
    (told,) = recorded["tools"].output["messages"]
    assert (told["role"], told["status"], told["tool_call_id"]) == ("tool", "error", "call_1")


def test_a_tool_that_is_cancelled_ends(recorded: Recorded) -> None:
    """LangChain does not report it; its task's end does. It is no fault of the tool."""

    running = asyncio.Event()

    @tool
    async def slow() -> None:
        """Take for ever."""
        running.set()
        await asyncio.Event().wait()

    async def run() -> None:
        task = asyncio.ensure_future(slow.ainvoke({}, recorded.config()))
        await running.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)

    asyncio.run(run())
    assert recorded.tree() == ["execute_tool slow [tool]"]
    assert [each["name"] for each in recorded.spans[0].events] == ["cancelled"]


def library() -> Any:
    store = InMemoryVectorStore(DeterministicFakeEmbedding(size=8))
    store.add_documents([Document("Paris is mild.", id="d1", metadata={"page": 3})])
    return store.as_retriever()


@pytest.mark.parametrize("is_async", [False, True])
def test_a_retriever_tells_query_and_documents(recorded: Recorded, is_async: bool) -> None:
    """With their ids and metadata; the query from the start."""
    if is_async:
        asyncio.run(library().ainvoke("Weather?", recorded.config()))
    else:
        library().invoke("Weather?", recorded.config())
    (span,) = recorded.spans
    assert (span.name, span.type) == ("retrieval VectorStoreRetriever", "retriever")
    assert recorded.started[span.name]["gen_ai.retrieval.query.text"] == "Weather?"
    assert span.attributes["gen_ai.operation.name"] == "retrieval"
    assert span.attributes["langchain.retriever.vector_store"] == "InMemoryVectorStore"
    assert parsed(span.attributes["gen_ai.retrieval.documents"]) == [
        {"id": "d1", "content": "Paris is mild.", "metadata": {"page": 3}}
    ]


def test_scores_of_documents_are_told(recorded: Recorded) -> None:
    """Retrievers that know them keep them in the metadata."""
    from langchain_core.retrievers import BaseRetriever

    class Scored(BaseRetriever):
        def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
            if query == "broken":
                raise OSError("no index")
            return [Document("a", metadata={"relevance_score": 0.9})]

    Scored().invoke("x", recorded.config())
    (found,) = parsed(recorded.spans[0].attributes["gen_ai.retrieval.documents"])
    assert found["score"] == 0.9
    with pytest.raises(OSError, match="no index"):
        Scored().invoke("broken", recorded.config())
    assert recorded.tree()[1] == "retrieval Scored [retriever] error"
