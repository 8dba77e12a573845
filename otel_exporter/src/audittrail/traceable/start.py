"""A trace from its first line to its last: ``async with start_trace(...) as trace_id``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any, Final
from uuid import UUID, uuid4

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.trace import Link, format_trace_id

from audittrail import semconv
from audittrail.errors import InvalidInput
from audittrail.otel_exporter.trace_ids import as_trace_id, use_trace_id
from audittrail.traceable.plan import type_attributes
from audittrail.traceable.step import Step

__all__ = ["StartedTrace", "start_trace"]

_log: Final = logging.getLogger("audittrail.traceable")


def start_trace(
    agent_name: str,
    environment: str,
    *,
    name: str | None = None,
    trace_id: str | UUID | None = None,
    session_id: str | None = None,
    user_id: str | None = None,
    input: Any = None,  # noqa: A002 - what it is called everywhere else
    attributes: Mapping[str, Any] | None = None,
) -> StartedTrace:
    """For ``with`` and ``async with``. Gives the trace id, 32 hex digits.

    All spans that are made inside become part of the trace, below a span for the agent, also in
    the tasks that are started inside. An exception marks the trace as failed, and goes on.
    ``trace_id`` may be 32 hex digits or a UUID; one that is neither is logged and replaced.
    """
    said = {
        **type_attributes("agent", agent_name),
        "gen_ai.agent.name": agent_name,
        semconv.AGENT_NAME: agent_name,
        semconv.ENVIRONMENT: environment,
        semconv.SESSION_ID: session_id,
        semconv.USER_ID: user_id,
        **(attributes or {}),
    }
    return StartedTrace(name or agent_name, _number_of(trace_id), input, said)


class StartedTrace(AbstractContextManager[str], AbstractAsyncContextManager[str]):
    """Made by ``start_trace``; for one use."""

    def __init__(
        self, name: str, trace_id: int | None, given: Any, attributes: Mapping[str, Any]
    ) -> None:
        self._name = name
        self._trace_id = trace_id
        self._given = given
        self._attributes = attributes
        self._step: Step | None = None

    def __enter__(self) -> str:
        around = trace.get_current_span().get_span_context()
        outside = trace.set_span_in_context(trace.INVALID_SPAN, otel_context.get_current())
        with nullcontext() if self._trace_id is None else use_trace_id(self._trace_id):
            self._step = Step(
                self._name,
                self._attributes,
                within=outside,
                links=[Link(around)] if around.is_valid else (),
                given=self._given,
            )
        self._step.enter()
        # Without tracing there is no id but ours; whoever logs it shall have one all the same.
        made = self._step.span.get_span_context().trace_id
        return format_trace_id(made or self._trace_id or uuid4().int)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        stack: TracebackType | None,
    ) -> None:
        if self._step is not None:
            self._step.__exit__(kind, error, stack)

    async def __aenter__(self) -> str:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        stack: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, stack)


def _number_of(trace_id: str | UUID | None) -> int | None:
    try:
        return None if trace_id is None else as_trace_id(trace_id)
    except InvalidInput as error:
        _log.warning("start_trace makes an id of its own: %s", error)
        return None
