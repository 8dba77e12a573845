"""The columns that a condition may name, by scope. Everything else is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

__all__ = ["COLUMNS", "LONG_TEXTS", "SOURCE_COLUMNS", "Column"]


class Column(NamedTuple):
    """``sql`` is over the raw columns of the scope's table, ``needs`` which of them it reads."""

    sql: str
    needs: tuple[str, ...]
    meaning: str


def _same(name: str, meaning: str) -> Column:
    return Column(name, (name,), meaning)


_DURATION: Final = "((end_ns - start_ns) / 1e6)"
_TOKENS: Final = "(coalesce(tokens_in, 0) + coalesce(tokens_out, 0))"

_SHARED: Final[Mapping[str, Column]] = {
    "trace_id": _same("trace_id", "hexadecimal, lower case, without dashes"),
    "name": _same("name", "of a tool's span: the tool's name"),
    "agent_name": _same("agent_name", "the agent"),
    "environment": _same("environment", "`production`, `staging`, ..."),
    "service_name": _same("service_name", "the OpenTelemetry resource's `service.name`"),
    "session_id": _same("session_id", "the conversation"),
    "user_id": _same("user_id", "the end user, as the agent names them"),
    "tokens_in": _same("tokens_in", "input tokens, cached ones included"),
    "tokens_out": _same("tokens_out", "output tokens, reasoning included"),
    "tokens_cached": _same("tokens_cached", "of the input: read from a cache"),
    "tokens_reasoning": _same("tokens_reasoning", "of the output: reasoning"),
    "tokens": Column(_TOKENS, ("tokens_in", "tokens_out"), "input and output together"),
    "cost": _same("cost", "USD; null where nothing has a price"),
    "cost_source": _same("cost_source", "`agent`, `estimated`, `default`, `unpriced` or `mixed`"),
    "duration_ms": Column(_DURATION, ("start_ns", "end_ns"), "milliseconds; null while it runs"),
}

_SPAN: Final[Mapping[str, Column]] = {
    **_SHARED,
    "span_id": _same("span_id", "hexadecimal, lower case, without dashes"),
    "parent_span_id": _same("parent_span_id", "null for a root"),
    "span_type": _same(
        "span_type", "`llm`, `tool`, `agent`, `chain`, `retriever`, `embedding`, `guardrail`, ..."
    ),
    "status": Column(
        "CASE WHEN phase < 2 THEN 'running' ELSE coalesce(status, 'unset') END",
        ("status", "phase"),
        "`ok`, `error`, `unset` or `running`",
    ),
    "status_message": _same("status_message", "what the error said"),
    "input": _same("input", "what went in, as text; for a tool its arguments, mostly JSON"),
    "output": _same("output", "what came out, as text"),
    "model": _same("model", "the model that answered"),
    "request_model": _same("request_model", "the model that was asked for"),
    "provider": _same("provider", "`openai`, `anthropic`, ..."),
    "framework": _same("framework", "`langchain`, `openai_agents`, ..."),
    "finish_reason": _same(
        "finish_reason", "`stop`, `length`, `tool_calls`, `content_filter`, ..."
    ),
    "ttft_ms": _same("ttft_ms", "milliseconds to the first token"),
    "tool_calls": _same("tool_calls", "JSON: the calls that a model asked for"),
    "flags": _same("flags", "JSON list of what is odd about the span"),
    "repeat_number": Column(
        "repeat_number",
        ("repeat_number", "span_type", "name", "input", "start_ns"),
        "the how-manieth span of its trace with this type, name and input; in trace rules only",
    ),
}

_TRACE: Final[Mapping[str, Column]] = {
    **_SHARED,
    "name": _same("name", "what the trace is called"),
    "status": Column("state", ("state",), "`running`, `complete`, `error` or `incomplete`"),
    "span_count": _same("span_count", "spans"),
    "error_count": _same("error_count", "spans that failed"),
    "llm_calls": _same("llm_calls", "calls of models"),
    "tool_calls": _same("tool_calls", "calls of tools"),
    "unpriced_spans": _same("unpriced_spans", "spans with tokens and without a price"),
    "models": _same("models", "JSON list of the models that were used"),
}

_SESSION: Final[Mapping[str, Column]] = {
    "session_id": _same("session_id", "the conversation"),
    "user_id": _same("user_id", "the end user, as the agent names them"),
    "agent_name": _same("agent_name", "the agent of the newest trace"),
    "environment": _same("environment", "of the newest trace"),
    "trace_count": _same("trace_count", "traces"),
    "failed_traces": _same("failed_traces", "traces that ended in an error"),
    "span_count": _same("span_count", "spans of all traces"),
    "error_count": _same("error_count", "spans that failed"),
    "llm_calls": _same("llm_calls", "calls of models"),
    "tool_calls": _same("tool_calls", "calls of tools"),
    "tokens_in": _same("tokens_in", "input tokens"),
    "tokens_out": _same("tokens_out", "output tokens"),
    "tokens": Column(_TOKENS, ("tokens_in", "tokens_out"), "input and output together"),
    "cost": _same("cost", "USD; null where nothing has a price"),
    "unpriced_spans": _same("unpriced_spans", "spans with tokens and without a price"),
    "duration_ms": _same("duration_ms", "the sum of the traces' durations, milliseconds"),
}

COLUMNS: Final[Mapping[str, Mapping[str, Column]]] = {
    "span": _SPAN,
    "trace": _TRACE,
    "session": _SESSION,
}

# Too long, and too private, for a message.
LONG_TEXTS: Final = frozenset({"input", "output", "tool_calls", "status_message"})

# What an evaluation is given of stored spans and traces.
SOURCE_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "span": (
        "trace_id", "span_id", "parent_span_id", "phase", "name", "span_type", "status",
        "status_message", "start_ns", "end_ns", "input", "output", "model", "request_model",
        "provider", "framework", "finish_reason", "tokens_in", "tokens_out", "tokens_cached",
        "tokens_reasoning", "ttft_ms", "cost", "cost_source", "tool_calls", "session_id",
        "user_id", "agent_name", "environment", "service_name", "attributes", "resource", "flags",
    ),
    "trace": (
        "trace_id", "name", "state", "start_ns", "end_ns", "last_received_ns", "span_count",
        "error_count", "llm_calls", "tool_calls", "tokens_in", "tokens_out", "tokens_cached",
        "tokens_reasoning", "cost", "cost_source", "unpriced_spans", "models", "agent_name",
        "environment", "session_id", "user_id", "service_name",
    ),
}  # fmt: skip
