"""Saying more about the step that runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry import trace

from audittrail import semconv
from audittrail.traceable.attributes import simple_attributes
from audittrail.traceable.harmless import report
from audittrail.traceable.redaction import hooks, redacted
from audittrail.traceable.step import current_step

__all__ = ["set_attributes", "set_output"]


def set_output(value: Any) -> None:
    """The output of the current span, in the place of what its function returns."""
    try:
        step = current_step()
        if step is not None:
            step.set_output(value)
        elif (text := redacted("output", value, hooks(None))) is not None:
            trace.get_current_span().set_attribute(semconv.OUTPUT, text)
    except Exception as error:
        report("the output could not be recorded", error)


def set_attributes(attributes: Mapping[str, Any]) -> None:
    """Attributes of the current span. Hooks do not see them: say nothing here that is secret."""
    try:
        trace.get_current_span().set_attributes(simple_attributes(attributes))
    except Exception as error:
        report("attributes could not be recorded", error)
