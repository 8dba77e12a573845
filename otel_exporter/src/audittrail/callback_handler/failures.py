"""How a run ended that did not simply return."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Iterator
from functools import partial
from typing import Any, Final, Literal

from opentelemetry.trace import Span, Status, StatusCode

from audittrail import semconv
from audittrail.callback_handler.content import Content
from audittrail.callback_handler.runs import Run
from audittrail.callback_handler.states import plain_state
from audittrail.content import error_stack, error_text, shorten

__all__ = ["control_flow", "interrupts_of", "record_error", "record_flow", "record_interrupts"]

_STATUS: Final = 4_096

Flow = Literal["interrupt", "command", "drained", "cancelled"]


def control_flow(error: BaseException) -> Flow | None:
    """What an exception does that is no failure; None if it is one. LangGraph's are told by name:
    it need not be installed."""
    if isinstance(
        error,
        GeneratorExit | asyncio.CancelledError | concurrent.futures.CancelledError,
    ):
        return "cancelled"
    names = {kind.__name__ for kind in type(error).__mro__}
    if "GraphInterrupt" in names:
        return "interrupt"
    if "GraphDrained" in names:
        return "drained"
    return "command" if "GraphBubbleUp" in names else None


def interrupts_of(error: BaseException) -> Iterator[tuple[str, Any]]:
    """(id, value) of the interrupts that an exception carries."""
    held = error.args[0] if error.args else ()
    for each in held if isinstance(held, list | tuple) else [held]:
        own_id = getattr(each, "id", None) or getattr(each, "interrupt_id", None) or id(each)
        yield str(own_id), getattr(each, "value", each)


def record_interrupts(run: Run, content: Content) -> None:
    """The run waits for somebody: the mark, and an event for each question."""
    if run.span is None or not run.interrupts:
        return
    run.span.set_attribute(semconv.INTERRUPTED, True)
    for own_id, value in run.interrupts.items():
        attributes = {"id": own_id}
        text = content.text("output", partial(plain_state, value))
        if text is not None:
            attributes["value"] = text
        run.span.add_event("interrupt", attributes)


def record_flow(span: Span, flow: Flow, error: BaseException, content: Content) -> None:
    """A run that was left on purpose."""
    if flow == "cancelled":
        span.add_event("cancelled", {"reason": type(error).__name__})
    elif flow == "drained":
        span.add_event("drained", {"reason": str(getattr(error, "reason", ""))})
    else:
        command = error.args[0] if error.args else None
        text = content.text("output", lambda: plain_state(command))
        span.add_event("command", {} if text is None else {"value": text})


def record_error(span: Span, error: BaseException, content: Content) -> None:
    """Status, exception event with its stack, and error.type."""
    kind = type(error)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    said = {"exception.type": f"{module}{kind.__qualname__}"}
    message = content.error(error_text(error))
    if message is not None:
        said["exception.message"] = message
    if (stack := content.error(error_stack(error))) is not None:
        said["exception.stacktrace"] = stack
    span.add_event("exception", said)
    span.set_attribute("error.type", said["exception.type"])
    description = f"{kind.__name__}: {message}" if message else kind.__name__
    span.set_status(Status(StatusCode.ERROR, shorten(description, _STATUS)))
