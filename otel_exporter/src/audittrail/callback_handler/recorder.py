"""From runs to spans: who is whose parent, what is current, and that every span ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind

from audittrail import semconv
from audittrail.callback_handler import failures, graph
from audittrail.callback_handler.ambient import RunContext, context_of, enter, without_runs
from audittrail.callback_handler.content import Content
from audittrail.callback_handler.guard import attempt
from audittrail.callback_handler.kinds import UNNAMED, Kind
from audittrail.callback_handler.runs import Run, Runs
from audittrail.callback_handler.starts import Start, user_metadata
from audittrail.callback_handler.tracing import Tracing, in_trace
from audittrail.callback_handler.within import current_run_id

__all__ = ["About", "Recorder"]

_CLIENTS: Final = ("llm", "retriever")


@dataclass(frozen=True)
class About:
    """What the user said of all runs of a handler."""

    trace_id: int | None = None
    agent_name: str | None = None
    environment: str | None = None
    session_id: str | None = None
    user_id: str | None = None


class Recorder:
    def __init__(self, about: About, content: Content, tracing: Tracing) -> None:
        self.about = about
        self.content = content
        self.runs = Runs()
        self.last_trace_id: int | None = None
        self._tracing = tracing

    def start(self, run_id: UUID | None, kind: Kind, start: Start, *, current: bool = True) -> Run:
        """The span of a run that starts; none for a hidden one. ``current`` says whether the
        code that it runs shall find it as the current span."""
        run_id = run_id if isinstance(run_id, UUID) else None  # whatever was passed
        parent = start.parent
        above = None if parent is None else parent.visible
        if above is None and kind.type is not None:
            kind = self._describe(kind, start)
        run = Run(run_id, kind.type or "hidden", parent, offered=start.offered)
        run.agent_name = kind.agent_name or (None if parent is None else parent.agent_name)
        shown = None if above is None else above.span
        if kind.type is not None:
            shown = run.span = self._span(kind, start, shown)
            run.started = time.monotonic()
        if current and shown is not None:
            run.context = enter(run_id, shown)
        for gone in self.runs.add(run):
            self._close(gone)
        return run

    def _span(self, kind: Kind, start: Start, above: Span | None) -> Span:
        tracer, trace_id = self._tracing.tracer(), None
        if above is not None:
            context = trace.set_span_in_context(above)
        else:
            context = self._outside()
            outer = trace.get_current_span(context).get_span_context()
            wanted = self.about.trace_id
            if wanted is not None and outer.trace_id != wanted:
                context, trace_id = trace.set_span_in_context(trace.INVALID_SPAN, context), wanted
        name = kind.name
        if kind.type == "agent":
            name = f"invoke_agent {kind.agent_name or kind.name}"
        with in_trace(trace_id):
            span = tracer.start_span(
                name,
                context,
                SpanKind.CLIENT if kind.type in _CLIENTS else SpanKind.INTERNAL,
                start.attributes,
            )
        made = span.get_span_context()
        if above is None and made.is_valid:
            self.last_trace_id = made.trace_id
        return span

    def _outside(self) -> Context:
        """The context that a top-level run belongs to. That of an open run counts only for what
        that run called: a loop over a stream sees it as well, and is not part of it."""
        context = otel_context.get_current()
        if not isinstance(context, RunContext):
            return context
        return context_of(current_run_id(), context) or without_runs(context)

    def _describe(self, kind: Kind, start: Start) -> Kind:
        """What a top-level run says for all that is below it."""
        about, metadata, attributes = self.about, start.metadata, start.attributes
        if about.agent_name is not None and kind.type == "agent":
            kind = kind._replace(agent_name=about.agent_name)
            attributes["gen_ai.agent.name"] = about.agent_name
        session = about.session_id or graph.session_of(metadata)
        user = about.user_id or metadata.get("user_id")
        said = {
            semconv.AGENT_NAME: about.agent_name or kind.agent_name,
            semconv.ENVIRONMENT: about.environment,
            semconv.SESSION_ID: session,
            semconv.USER_ID: None if user is None else str(user),
            semconv.FRAMEWORK: "langgraph" if _is_of_langgraph(kind, start) else "langchain",
            graph.THREAD_ID: metadata.get("thread_id"),
            "langchain.metadata": attempt(
                "metadata", lambda: user_metadata(metadata, self.content), None
            ),
        }
        attributes.update({key: str(value) for key, value in said.items() if value is not None})
        return kind

    def first_token(self, run_id: UUID | None) -> None:
        run = self.runs.find_open(run_id)
        if run is not None and run.span is not None and not run.streamed:
            run.streamed = True
            elapsed = (time.monotonic() - run.started) * 1_000
            run.span.set_attribute(semconv.TTFT_MS, round(elapsed, 3))

    def event(self, run_id: UUID | None, name: str, attributes: dict[str, Any]) -> None:
        """An event of a run, or of the nearest above it that is shown."""
        run = self.runs.find_open(run_id)
        shown = None if run is None else run.visible
        if shown is not None and shown.span is not None:
            given = {key: value for key, value in attributes.items() if value is not None}
            shown.span.add_event(name, given)

    def end(self, run_id: UUID | None, say: Callable[[Run, Span], None]) -> None:
        """A run has returned; ``say`` puts its outcome in the span."""
        run = self.runs.pop(run_id)
        if run is None:
            return
        try:
            if run.span is not None:
                span = run.span
                attempt("the outcome", lambda: say(run, span), None)
                failures.record_interrupts(run, self.content)
        finally:
            self._finish(run, all_below=False)

    def fail(self, run_id: UUID | None, error: BaseException, say: Callable[[Run], None]) -> None:
        """A run was left by an exception, which need not be a failure."""
        run = self.runs.pop(run_id)
        if run is None:
            return
        flow = failures.control_flow(error)
        try:
            if flow == "interrupt":
                run.interrupts |= dict(failures.interrupts_of(error))
                if run.parent is not None:
                    run.parent.interrupts |= run.interrupts
            attempt("the outcome", lambda: say(run), None)
            if run.span is None:
                return
            if flow is None:
                failures.record_error(run.span, error, self.content)
            elif flow == "interrupt":
                failures.record_interrupts(run, self.content)
            else:
                failures.record_flow(run.span, flow, error, self.content)
        finally:
            self._finish(run, all_below=flow == "cancelled")

    def _finish(self, run: Run, *, all_below: bool) -> None:
        """End it, and what it called and LangChain did not report the end of: a tool that was
        cancelled, a stream that nobody reads any more."""
        for left in self.runs.pop_within(run, same_place=not all_below):
            self._abandon(left)
        self._close(run)

    def _abandon(self, run: Run) -> None:
        for left in self.runs.pop_within(run, same_place=False):
            self._abandon(left)
        if run.span is not None:
            run.span.add_event("cancelled", {"reason": "its end was not reported"})
        self._close(run)

    def _close(self, run: Run) -> None:
        if run.forget is not None:
            run.forget()
        if run.context is not None:
            attempt("the context", run.context.leave, None)
        if run.span is not None:
            run.span.end()

    def watch_task(self, run: Run) -> None:
        """End the run with the task that it is part of: LangChain does not report that a tool was
        cancelled."""
        try:
            task = asyncio.current_task()
        except RuntimeError:
            return
        if task is None:
            return

        def over(_: Any) -> None:
            if self.runs.find_open(run.id) is run and self.runs.pop(run.id) is run:
                self._abandon(run)

        task.add_done_callback(over)
        run.forget = lambda: task.remove_done_callback(over)


def _is_of_langgraph(kind: Kind, start: Start) -> bool:
    return kind.is_graph or "langgraph_node" in start.metadata or kind.name == UNNAMED
