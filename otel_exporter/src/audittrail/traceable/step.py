"""One step of an agent while it runs: its span, and what is recorded in it.

Nothing in here raises. A step whose span could not be made does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import Token
from types import TracebackType
from typing import Any, Final

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, StatusCode

from audittrail import semconv
from audittrail.content import error_stack, error_text, shorten
from audittrail.traceable.attributes import simple_attributes
from audittrail.traceable.harmless import report
from audittrail.traceable.redaction import Redact, hooks, redacted
from audittrail.traceable.tracing import find_tracer

__all__ = ["Step", "current_step"]

_KEY: Final = otel_context.create_key("audittrail.step")
_EVENT: Final = "exception"


class Step:
    """``with Step(...)`` makes the span current, and ends it; an exception is recorded and goes
    on. Without ``with``, ``enter`` and ``leave`` may be called many times before ``end``."""

    def __init__(
        self,
        name: str,
        attributes: Mapping[str, Any],
        *,
        redact: Redact | None = None,
        output_key: str = semconv.OUTPUT,
        within: Context | None = None,
        links: Sequence[Link] = (),
        given: Any = None,
    ) -> None:
        """``given`` is the input, if it is known before: then a span that is seen running at once
        is seen with it."""
        self.span: Span = trace.INVALID_SPAN
        self.output_given = False
        self._output_key = output_key
        self._hooks: tuple[Redact, ...] = ()
        self._context: Context | None = None
        self._token: Token[Context] | None = None
        try:
            before = otel_context.get_current() if within is None else within
            self._hooks = hooks(redact)
            said = {**simple_attributes(attributes), **self._input_attributes(given)}
            self.span = find_tracer().start_span(name, before, attributes=said, links=links)
            self._context = otel_context.set_value(
                _KEY, self, trace.set_span_in_context(self.span, before)
            )
        except Exception as error:
            report("a span could not be started", error)

    @property
    def recording(self) -> bool:
        return self.span.is_recording()

    def enter(self) -> None:
        """Make it current, as it was when it was left last."""
        if self._context is not None:
            self._token = otel_context.attach(self._context)

    def leave(self) -> None:
        if self._token is not None:
            self._context = otel_context.get_current()
            otel_context.detach(self._token)
            self._token = None

    def __enter__(self) -> Step:
        self.enter()
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        self.leave()
        if error is not None:
            self.failed(error)
        self.end()

    def end(self) -> None:
        try:
            self.span.end()
        except Exception as error:
            report("a span could not be ended", error)

    def set_input(self, value: Any, key: str = semconv.INPUT) -> None:
        self._record("input", value, key)

    def set_output(self, value: Any, key: str | None = None) -> None:
        self.output_given = True
        self._record("output", value, key or self._output_key)

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        try:
            self.span.set_attributes(simple_attributes(attributes))
        except Exception as error:
            report("attributes could not be recorded", error)

    def add_event(self, name: str, attributes: Mapping[str, Any] | None = None) -> None:
        try:
            self.span.add_event(name, dict(attributes or {}))
        except Exception as error:
            report("an event could not be recorded", error)

    def failed(self, error: BaseException) -> None:
        """Record why the step ended. That it was cancelled, closed or interrupted is no fault."""
        if not self.recording:
            return
        try:
            if _is_interrupt(error):
                self.span.set_attribute(semconv.INTERRUPTED, True)
            elif not isinstance(error, Exception):  # asyncio.CancelledError, KeyboardInterrupt
                self.span.add_event("cancelled", {"reason": type(error).__name__})
            else:
                self._record_error(error)
        except Exception as fault:
            report("an error could not be recorded", fault)

    def _record_error(self, error: BaseException) -> None:
        kind = type(error)
        module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
        said = {"exception.type": f"{module}{kind.__qualname__}"}
        message = redacted("error", error_text(error), self._hooks)
        if message is not None:
            said["exception.message"] = message
        stack = redacted("error", error_stack(error), self._hooks)
        if stack is not None:
            said["exception.stacktrace"] = stack
        self.span.add_event(_EVENT, said)
        status = f"{kind.__name__}: {message}" if message else kind.__name__
        self.span.set_status(StatusCode.ERROR, shorten(status))

    def _input_attributes(self, given: Any) -> dict[str, str]:
        try:
            text = None if given is None else redacted("input", given, self._hooks)
        except Exception as error:
            report("the input could not be recorded", error)
            return {}
        return {} if text is None else {semconv.INPUT: text}

    def _record(self, kind: Any, value: Any, key: str) -> None:
        if not self.recording:
            return
        try:
            text = redacted(kind, value, self._hooks)
            if text is not None:
                self.span.set_attribute(key, text)
        except Exception as error:
            report(f"the {kind} could not be recorded", error)


def current_step() -> Step | None:
    """The step whose span is the current one; None inside of a span of somebody else."""
    step = otel_context.get_value(_KEY)
    if isinstance(step, Step) and step.span is trace.get_current_span():
        return step
    return None


def _is_interrupt(error: BaseException) -> bool:
    """LangGraph stops a graph with these, to wait for a person or to go elsewhere."""
    return any(kind.__name__ == "GraphBubbleUp" for kind in type(error).__mro__)
