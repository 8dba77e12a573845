"""How the calls of one function are recorded: what its decorator said, worked out once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from audittrail import semconv
from audittrail.errors import SettingsError
from audittrail.traceable.answers import (
    request_attributes,
    response_attributes,
    response_messages,
)
from audittrail.traceable.harmless import report
from audittrail.traceable.inputs import Inputs
from audittrail.traceable.redaction import Redact, checked
from audittrail.traceable.step import Step

__all__ = ["Plan", "type_attributes"]

_OPERATIONS: Final = {
    "llm": "chat",
    "tool": "execute_tool",
    "agent": "invoke_agent",
    "retriever": "retrieval",
    "embedding": "embeddings",
}
# Other backends know these.
_TOOL_INPUT: Final = "gen_ai.tool.call.arguments"
_TOOL_OUTPUT: Final = "gen_ai.tool.call.result"
_MESSAGES: Final = "gen_ai.output.messages"
_OF_MODELS: Final = ("llm", "embedding")


def type_attributes(span_type: str, name: str) -> dict[str, Any]:
    """What a span says of its type, to AuditTrail and to other backends."""
    found = {semconv.SPAN_TYPE: span_type}
    if span_type in _OPERATIONS:
        found["gen_ai.operation.name"] = _OPERATIONS[span_type]
    if span_type == "tool":
        found["gen_ai.tool.name"] = name
    return found


class Plan:
    """Raises SettingsError for a span type or a hook that is none."""

    def __init__(
        self,
        function: Callable[..., Any],
        span_type: str,
        name: str | None,
        capture_input: bool,
        capture_output: bool,
        redact: Redact | None,
        attributes: Mapping[str, Any] | None,
    ) -> None:
        if span_type not in semconv.SPAN_TYPES:
            known = ", ".join(semconv.SPAN_TYPES)
            raise SettingsError(f"span_type is {span_type!r}, but must be one of {known}")
        self.name = name or _name_of(function)
        self.span_type = span_type
        self.capture_output = capture_output
        self._capture_input = capture_input
        self._redact = None if redact is None else checked(redact)
        self._attributes = {**type_attributes(span_type, self.name), **(attributes or {})}
        self._inputs = Inputs(function)
        tool = span_type == "tool"
        self._input_key = _TOOL_INPUT if tool else semconv.INPUT
        self._output_key = _TOOL_OUTPUT if tool else semconv.OUTPUT

    def begin(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Step:
        """The step of one call, with its inputs. Never raises."""
        step = Step(self.name, self._attributes, redact=self._redact, output_key=self._output_key)
        if step.recording:
            try:
                self._record_inputs(step, args, kwargs)
            except Exception as error:
                report("the input could not be recorded", error)
        return step

    def _record_inputs(self, step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        model_call = self.span_type in _OF_MODELS
        if not self._capture_input and not model_call:
            return
        inputs = self._inputs.read(args, kwargs)
        if model_call:
            step.set_attributes(request_attributes(inputs))
        if self._capture_input:
            step.set_input(inputs, self._input_key)

    def finish(self, step: Step, result: Any) -> None:
        """Record what the call returned. Never raises."""
        if not step.recording:
            return
        try:
            self._record_result(step, result)
        except Exception as error:
            report("the output could not be recorded", error)

    def _record_result(self, step: Step, result: Any) -> None:
        messages = None
        if self.span_type in _OF_MODELS:
            step.set_attributes(response_attributes(result))
            messages = response_messages(result)
        if not self.capture_output or step.output_given:
            return
        if messages is None:
            step.set_output(result)
        else:
            step.set_output(messages, _MESSAGES)


def _name_of(function: Callable[..., Any]) -> str:
    # A functools.partial and an object with __call__ have no name of their own.
    inner = getattr(function, "func", function)
    return str(getattr(inner, "__name__", None) or type(function).__name__)
