"""Stored rows as the JSON that clients get."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from audittrail.api.responses import iso_time
from audittrail.receiver.ids import as_sent
from audittrail.receiver.mapping.conversation import belongs, content_of, tool_calls_of
from audittrail.receiver.mapping.evaluations import evaluations_of
from audittrail.receiver.mapping.histories import Histories
from audittrail.receiver.original import without_original
from audittrail.receiver.state import INTERNAL
from audittrail.storage import (
    PARENT_UUID,
    PHASE_FINAL,
    SPAN_UUID,
    TRACE_UUID,
    Row,
    SpanFacts,
)

__all__ = [
    "SPAN_PAYLOAD",
    "present_fact",
    "present_log",
    "present_span",
    "present_spans",
    "present_trace",
]

_TRACE_AS_IS: Final = (
    "name",
    "agent_name",
    "environment",
    "session_id",
    "user_id",
    "service_name",
    "span_count",
    "error_count",
    "llm_calls",
    "tool_calls",
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_cache_write",
    "tokens_reasoning",
    "cost",
    "cost_source",
    "unpriced_spans",
    "violation_count",
    "seq",
)
_SPAN_AS_IS: Final = (
    "name",
    "span_type",
    "kind",
    "status",
    "status_message",
    "model",
    "request_model",
    "provider",
    "framework",
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_cache_write",
    "tokens_reasoning",
    "ttft_ms",
    "cost",
    "cost_source",
    "session_id",
    "user_id",
    "agent_name",
    "environment",
    "service_name",
    "response_id",
    "finish_reason",
    "remote_parent",
    "dialect",
    "origin",
    "trace_flags",
    "seq",
)
SPAN_PAYLOAD: Final = frozenset(
    {
        "input",
        "output",
        "tool_calls",
        "attributes",
        "events",
        "links",
        "resource",
        "scope",
        "extra",
    }
)


def present_trace(row: Mapping[str, Any], idle_before_ns: int) -> dict[str, Any]:
    """A trace. One that is running and silent since before ``idle_before_ns`` is incomplete."""
    status = row["state"]
    if status == "running" and row["last_received_ns"] < idle_before_ns:
        status = "incomplete"
    start, end = row["start_ns"], row["end_ns"]
    return {
        "trace_id": as_sent(row["trace_id"], row["id_form"], TRACE_UUID),
        "status": status,
        **{name: row[name] for name in _TRACE_AS_IS},
        "start_time": iso_time(start),
        "end_time": iso_time(end),
        "duration_ms": _duration_ms(start, end),
        "open_spans": row["open_spans"],
        "missing_parents": row["missing_parents"],
        "root_span_id": as_sent(row["root_span_id"], row["id_form"], SPAN_UUID),
        "models": orjson.loads(row["models"]),
        "metadata": _json(row["metadata"]) or {},
        "last_received_at": iso_time(row["last_received_ns"]),
    }


def present_spans(rows: Iterable[Row], logs: Sequence[Row] = ()) -> Iterator[dict[str, Any]]:
    """Spans of a trace by start, in much less time than each by itself: most model calls are given
    what the one before was given. What they have in common is the same objects."""
    histories = Histories()
    return (present_span(row, logs, histories) for row in rows)


def present_span(
    row: Row, logs: Sequence[Row] | None = None, histories: Histories | None = None
) -> dict[str, Any]:
    """A span; with its payload if the row has it. ``logs`` are the log records of its trace."""
    form, start, end = row["id_form"], row["start_ns"], row["end_ns"]
    flags = _json(row["flags"]) or []
    span: dict[str, Any] = {
        "span_id": as_sent(row["span_id"], form, SPAN_UUID),
        "trace_id": as_sent(row["trace_id"], form, TRACE_UUID),
        "parent_span_id": as_sent(row["parent_span_id"], form, PARENT_UUID),
        **{name: row[name] for name in _SPAN_AS_IS},
        "running": row["phase"] < PHASE_FINAL,
        "start_time": iso_time(start),
        "end_time": iso_time(end),
        "start_time_unix_nano": None if start is None else str(start),
        "end_time_unix_nano": None if end is None else str(end),
        "duration_ms": _duration_ms(start, end),
        "internal": INTERNAL in flags,
        "flags": flags,
        "received_at": iso_time(row["received_ns"]),
        "versions": row.get("versions", 1),
    }
    if "input" in row:
        given, returned = content_of(row, logs or (), histories)
        resource, scope = _json(row["resource"]), _json(row["scope"])
        attributes = _attributes(row)
        events = _json(row["events"]) or []
        told = [(each.get("name") or "", each.get("attributes") or {}) for each in events]
        told += [
            (log["event_name"] or "", _json(log["attributes"]) or {})
            for log in logs or ()
            if belongs(log, row)
        ]
        span |= {
            "input": given,
            "output": returned,
            "tool_calls": tool_calls_of(row, returned),
            "evaluations": evaluations_of(attributes, told),
            "attributes": attributes,
            "events": events,
            "links": _json(row["links"]) or [],
            "resource": resource,
            "scope": scope,
            "extra": without_original(_json(row["extra"]) or {}),
        }
    return span


def present_fact(span: SpanFacts) -> dict[str, Any]:
    """A span as the WebSocket tells of it: what changes while it runs, without payload."""
    form = span.id_form
    return {
        "span_id": as_sent(span.span_id, form, SPAN_UUID),
        "parent_span_id": as_sent(span.parent_span_id, form, PARENT_UUID),
        "name": span.name,
        "span_type": span.span_type,
        "status": span.status,
        "running": span.phase < PHASE_FINAL,
        "remote_parent": span.remote_parent,
        "start_time": iso_time(span.start_ns),
        "end_time": iso_time(span.end_ns),
        "duration_ms": _duration_ms(span.start_ns, span.end_ns),
        "model": span.model,
        "tokens_in": span.tokens_in,
        "tokens_out": span.tokens_out,
        "tokens_cached": span.tokens_cached,
        "tokens_reasoning": span.tokens_reasoning,
        "cost": span.cost,
        "cost_source": span.cost_source,
        "agent_name": span.agent_name,
        "internal": bool(span.internal),
    }


def present_log(row: Row) -> dict[str, Any]:
    """A log record."""
    return {
        "time": iso_time(row["time_ns"] or row["observed_ns"] or None),
        "time_unix_nano": str(row["time_ns"]) if row["time_ns"] else None,
        "observed_time_unix_nano": str(row["observed_ns"]) if row["observed_ns"] else None,
        "span_id": row["span_id"],
        "event_name": row["event_name"] or None,
        "severity": row["severity"],
        "severity_text": row["severity_text"] or None,
        "body": _json(row["body"]),
        "attributes": _json(row["attributes"]),
        "trace_flags": row["trace_flags"],
        "resource": _json(row["resource"]),
        "scope": _json(row["scope"]),
        "received_at": iso_time(row["received_ns"]),
    }


def _attributes(row: Row) -> dict[str, Any]:
    """As they were received: with the texts that are stored as input and output."""
    attributes: dict[str, Any] = _json(row["attributes"]) or {}
    texts = ((row["input_key"], row["input"]), (row["output_key"], row["output"]))
    return attributes | {key: text for key, text in texts if key is not None}


def _duration_ms(start_ns: int | None, end_ns: int | None) -> float | None:
    return None if start_ns is None or end_ns is None else (end_ns - start_ns) / 1e6


def _json(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)
