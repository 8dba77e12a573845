"""The OpenTelemetry context that a run's own code sees.

While a tool runs, spans of the user's code and of instrumented clients shall be its children. So
its span becomes the current one where LangChain calls us before it runs the tool: in the thread
or task in which the tool runs, or is copied from.

The usual way back, a token, fails where the end is reported elsewhere than the start: LangChain
reports the end of async runs from another task, which has a copy of the context. There the
context cannot be put back from outside, but it is an object of ours: the span is taken out of it,
and whoever still holds it sees what was current before.
"""

from __future__ import annotations

import asyncio
import threading
from uuid import UUID

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span

__all__ = ["RunContext", "context_of", "enter", "place", "without_runs"]


def place() -> tuple[int, int | None]:
    """The thread and the task that we are in."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return threading.get_ident(), None if task is None else id(task)


class RunContext(Context):
    """The context in which a run's code runs."""

    def __init__(self, run_id: UUID | None, span: Span, before: Context) -> None:
        super().__init__(trace.set_span_in_context(span, before))
        self.run_id = run_id
        self.before = before
        self.over = False
        self._key = next(key for key, value in self.items() if value is span)
        self._place = place()

    def leave(self) -> None:
        """The run is over: what was current before is current again."""
        self.over = True
        if otel_context.get_current() is self:
            otel_context.attach(without_runs(self, only_over=True))
            if self._place == place():
                return
        outer = trace.get_current_span(without_runs(self, only_over=True))
        if outer.get_span_context().is_valid:
            self._put(outer)
        else:
            dict.pop(self, self._key, None)

    def _put(self, span: Span) -> None:
        # A context refuses assignment; to those who hold it this one shall change.
        dict.__setitem__(self, self._key, span)


def enter(run_id: UUID | None, span: Span) -> RunContext:
    """Make the span current here, until ``leave``."""
    # What is over is skipped, so that a chain of contexts never grows.
    made = RunContext(run_id, span, without_runs(otel_context.get_current(), only_over=True))
    otel_context.attach(made)
    return made


def context_of(run_id: UUID | None, context: Context) -> RunContext | None:
    """The context of that run, if it is this one or one before it; of any handler's runs."""
    while isinstance(context, RunContext):
        if run_id is not None and context.run_id == run_id:
            return context
        context = context.before
    return None


def without_runs(context: Context, *, only_over: bool = False) -> Context:
    """The context before the runs that entered it; before those that are over, if so told."""
    while isinstance(context, RunContext) and (context.over or not only_over):
        context = context.before
    return context
