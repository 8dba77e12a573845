"""Errors, retries and cancellations."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import tenacity
from langchain_core.callbacks import CallbackManager
from langchain_core.callbacks.manager import dispatch_custom_event
from langchain_core.runnables import RunnableLambda
from langgraph.errors import GraphRecursionError
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import RetryPolicy

from tests.callback_handler.models import Scripted, says
from tests.callback_handler.recorded import Recorded, event, parsed


def test_an_error_is_told_by_all_that_it_passes(recorded: Recorded) -> None:
    """The model that raised, and the chain that it left as well; the prompt before it did well."""
    steps = RunnableLambda(str) | Scripted(answers=[ValueError("bad request")])
    with pytest.raises(ValueError, match="bad request"):
        steps.invoke("x", recorded.config())
    assert recorded.tree() == [
        "RunnableSequence [chain] error",
        "  str [chain]",
        "  chat gpt-4o-mini [llm] error",
    ]
    span = recorded["chat gpt-4o-mini"]
    assert span.status_message == "ValueError: bad request"
    assert span.attributes["error.type"] == "ValueError"
    assert event(span, "exception")["exception.type"] == "ValueError"


def test_attempts_of_with_retry_are_siblings(recorded: Recorded) -> None:
    """Each attempt is a span, with its number from the second on."""
    failed = ConnectionError("reset")
    model = Scripted(answers=[failed, failed, says("Hi.")])
    patient = (RunnableLambda(str) | model).with_retry(
        wait_exponential_jitter=False, stop_after_attempt=3
    )
    patient.invoke("x", recorded.config())
    assert recorded.tree() == [
        "RunnableSequence [chain]",
        *["  RunnableSequence [chain] error", "    str [chain]"],
        "    chat gpt-4o-mini [llm] error",
        *["  RunnableSequence [chain] error", "    str [chain]"],
        "    chat gpt-4o-mini [llm] error",
        *["  RunnableSequence [chain]", "    str [chain]", "    chat gpt-4o-mini [llm]"],
    ]
    numbers = [span.attributes.get("audittrail.retry.attempt") for span in recorded.spans]
    assert [number for number in numbers if number] == [2, 3]


def test_fallbacks_are_siblings(recorded: Recorded) -> None:
    """What failed and what stood in for it are both there, below the step that has them."""
    broken = Scripted(answers=[ConnectionError("reset")])
    broken.with_fallbacks([Scripted(answers=[says("Hi.")])]).invoke("x", recorded.config())
    assert recorded.tree() == [
        "RunnableWithFallbacks [chain]",
        "  chat gpt-4o-mini [llm] error",
        "  chat gpt-4o-mini [llm]",
    ]


def test_a_retry_inside_of_a_model_is_an_event(recorded: Recorded) -> None:
    """Tenacity's retries, which integrations report: attempt, error and the wait before the
    next."""
    manager = CallbackManager.configure([recorded.handler()])
    (run,) = manager.on_llm_start({"name": "m"}, ["x"])
    state: Any = tenacity.RetryCallState(None, None, (), {})  # type: ignore[arg-type]  # unused
    try:
        raise TimeoutError("too slow")
    except TimeoutError as error:
        state.set_exception((type(error), error, error.__traceback__))
    state.next_action = tenacity.RetryAction(2.0)
    run.on_retry(state)
    run.on_llm_end(None)  # type: ignore[arg-type]  # nothing came
    said = event(recorded.spans[0], "retry")
    assert said == {
        "attempt": 1,
        "error.type": "TimeoutError",
        "error.message": "too slow",
        "wait_seconds": 2.0,
    }


def test_a_node_that_langgraph_tries_again_is_there_twice(recorded: Recorded) -> None:
    """Both attempts have the same step; the first has failed."""
    attempts: list[int] = []

    def node(state: MessagesState) -> dict[str, Any]:
        attempts.append(1)
        if len(attempts) == 1:
            raise ConnectionError("reset")
        return {"messages": []}

    builder = StateGraph(MessagesState)
    builder.add_node("node", node, retry_policy=RetryPolicy(initial_interval=0.0, jitter=False))
    builder.add_edge(START, "node")
    builder.compile().invoke({"messages": []}, recorded.config())
    assert recorded.tree() == [
        "invoke_agent LangGraph [agent]",
        "  node [chain] error",
        "  node [chain]",
    ]
    steps = [span.attributes["langgraph.step"] for span in recorded.spans.named("node")]
    assert steps == [1, 1]


def test_a_graph_that_goes_round_for_ever_fails(recorded: Recorded) -> None:
    """LangGraph's limit is an error of the graph, not of a node; the steps rise."""
    builder = StateGraph(MessagesState)
    builder.add_node("node", lambda state: {"messages": []})
    builder.add_edge(START, "node")
    builder.add_edge("node", "node")
    with pytest.raises(GraphRecursionError):
        builder.compile().invoke({"messages": []}, recorded.config(recursion_limit=3))
    assert recorded.tree() == ["invoke_agent LangGraph [agent] error", *["  node [chain]"] * 3]
    steps = [span.attributes["langgraph.step"] for span in recorded.spans.named("node")]
    assert steps == [1, 2, 3]


def test_a_cancelled_run_is_no_error(recorded: Recorded) -> None:
    """All that it was in the middle of ends with it, and says that it was cancelled."""

    running = asyncio.Event()

    async def forever(state: Any) -> Any:
        running.set()
        await asyncio.Event().wait()

    builder = StateGraph(MessagesState)
    builder.add_node("node", RunnableLambda(forever) | RunnableLambda(str))
    builder.add_edge(START, "node")

    async def run() -> None:
        answer = builder.compile().ainvoke({"messages": []}, recorded.config())
        task = asyncio.ensure_future(answer)
        await running.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert recorded.tree()[0] == "invoke_agent LangGraph [agent]"
    assert len(recorded.spans) == len(recorded.started)
    for span in recorded.spans:
        assert span.status == "ok"
        assert "cancelled" in [each["name"] for each in span.events]


def test_a_failing_branch_ends_its_neighbours(recorded: Recorded) -> None:
    """LangGraph cancels what runs beside it, and every span ends."""
    other_runs = asyncio.Event()

    async def fails(state: MessagesState) -> Any:
        await other_runs.wait()
        raise ValueError("bad")

    async def waits(state: MessagesState) -> Any:
        other_runs.set()
        await asyncio.Event().wait()

    builder = StateGraph(MessagesState)
    builder.add_node("fails", fails)
    builder.add_node("waits", waits)
    builder.add_edge(START, "fails")
    builder.add_edge(START, "waits")
    with pytest.raises(ValueError, match="bad"):
        asyncio.run(builder.compile().ainvoke({"messages": []}, recorded.config()))
    assert recorded.tree(sort=True) == [
        "invoke_agent LangGraph [agent] error",
        "  fails [chain] error",
        "  waits [chain]",
    ]
    assert event(recorded["waits"], "cancelled") == {"reason": "CancelledError"}


def test_custom_events_and_text_are_events_of_their_run(recorded: Recorded) -> None:
    """What the user's own code tells LangChain."""

    def step(given: str) -> str:
        dispatch_custom_event("progress", {"percent": 50})
        return given

    RunnableLambda(step).invoke("x", recorded.config())
    assert parsed(event(recorded["step"], "progress")["data"]) == {"percent": 50}
    manager = CallbackManager.configure([recorded.handler()])
    run = manager.on_chain_start(None, {}, name="talking")
    run.on_text("so far so good")
    run.on_chain_end({})
    assert event(recorded["talking"], "text") == {"text": "so far so good"}


def test_actions_of_an_older_agent_are_events(recorded: Recorded) -> None:
    """What AgentExecutor reports beside its steps."""
    from langchain_core.agents import AgentAction, AgentFinish

    manager = CallbackManager.configure([recorded.handler()])
    run = manager.on_chain_start(None, {}, name="AgentExecutor")
    run.on_agent_action(AgentAction("search", {"query": "Paris"}, "I should search."))
    run.on_agent_finish(AgentFinish({"output": "mild"}, "Done."))
    run.on_chain_end({})
    assert recorded.tree() == ["invoke_agent AgentExecutor [agent]"]
    span = recorded.spans[0]
    assert event(span, "agent_action") == {"tool": "search", "tool_input": '{"query": "Paris"}'}
    assert event(span, "agent_finish") == {"return_values": '{"output": "mild"}'}
