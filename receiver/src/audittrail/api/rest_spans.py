"""From spans of the REST API to rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from audittrail.api.schemas import SpanIn
from audittrail.receiver.ids import Id, parse_span_id, parse_trace_id
from audittrail.receiver.mapping.engine import Engine
from audittrail.receiver.mapping.providers import split_provider
from audittrail.receiver.otlp.values import dump_json
from audittrail.receiver.rows import Origin, make_rows, to_batch
from audittrail.receiver.spans import Pricer
from audittrail.receiver.state import time_flags
from audittrail.storage import (
    PARENT_UUID,
    PHASE_FINAL,
    PHASE_RUNNING,
    SPAN_UUID,
    TRACE_UUID,
    Batch,
)

__all__ = ["SpanIds", "build_rest_batch", "ids_of"]

SpanIds = tuple[Id, Id, Id | None]

_FROM_ATTRIBUTES: Final = (
    "provider",
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_cache_write",
    "tokens_reasoning",
    "ttft_ms",
    "session_id",
    "user_id",
    "agent_name",
    "environment",
)


def ids_of(span: SpanIn) -> SpanIds:
    """(trace, span, parent). Raises InvalidInput for an id that is none."""
    parent = span.parent_span_id
    return (
        parse_trace_id(span.trace_id),
        parse_span_id(span.span_id),
        parse_span_id(parent, "parent_span_id") if parent else None,
    )


def build_rest_batch(
    owner: str,
    received_ns: int,
    spans: Sequence[tuple[SpanIds, SpanIn]],
    engine: Engine,
    price: Pricer,
) -> Batch:
    """The batch that stores these spans, in their order."""
    rows = [_row(ids, span, received_ns, engine, price) for ids, span in spans]
    origin = Origin("rest", [0] * len(rows), [None], [None], [None])
    columns = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
    return to_batch(owner, received_ns, make_rows(origin, columns))


def _form(ids: SpanIds) -> int:
    trace, span, parent = ids
    return (
        trace.is_uuid * TRACE_UUID
        + span.is_uuid * SPAN_UUID
        + (parent is not None and parent.is_uuid) * PARENT_UUID
    )


def _row(
    ids: SpanIds, span: SpanIn, received_ns: int, engine: Engine, price: Pricer
) -> dict[str, Any]:
    attributes = {**span.attributes, **(span.model_extra or {})}
    said = engine.map_one(attributes, "")
    field: dict[str, Any] = {}
    for name in _FROM_ATTRIBUTES:
        given = getattr(span, name)
        field[name] = said.get(name) if given is None else given
    running = span.status == "running" or (span.status is None and span.end_time is None)
    status = span.status or ("running" if running else "ok")
    model = span.model or said.get("model") or said.get("request_model")
    provider, framework = split_provider(field["provider"], model)
    cost, cost_source = span.cost, None if span.cost is None else "agent"
    if cost is None and (field["tokens_in"] or field["tokens_out"]):
        cost, cost_source = price(
            model,
            provider,
            span.start_time,
            field["tokens_in"],
            field["tokens_out"],
            field["tokens_cached"],
            field["tokens_cache_write"],
            field["tokens_reasoning"],
        )
    end = None if running else span.end_time
    flags = time_flags(span.start_time, end, received_ns)
    return {
        "trace_id": ids[0].hex,
        "span_id": ids[1].hex,
        "parent_span_id": ids[2].hex if ids[2] else None,
        "id_form": _form(ids),
        "phase": PHASE_RUNNING if running else PHASE_FINAL,
        "remote_parent": False,
        "name": span.name,
        "span_type": span.span_type,
        "status": status,
        "status_message": span.status_message,
        "start_ns": span.start_time,
        "end_ns": end,
        "input": _stored(span.input),
        "output": _stored(span.output),
        "model": model,
        "provider": provider,
        "framework": framework or said.get("framework"),
        **{name: said.get(name) for name in ("request_model", "response_id", "finish_reason")},
        **{name: value for name, value in field.items() if name != "provider"},
        "cost": cost,
        "cost_source": cost_source,
        "tool_calls": _stored(span.tool_calls),
        "attributes": dump_json(attributes) if attributes else None,
        "events": _stored(span.events),
        "links": _stored(span.links),
        "dialect": "rest",
        "flags": dump_json(flags) if flags else None,
    }


def _stored(value: Any) -> str | None:
    return None if value is None else dump_json(value)
