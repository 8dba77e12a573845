"""Which trace a run belongs to, and who its parent is."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain_core.runnables import RunnableLambda

from audittrail.callback_handler import AuditTrailCallbackHandler
from audittrail.errors import AuditTrailError
from tests.callback_handler.models import Scripted, says
from tests.callback_handler.recorded import Recorded, event

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


def chain() -> Any:
    return RunnableLambda(lambda _: "prompt") | Scripted(answers=[says("Mild.")])


def test_the_first_run_goes_into_the_trace_that_was_given(recorded: Recorded) -> None:
    """Its root has no parent, and the trace's id is the one that was announced."""
    handler = recorded.handler(TRACE_ID)
    assert handler.trace_id == TRACE_ID
    chain().invoke("hi", {"callbacks": [handler]})
    assert {span.trace_id for span in recorded.spans} == {TRACE_ID}
    assert [span.parent_id for span in recorded.spans].count(None) == 1


@pytest.mark.parametrize("form", [str(uuid.UUID(TRACE_ID)), uuid.UUID(TRACE_ID), int(TRACE_ID, 16)])
def test_a_trace_id_may_be_a_uuid(recorded: Recorded, form: Any) -> None:
    """With dashes or not, it is the same 128 bits."""
    assert recorded.handler(form).trace_id == TRACE_ID


@pytest.mark.parametrize("wrong", ["", "xyz", "0" * 32, 0, True])
def test_a_wrong_trace_id_is_refused_at_once(wrong: Any) -> None:
    """A mistake in the program shows where it is made."""
    with pytest.raises(AuditTrailError, match="trace id"):
        AuditTrailCallbackHandler(wrong)


def test_several_runs_of_one_handler_are_side_by_side_in_its_trace(recorded: Recorded) -> None:
    """A conversation of several invocations is one trace, and each is a root in it."""
    handler = recorded.handler(TRACE_ID)
    for _ in range(3):
        chain().invoke("hi", {"callbacks": [handler]})
    assert {span.trace_id for span in recorded.spans} == {TRACE_ID}
    assert [root.name for root in recorded.spans.roots] == ["RunnableSequence"] * 3


def test_without_a_trace_id_each_run_is_a_trace(recorded: Recorded) -> None:
    """The handler tells the id of the one that began last."""
    handler = recorded.handler()
    assert handler.trace_id is None
    chain().invoke("hi", {"callbacks": [handler]})
    first = handler.trace_id
    chain().invoke("hi", {"callbacks": [handler]})
    assert first != handler.trace_id
    assert [root.trace_id for root in recorded.spans.roots] == [first, handler.trace_id]


def test_a_run_is_below_the_span_that_is_current(recorded: Recorded) -> None:
    """An agent that is part of a traced request is part of that trace."""
    with recorded.tracer.start_as_current_span("request"):
        chain().invoke("hi", recorded.config())
    assert recorded.tree() == [
        "request [None]",
        "  RunnableSequence [chain]",
        "    RunnableLambda [chain]",
        "    chat gpt-4o-mini [llm]",
    ]


def test_a_trace_id_goes_before_a_span_of_another_trace(recorded: Recorded) -> None:
    """Who announced a trace finds the run there."""
    with recorded.tracer.start_as_current_span("request") as request:
        chain().invoke("hi", {"callbacks": [recorded.handler(TRACE_ID)]})
    assert recorded["RunnableSequence"].trace_id == TRACE_ID
    assert recorded["RunnableSequence"].parent_id is None
    assert f"{request.get_span_context().trace_id:032x}" != TRACE_ID


def test_a_span_of_that_very_trace_is_the_parent(recorded: Recorded) -> None:
    """Where the trace's own span is current, the run is below it."""
    with recorded.tracer.start_as_current_span("request") as request:
        trace_id = f"{request.get_span_context().trace_id:032x}"
        chain().invoke("hi", {"callbacks": [recorded.handler(trace_id)]})
    assert recorded.tree()[:2] == ["request [None]", "  RunnableSequence [chain]"]


def test_runs_of_many_threads_keep_apart(recorded: Recorded) -> None:
    """One handler for all threads of a server: every run has its own trace and its own steps."""
    config = recorded.config()
    barrier = threading.Barrier(8)

    def run(_: int) -> None:
        barrier.wait(20)
        for _ in range(5):
            chain().invoke("hi", config)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))
    lines = ["RunnableSequence [chain]", "  RunnableLambda [chain]", "  chat gpt-4o-mini [llm]"]
    assert recorded.tree() == lines * 40
    assert len({root.trace_id for root in recorded.spans.roots}) == 40


def test_runs_of_many_tasks_keep_apart(recorded: Recorded) -> None:
    """The same for tasks that take turns in one thread."""
    started: list[int] = []
    all_started = asyncio.Event()

    async def wait_for_all(number: int) -> str:
        started.append(number)
        if len(started) == 20:
            all_started.set()
        await all_started.wait()
        return "prompt"

    async def run() -> None:
        config = recorded.config()
        steps = RunnableLambda(wait_for_all) | Scripted(answers=[says("Mild.")])
        await asyncio.gather(*(steps.ainvoke(number, config) for number in range(20)))

    asyncio.run(run())
    lines = ["RunnableSequence [chain]", "  wait_for_all [chain]", "  chat gpt-4o-mini [llm]"]
    assert recorded.tree() == lines * 20
    assert len({root.trace_id for root in recorded.spans.roots}) == 20


def test_a_child_that_starts_after_its_parents_end_is_still_its_child(recorded: Recorded) -> None:
    """Work in the background outlives the run that began it."""
    handler = recorded.handler()
    parent, child = uuid.uuid4(), uuid.uuid4()
    handler.on_chain_start(None, "x", run_id=parent, name="parent")
    handler.on_chain_end("y", run_id=parent)
    handler.on_chain_start(None, "x", run_id=child, parent_run_id=parent, name="late")
    handler.on_chain_end("y", run_id=child)
    assert recorded.tree() == ["parent [chain]", "  late [chain]"]


def test_a_copy_of_a_config_goes_on_with_the_same_runs(recorded: Recorded) -> None:
    """LangGraph copies configs; a handler is no value but an identity."""
    handler = recorded.handler(TRACE_ID)
    assert copy.deepcopy({"callbacks": [handler]})["callbacks"][0] is handler
    shallow = copy.copy(handler)
    run_id = uuid.uuid4()
    handler.on_chain_start(None, "x", run_id=run_id, name="step")
    shallow.on_chain_end("y", run_id=run_id)
    assert recorded.tree() == ["step [chain]"]


def test_a_pickled_handler_keeps_what_it_was_told() -> None:
    """A config may travel to another process, where other runs are."""
    handler = AuditTrailCallbackHandler(TRACE_ID, agent_name="a", capture_content=False)
    again = pickle.loads(pickle.dumps(handler))
    assert (type(again), again.trace_id) == (AuditTrailCallbackHandler, TRACE_ID)
    assert again._recorder.about == handler._recorder.about
    assert again._recorder.content.capture is False


def begin(handler: Any, name: str, parent: uuid.UUID | None = None) -> uuid.UUID:
    run_id = uuid.uuid4()
    handler.on_chain_start(None, "x", run_id=run_id, parent_run_id=parent, name=name)
    return run_id


def begin_elsewhere(handler: Any, name: str, parent: uuid.UUID) -> uuid.UUID:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(begin, handler, name, parent).result()


def test_what_a_run_called_ends_with_it(recorded: Recorded) -> None:
    """A call whose end was not reported is over when its caller is."""
    handler = recorded.handler()
    parent = begin(handler, "parent")
    begin(handler, "inner", begin(handler, "lost", parent))
    handler.on_chain_end("y", run_id=parent)
    assert recorded.tree() == ["parent [chain]", "  lost [chain]", "    inner [chain]"]
    assert event(recorded["lost"], "cancelled") == {"reason": "its end was not reported"}
    assert len(handler._recorder.runs) == 0


def test_what_runs_elsewhere_may_go_on(recorded: Recorded) -> None:
    """Work in another thread outlives the run that began it, and ends by itself."""
    handler = recorded.handler()
    parent = begin(handler, "parent")
    other = begin_elsewhere(handler, "other", parent)
    handler.on_chain_end("y", run_id=parent)
    assert recorded.tree() == ["parent [chain]"]
    handler.on_chain_end("y", run_id=other)
    assert recorded.tree() == ["parent [chain]", "  other [chain]"]
    assert recorded["other"].output == "y"


def test_what_is_cancelled_ends_with_all_below(recorded: Recorded) -> None:
    """Nothing below it is going to report its end."""
    handler = recorded.handler()
    parent = begin(handler, "parent")
    begin_elsewhere(handler, "other", parent)
    handler.on_chain_error(asyncio.CancelledError(), run_id=parent)
    assert recorded.tree() == ["parent [chain]", "  other [chain]"]
    assert len(handler._recorder.runs) == 0


def test_runs_that_never_end_are_not_kept_for_ever(recorded: Recorded) -> None:
    """When there are too many, the oldest is ended, and what is left of it is small."""
    handler = recorded.handler()
    handler._recorder.runs._max_open = 3
    for number in range(10):
        handler.on_chain_start(None, "x", run_id=uuid.uuid4(), name=f"step {number}")
    assert recorded.spans.names == [f"step {number}" for number in range(7)]
    assert len(handler._recorder.runs) == 3
