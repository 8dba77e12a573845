"""What a span says of its run's outcome."""

from __future__ import annotations

from typing import Any

from opentelemetry.trace import Span, Status, StatusCode
from opentelemetry.util.types import AttributeValue

from audittrail import semconv
from audittrail.callback_handler.content import Content
from audittrail.callback_handler.guard import attempt
from audittrail.callback_handler.model_calls.answers import (
    answer_attributes,
    generations_of,
    output_messages,
    tool_calls,
)
from audittrail.callback_handler.runs import Run
from audittrail.callback_handler.states import document, plain_state
from audittrail.content import shorten

__all__ = ["chain_end", "llm_end", "retriever_end", "tool_end"]


def _put(span: Span, key: str, text: str | None) -> None:
    if text is not None:
        span.set_attribute(key, text)


def chain_end(span: Span, outputs: Any, content: Content) -> None:
    _put(span, semconv.OUTPUT, content.text("output", lambda: plain_state(outputs)))


def llm_end(run: Run, response: Any, content: Content) -> None:
    """Also of a call that failed half-way: what had come by then."""
    span, generations = run.span, generations_of(response)
    if span is None:
        return
    found: dict[str, AttributeValue] = attempt(
        "the answer", lambda: answer_attributes(response, generations), {}
    )
    span.set_attributes(found)
    calls: list[dict[str, Any]] = attempt(
        "the tool calls", lambda: tool_calls(generations, run.offered), []
    )
    _put(span, semconv.TOOL_CALLS, content.calls(calls))
    if generations:
        _put(
            span,
            "gen_ai.output.messages",
            content.text("output", lambda: output_messages(generations)),
        )


def tool_end(span: Span, output: Any, content: Content) -> None:
    """A tool whose failure is told to the model, as a message, has failed none the less."""
    text = content.text("output", lambda: _result(output))
    _put(span, "gen_ai.tool.call.result", text)
    if getattr(output, "status", None) == "error":
        span.set_attribute("error.type", "tool_error")
        span.set_status(Status(StatusCode.ERROR, shorten(text, 4_096) if text else None))


def _result(output: Any) -> Any:
    """Of a tool's message, the content; its call's id is the span's already."""
    result = plain_state(output)
    is_message = isinstance(result, dict) and getattr(output, "tool_call_id", None) is not None
    return result.get("content") if is_message else result


def retriever_end(span: Span, documents: Any, content: Content) -> None:
    found = documents if isinstance(documents, list | tuple) else [documents]
    span.set_attribute("langchain.retriever.documents", len(found))
    text = content.text("output", lambda: [document(each) for each in found])
    _put(span, "gen_ai.retrieval.documents", text)


def late_input(span: Span, inputs: Any, content: Content) -> None:
    """Of a chain that was fed with a stream."""
    _put(span, semconv.INPUT, content.text("input", lambda: plain_state(inputs)))


def retry(state: Any, content: Content) -> dict[str, Any]:
    """What tenacity knows of a call that will be made again."""
    outcome = getattr(state, "outcome", None)
    error = outcome.exception() if outcome is not None and outcome.failed else None
    said: dict[str, Any] = {"attempt": getattr(state, "attempt_number", None)}
    if error is not None:
        said["error.type"] = type(error).__name__
        said["error.message"] = content.error(str(error))
    pause = getattr(getattr(state, "next_action", None), "sleep", None)
    said["wait_seconds"] = float(pause) if isinstance(pause, int | float) else None
    return said
