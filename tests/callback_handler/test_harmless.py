"""Whatever LangChain passes, no exception leaves the handler, and the log is not flooded."""

from __future__ import annotations

import asyncio
import inspect
import logging
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, LLMResult
from langchain_core.runnables import RunnableLambda
from opentelemetry.trace import NoOpTracerProvider

from audittrail.callback_handler import AuditTrailCallbackHandler
from audittrail.callback_handler.guard import guarded, report
from tests.callback_handler.models import Scripted, says
from tests.callback_handler.recorded import Recorded


class Hostile:
    """Raises whenever it is looked at."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"no {name}")

    def __len__(self) -> int:
        raise RuntimeError("no length")

    def __bool__(self) -> bool:
        raise RuntimeError("neither")

    def __iter__(self) -> Any:
        raise RuntimeError("no items")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("not equal")

    __hash__ = object.__hash__


class HostileError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


ODD: list[Any] = [
    None,
    3,
    "text",
    b"\xff",
    [],
    [[]],
    [None],
    {},
    {1: None},
    {"name": 3},
    object(),
    Hostile(),
    [Hostile()],
    {"messages": [Hostile(), AIMessage("x")]},
    LLMResult(generations=[[]]),
    LLMResult(generations=[[ChatGeneration(message=AIMessage("x"))]], llm_output=None),
    HostileError(),
    KeyboardInterrupt(),
]
EVENTS = [name for name in dir(BaseCallbackHandler) if name.startswith("on_")]
EVENTS += ["on_interrupt", "on_resume"]


def positional(handler: Any, name: str) -> int:
    kinds = [each.kind for each in inspect.signature(getattr(handler, name)).parameters.values()]
    return kinds.count(inspect.Parameter.POSITIONAL_OR_KEYWORD)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Any:
    with caplog.at_level(logging.WARNING, "audittrail.callback_handler"):
        yield caplog


@pytest.mark.parametrize("name", EVENTS)
def test_odd_values_do_no_harm(recorded: Recorded, name: str) -> None:
    """In every place of every callback, with or without a run that they belong to."""
    handler = recorded.handler()
    callback, count = getattr(handler, name), positional(handler, name)
    for odd in ODD:
        callback(*[odd] * count)
        for key in ("run_id", "parent_run_id", "tags", "metadata", "name", "invocation_params"):
            callback(*[odd] * count, **{"run_id": uuid.uuid4(), key: odd})
        run_id = uuid.uuid4()
        handler.on_chain_start(None, {}, run_id=run_id, name="step")
        callback(*[odd] * count, run_id=run_id, inputs=odd, chunk=odd, response=odd)
        handler.on_chain_end({}, run_id=run_id)


@given(st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 3), st.integers(0, 3))))
def test_any_order_of_callbacks_does_no_harm(
    calls: list[tuple[str, int, int]],
) -> None:
    """Ends without starts, starts twice, children of themselves: every span that started ends."""
    recorded = Recorded()
    handler = recorded.handler()
    ids = [uuid.UUID(int=number + 1) for number in range(4)]
    for name, own, parent in calls:
        count = positional(handler, name)
        getattr(handler, name)(*["x"] * count, run_id=ids[own], parent_run_id=ids[parent])
    for each in ids:
        handler.on_chain_end({}, run_id=each)
    assert len(handler._recorder.runs) == 0
    ids_of_spans = [span.span_id for span in recorded.spans]
    assert len(ids_of_spans) == len(set(ids_of_spans))


def test_an_agent_works_when_the_handler_does_not(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of ours costs spans, not answers; it is logged once, not for every step."""
    handler = recorded.handler()
    monkeypatch.setattr(handler._recorder, "start", None)
    steps = RunnableLambda(str) | Scripted(answers=[says("Hi.")])
    for _ in range(5):
        assert steps.invoke("x", {"callbacks": [handler]}).content == "Hi."
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == len(set(messages)) <= 2
    assert "langchain_core" not in {record.name for record in caplog.records}


def test_an_error_that_cannot_be_shown_is_recorded(recorded: Recorded) -> None:
    """Its type is known."""

    def fails(given: str) -> str:
        raise HostileError

    with pytest.raises(HostileError):
        RunnableLambda(fails).invoke("x", recorded.config())
    assert recorded.spans[0].status_message == "HostileError"


def test_values_that_cannot_be_shown_are_marked(recorded: Recorded) -> None:
    """The rest of the state is there."""
    state = {"odd": Hostile(), "plain": 1}
    RunnableLambda(lambda given: given).invoke(state, recorded.config())
    assert recorded.spans[0].input["plain"] == 1
    assert "cannot be shown" in recorded.spans[0].input["odd"]


def test_content_is_bounded(recorded: Recorded) -> None:
    """A state of a hundred megabytes is no attribute of that size."""
    from audittrail.content import LIMIT

    state = {"large": "x" * 3_000_000, "many": list(range(400_000))}
    RunnableLambda(lambda given: given).invoke(state, recorded.config())
    text = recorded.spans[0].attributes["audittrail.input"]
    assert len(text) <= LIMIT
    assert "truncated" in text


def test_a_fault_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """Also one whose error cannot be shown."""
    what = f"something {uuid.uuid4()}"
    for _ in range(3):
        report(what, HostileError())
    (record,) = [each for each in caplog.records if what in each.getMessage()]
    assert "HostileError" in record.getMessage()


def test_only_errors_are_kept_back() -> None:
    """Ctrl-C ends the program, also in a callback."""

    @guarded
    def pressed() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pressed()


def test_without_spans_agents_run_as_well() -> None:
    """OTEL_SDK_DISABLED gives such a provider."""
    handler = AuditTrailCallbackHandler(tracer_provider=NoOpTracerProvider())
    steps = RunnableLambda(str) | Scripted(answers=[says("Hi.")])
    assert steps.invoke("x", {"callbacks": [handler]}).content == "Hi."
    assert handler.trace_id is None
    assert len(handler._recorder.runs) == 0


def test_other_handlers_are_called_as_before(recorded: Recorded) -> None:
    """Ours is one of many, sync or async."""
    seen: list[str] = []

    class Other(BaseCallbackHandler):
        def on_chain_start(self, *args: Any, **kwargs: Any) -> None:
            seen.append("other")

    config = {"callbacks": [recorded.handler(), Other()]}
    RunnableLambda(str).invoke("x", config)  # type: ignore[arg-type]  # a dict is a config
    asyncio.run(RunnableLambda(str).ainvoke("x", config))  # type: ignore[arg-type]
    assert seen == ["other", "other"]
    assert recorded.tree() == ["str [chain]"] * 2
