"""Traces from their first line to their last."""

from __future__ import annotations

import asyncio
import threading
import uuid
from contextvars import copy_context

import pytest
from opentelemetry import baggage, context, trace

from audittrail.testing import Spans
from audittrail.traceable import set_output, start_trace, traceable


@traceable
async def work(name: str) -> str:
    await asyncio.sleep(0)
    return name


def test_a_trace(spans: Spans) -> None:
    """Everything inside is below the agent's span, also in tasks."""

    async def run() -> str:
        async with start_trace(
            "planner", "development", session_id="s", user_id="u", input={"q": "x"}
        ) as trace_id:
            await asyncio.gather(work("a"), work("b"))
            set_output("done")
            return trace_id

    trace_id = asyncio.run(run())
    assert spans.tree() == "planner\n  work\n  work"
    assert {span.trace_id for span in spans} == {trace_id}
    root = spans["planner"]
    assert (root.type, root.input, root.output) == ("agent", {"q": "x"}, "done")
    wanted = {
        "audittrail.agent.name": "planner",
        "audittrail.environment": "development",
        "audittrail.session.id": "s",
        "audittrail.user.id": "u",
        "gen_ai.operation.name": "invoke_agent",
    }
    assert root.attributes.items() >= wanted.items()


def test_without_asyncio(spans: Spans) -> None:
    """A plain with does the same, and threads that take the context along belong to it."""
    with start_trace("planner", "test", name="a trip", attributes={"n": 1}) as trace_id:
        asyncio.run(work("a"))
        thread = threading.Thread(target=copy_context().run, args=(asyncio.run, work("b")))
        thread.start()
        thread.join()
    assert spans.tree() == "a trip\n  work\n  work"
    assert {span.trace_id for span in spans} == {trace_id}
    assert spans["a trip"].attributes["n"] == 1


@pytest.mark.parametrize("form", ["hex", "dashes", "upper", "object"])
def test_a_trace_id_of_your_own(spans: Spans, form: str) -> None:
    """In hex or as a UUID; what comes back is hex."""
    number = uuid.UUID("5b8efff7-9803-8103-d269-b633813fc60c")
    given = {"hex": number.hex, "dashes": str(number), "upper": str(number).upper()}
    with start_trace("a", "test", trace_id=given.get(form, number)) as trace_id:
        asyncio.run(work("a"))
    assert trace_id == number.hex
    assert {span.trace_id for span in spans} == {number.hex}


def test_a_trace_id_that_is_none(spans: Spans, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, and the trace has another one."""
    with start_trace("a", "test", trace_id="trip-1") as trace_id:
        pass
    assert spans["a"].trace_id == trace_id
    assert "'trip-1' is not a trace id" in caplog.text


def test_errors(spans: Spans) -> None:
    """They mark the trace as failed, and are raised on."""
    with pytest.raises(ValueError, match="no"), start_trace("a", "test"):
        raise ValueError("no")
    assert (spans["a"].status, spans["a"].status_message) == ("error", "ValueError: no")
    assert spans["a"].events[0]["name"] == "exception"


def test_cancellation(spans: Spans) -> None:
    """Is no failure."""

    async def run() -> None:
        async with start_trace("a", "test"):
            await asyncio.Event().wait()

    async def cancel() -> None:
        task = asyncio.ensure_future(run())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert (spans["a"].status, spans["a"].events[0]["name"]) == ("ok", "cancelled")


def test_inside_of_a_span_of_somebody_else(spans: Spans) -> None:
    """It is a trace of its own, linked to where it was started; baggage goes along."""
    tracer = trace.get_tracer("web")
    token = context.attach(baggage.set_baggage("tenant", "t"))
    with tracer.start_as_current_span("request"), start_trace("a", "test") as trace_id:
        assert baggage.get_baggage("tenant") == "t"
    context.detach(token)
    root = spans["a"]
    assert root.parent_id is None
    assert spans["request"].trace_id != trace_id
    (link,) = root.raw.links
    assert trace.format_trace_id(link.context.trace_id) == spans["request"].trace_id


def test_one_trace_after_another(spans: Spans) -> None:
    """Nothing of one is left for the next."""
    ids = []
    for name in ("a", "b"):
        with start_trace(name, "test") as trace_id:
            ids.append(trace_id)
    assert not trace.get_current_span().get_span_context().is_valid
    assert ids == [spans["a"].trace_id, spans["b"].trace_id]
    assert len(set(ids)) == 2


def test_traces_at_the_same_time(spans: Spans) -> None:
    """Each task has its own."""

    async def run(name: str) -> str:
        async with start_trace(name, "test") as trace_id:
            await work(name)
            return trace_id

    async def both() -> list[str]:
        return await asyncio.gather(run("a"), run("b"))

    ids = asyncio.run(both())
    assert spans.tree() == "a\n  work\nb\n  work"
    assert [span.trace_id for span in spans.named("work")] == ids
