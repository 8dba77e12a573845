"""From decoded log records to rows, and to what they say of their spans."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import structlog

from audittrail.receiver.mapping.content_events import EVENT_PREFIX
from audittrail.receiver.mapping.engine import Engine
from audittrail.receiver.mapping.messages import parsed
from audittrail.receiver.mapping.providers import split_provider
from audittrail.receiver.otlp.decoded import DecodedLogs, known_enum
from audittrail.receiver.otlp.values import dump_json
from audittrail.receiver.rows import make_rows, to_batch
from audittrail.receiver.spans import Pricer, origin_of
from audittrail.storage import PHASE_LOG, Batch
from audittrail.storage.columns import LOG_COLUMNS, Coded, to_table

__all__ = ["build_logs"]

log = structlog.get_logger(__name__)

_USAGE: Final = (
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_cache_write",
    "tokens_reasoning",
)


def build_logs(
    decoded: DecodedLogs, owner: str, received_ns: int, engine: Engine, price: Pricer
) -> Batch:
    """Every record is stored as it came. What a GenAI event says of its span (model, usage, ...)
    also becomes a version of that span of the lowest rank, which fills what the span itself
    leaves open."""
    names = [_event_name(decoded, index) for index in range(len(decoded))]
    attributes = [dump_json(each) for each in decoded.attributes]
    bodies = [None if body is None else dump_json(body) for body in decoded.body]
    columns: dict[str, Any] = {
        "trace_id": decoded.trace_id,
        "span_id": decoded.span_id,
        "time_ns": decoded.time_ns,
        "observed_ns": decoded.observed_ns,
        "severity": list(map(known_enum, decoded.severity)),
        "severity_text": decoded.severity_text,
        "event_name": names,
        "response_id": [each.get("gen_ai.response.id") for each in decoded.attributes],
        "body": bodies,
        "attributes": attributes,
        "resource": Coded(decoded.scope, [each.resource_json for each in decoded.scopes]),
        "scope": Coded(decoded.scope, [each.scope_json for each in decoded.scopes]),
        "trace_flags": decoded.trace_flags,
        "digest": [
            _digest(
                decoded.trace_id[index],
                decoded.span_id[index],
                decoded.time_ns[index],
                decoded.observed_ns[index],
                names[index],
                bodies[index],
                attributes[index],
            )
            for index in range(len(decoded))
        ],
    }
    columns["response_id"] = [
        value if isinstance(value, str) else None for value in columns["response_id"]
    ]
    batch = _span_versions(decoded, names, owner, received_ns, engine, price)
    batch.logs = to_table(LOG_COLUMNS, columns, len(decoded))
    return batch


def _event_name(decoded: DecodedLogs, index: int) -> str:
    """Older senders put the name among the attributes."""
    name = decoded.event_name[index] or decoded.attributes[index].get("event.name")
    return name if isinstance(name, str) else ""


def _digest(*content: object) -> str:
    return hashlib.blake2b(repr(content).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _span_versions(
    decoded: DecodedLogs,
    names: list[str],
    owner: str,
    received_ns: int,
    engine: Engine,
    price: Pricer,
) -> Batch:
    rows: list[dict[str, Any]] = []
    codes: list[int] = []
    for index, name in enumerate(names):
        if not name.startswith(EVENT_PREFIX):
            continue
        if decoded.span_id[index] is None or decoded.trace_id[index] is None:
            continue
        try:
            row = _version(decoded, index, engine, price)
        except Exception:
            # The record itself is stored all the same.
            log.exception("log record cannot be mapped")
            continue
        if row is not None:
            rows.append(row)
            codes.append(decoded.scope[index])
    columns = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
    origin = origin_of("log", codes, decoded.scopes)
    return to_batch(owner, received_ns, make_rows(origin, columns))


def _version(
    decoded: DecodedLogs, index: int, engine: Engine, price: Pricer
) -> dict[str, Any] | None:
    """None if the record tells nothing but content, which readers join by the span's id."""
    attributes = dict(decoded.attributes[index])
    body = parsed(decoded.body[index])
    if isinstance(body, dict):
        attributes = {**body, **attributes}
    get = engine.map_one(attributes, decoded.scopes[decoded.scope[index]].name).get
    model = get("model") or get("request_model")
    usage = [get(name) for name in _USAGE]
    if model is None and usage[0] is None and usage[1] is None:
        return None
    provider, framework = split_provider(get("provider"), model)
    cost = cost_source = None
    if usage[0] or usage[1]:
        cost, cost_source = price(model, provider, decoded.time_ns[index] or None, *usage)
    said = ("request_model", "response_id", "finish_reason", "session_id", "user_id", "agent_name")
    return {
        "phase": PHASE_LOG,
        "trace_id": decoded.trace_id[index],
        "span_id": decoded.span_id[index],
        "id_form": 0,
        "remote_parent": False,
        "model": model,
        "provider": provider,
        "framework": framework,
        "cost": cost,
        "cost_source": cost_source,
        **{name: get(name) for name in said},
        **dict(zip(_USAGE, usage, strict=True)),
    }
