"""The callbacks of LangChain, each handed on to the recorder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from opentelemetry.trace import Span, TracerProvider

from audittrail.callback_handler import ends, starts
from audittrail.callback_handler.content import Content, Redact
from audittrail.callback_handler.guard import guarded
from audittrail.callback_handler.model_calls.tokens import says_something, starts_to_answer
from audittrail.callback_handler.recorder import About, Recorder
from audittrail.callback_handler.runs import Run
from audittrail.callback_handler.starts import Start
from audittrail.callback_handler.states import plain_state
from audittrail.callback_handler.tracing import Tracing
from audittrail.otel_exporter.trace_ids import as_trace_id

if TYPE_CHECKING:
    _Base = BaseCallbackHandler
else:
    try:
        # LangGraph tells of pauses and resumes only those who are of its kind.
        from langgraph.callbacks import GraphCallbackHandler as _Base
    except ImportError:
        _Base = BaseCallbackHandler

__all__ = ["AuditTrailCallbackHandler"]


class AuditTrailCallbackHandler(_Base):
    """Records what LangChain and LangGraph do: ``config={"callbacks": [handler]}``.

    ``trace_id`` (32 hexadecimal digits or a UUID) puts every top-level run of this handler into
    that trace, side by side. Without it, a top-level run belongs to the current span if there is
    one, and else begins a trace of its own.

    ``agent_name``, ``environment``, ``session_id`` and ``user_id`` describe the top-level runs;
    a session is LangGraph's ``thread_id`` unless it is given. ``capture_content=False`` leaves
    inputs and outputs out. ``redact`` is a function ``(kind, value) -> value`` that decides what
    may be seen of them; what it fails on is left out. ``tracer_provider`` is the global one unless
    it is given.

    There is one handler for sync and async code, and many threads and tasks may share it. It
    never waits for anything, so LangChain may call it in the event loop itself (``run_inline``):
    only so are callbacks of async runs in order, and only so is a span current in the task in
    which the run's own code runs.
    """

    run_inline = True
    raise_error = False

    def __init__(
        self,
        trace_id: str | UUID | int | None = None,
        *,
        agent_name: str | None = None,
        environment: str | None = None,
        session_id: str | None = None,
        user_id: str | None = None,
        tracer_provider: TracerProvider | None = None,
        capture_content: bool = True,
        redact: Redact | None = None,
    ) -> None:
        super().__init__()
        given = None if trace_id is None else as_trace_id(trace_id)
        about = About(given, agent_name, environment, session_id, user_id)
        content = Content(capture_content, redact)
        self._recorder = Recorder(about, content, Tracing(tracer_provider))

    @property
    def trace_id(self) -> str | None:
        """The trace of all runs, if it was given; else that of the run that began last."""
        found = self._recorder.about.trace_id or self._recorder.last_trace_id
        return None if found is None else f"{found:032x}"

    def __copy__(self) -> AuditTrailCallbackHandler:
        return self

    def __deepcopy__(self, memo: Any) -> AuditTrailCallbackHandler:
        # A copy of a config goes on with the runs of the original.
        return self

    def __reduce__(self) -> Any:
        """Another process has other runs, and its own provider."""
        about, content = self._recorder.about, self._recorder.content
        return _again, (type(self), about, content.capture, content.redact)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(trace_id={self.trace_id!r})"

    def _start(self, serialized: Any, said: dict[str, Any]) -> Start:
        parent = self._recorder.runs.find(said.get("parent_run_id"))
        return Start.of(serialized, parent, self._recorder.content, said)

    @guarded
    def on_chain_start(self, serialized: Any, inputs: Any, **said: Any) -> None:
        start = self._start(serialized, said)
        kind = starts.chain_start(start, inputs)
        # User code runs in a graph's nodes, never in the graph itself.
        self._recorder.start(said.get("run_id"), kind, start, current=not kind.is_graph)

    @guarded
    def on_chain_end(self, outputs: Any, **said: Any) -> None:
        self._end(said, lambda _, span: ends.chain_end(span, outputs, self._recorder.content), said)

    @guarded
    def on_chain_error(self, error: BaseException, **said: Any) -> None:
        self._fail(error, said)

    @guarded
    def on_chat_model_start(self, serialized: Any, messages: Any, **said: Any) -> None:
        start = self._start(serialized, said)
        kind = starts.chat_start(start, messages, said.get("invocation_params"))
        self._recorder.start(said.get("run_id"), kind, start, current=_is_alone(said))

    @guarded
    def on_llm_start(self, serialized: Any, prompts: Any, **said: Any) -> None:
        start = self._start(serialized, said)
        kind = starts.llm_start(start, prompts, said.get("invocation_params"))
        self._recorder.start(said.get("run_id"), kind, start, current=_is_alone(said))

    @guarded
    def on_llm_new_token(self, token: Any, *, chunk: Any = None, **said: Any) -> None:
        if says_something(token, chunk):
            self._recorder.first_token(said.get("run_id"))

    @guarded
    def on_stream_event(self, event: Any, **said: Any) -> None:
        if starts_to_answer(event):
            self._recorder.first_token(said.get("run_id"))

    @guarded
    def on_llm_end(self, response: Any, **said: Any) -> None:
        self._end(said, lambda run, _: ends.llm_end(run, response, self._recorder.content))

    @guarded
    def on_llm_error(self, error: BaseException, **said: Any) -> None:
        response = said.get("response")
        self._fail(error, said, lambda run: ends.llm_end(run, response, self._recorder.content))

    @guarded
    def on_tool_start(self, serialized: Any, input_str: Any, **said: Any) -> None:
        start = self._start(serialized, said)
        kind = starts.tool_start(start, input_str, said.get("inputs"), said.get("tool_call_id"))
        run = self._recorder.start(said.get("run_id"), kind, start)
        self._recorder.watch_task(run)

    @guarded
    def on_tool_end(self, output: Any, **said: Any) -> None:
        self._end(said, lambda _, span: ends.tool_end(span, output, self._recorder.content))

    @guarded
    def on_tool_error(self, error: BaseException, **said: Any) -> None:
        self._fail(error, said)

    @guarded
    def on_retriever_start(self, serialized: Any, query: Any, **said: Any) -> None:
        start = self._start(serialized, said)
        self._recorder.start(said.get("run_id"), starts.retriever_start(start, query), start)

    @guarded
    def on_retriever_end(self, documents: Any, **said: Any) -> None:
        content = self._recorder.content
        self._end(said, lambda _, span: ends.retriever_end(span, documents, content))

    @guarded
    def on_retriever_error(self, error: BaseException, **said: Any) -> None:
        self._fail(error, said)

    @guarded
    def on_text(self, text: Any, **said: Any) -> None:
        self._event(said, "text", {"text": self._shown(text)})

    @guarded
    def on_custom_event(self, name: str, data: Any, **said: Any) -> None:
        self._event(said, str(name), {"data": self._shown(data)})

    @guarded
    def on_agent_action(self, action: Any, **said: Any) -> None:
        self._event(
            said,
            "agent_action",
            {
                "tool": str(getattr(action, "tool", "")),
                "tool_input": self._shown(getattr(action, "tool_input", None)),
            },
        )

    @guarded
    def on_agent_finish(self, finish: Any, **said: Any) -> None:
        shown = self._shown(getattr(finish, "return_values", None))
        self._event(said, "agent_finish", {"return_values": shown})

    @guarded
    def on_retry(self, retry_state: Any, **said: Any) -> None:
        self._event(said, "retry", ends.retry(retry_state, self._recorder.content))

    @guarded
    def on_interrupt(self, event: Any) -> None:
        """LangGraph's: a graph pauses, also before or after a node that was marked so."""
        run = self._recorder.runs.find_open(event.run_id)
        if run is None:
            return
        found = {str(each.id): each.value for each in event.interrupts}
        run.interrupts |= found or {str(event.status): str(event.status)}

    @guarded
    def on_resume(self, event: Any) -> None:
        """LangGraph's: a graph goes on where it paused."""
        self._recorder.event(event.run_id, "resume", {"checkpoint_id": str(event.checkpoint_id)})

    def _shown(self, value: Any) -> str | None:
        return self._recorder.content.text("output", lambda: plain_state(value))

    def _event(self, said: dict[str, Any], name: str, attributes: dict[str, Any]) -> None:
        self._recorder.event(said.get("run_id"), name, attributes)

    def _end(self, said: dict[str, Any], say: Any, late: Any = None) -> None:
        # Streamed inputs are known only at the end.
        inputs = (late or {}).get("inputs")

        def tell(run: Run, span: Span) -> None:
            if inputs is not None:
                ends.late_input(span, inputs, self._recorder.content)
            say(run, span)

        self._recorder.end(said.get("run_id"), tell)

    def _fail(self, error: BaseException, said: dict[str, Any], say: Any = None) -> None:
        self._recorder.fail(said.get("run_id"), error, say or (lambda run: None))


def _is_alone(said: dict[str, Any]) -> bool:
    """Whether a model is asked for one answer at a time. Of several, all start before the first is
    worked on, so none is the current one."""
    return said.get("batch_size") in (None, 1)


def _again(kind: Any, about: About, capture: bool, redact: Redact | None) -> Any:
    return kind(
        about.trace_id,
        agent_name=about.agent_name,
        environment=about.environment,
        session_id=about.session_id,
        user_id=about.user_id,
        capture_content=capture,
        redact=redact,
    )
