"""Making span facts and batches for storage, without a receiver."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from typing import Any

from audittrail.storage import FACT_FIELDS, PHASE_FINAL, Batch, SpanFacts, TraceRegistration
from audittrail.storage.columns import LOG_COLUMNS, SPAN_COLUMNS, to_table

_numbers = itertools.count(1)

_PLAIN: dict[str, Any] = dict.fromkeys(FACT_FIELDS) | {
    "phase": PHASE_FINAL,
    "name": "step",
    "span_type": "custom",
    "status": "ok",
    "start_ns": 1_000,
    "end_ns": 2_000,
    "remote_parent": False,
    "id_form": 0,
}


def fact(trace_id: str, span_id: str, parent: str | None = None, **known: Any) -> SpanFacts:
    """A version of a span. Equal arguments make equal versions."""
    values = _PLAIN | {"trace_id": trace_id, "span_id": span_id, "parent_span_id": parent} | known
    values["fingerprint"] = hash(tuple(values[name] for name in FACT_FIELDS[:-1]))
    return SpanFacts(**values)


def log_version(trace_id: str, span_id: str, **known: Any) -> SpanFacts:
    """What a log record says of a span."""
    nothing = {"name": None, "span_type": None, "status": None, "start_ns": None, "end_ns": None}
    return fact(trace_id, span_id, phase=0, **nothing, **known)


def batch(
    owner: str,
    *facts: SpanFacts,
    columns: dict[str, Sequence[Any]] | None = None,
    logs: Sequence[dict[str, Any]] = (),
    registrations: Sequence[TraceRegistration] = (),
    received_ns: int | None = None,
) -> Batch:
    """A batch of these versions, received now if nothing else is said; ``columns`` adds values
    that facts do not have."""
    filled: dict[str, Any] = {
        name: [getattr(each, name) for each in facts]
        for name in FACT_FIELDS
        if name in SPAN_COLUMNS
    }
    filled["origin"] = ["otlp"] * len(facts)
    filled["attributes"] = ["{}"] * len(facts)
    filled |= columns or {}
    return Batch(
        owner,
        time.time_ns() if received_ns is None else received_ns,
        to_table(SPAN_COLUMNS, filled, len(facts)) if facts else None,
        facts,
        to_table(LOG_COLUMNS, _log_columns(logs), len(logs)) if logs else None,
        registrations,
    )


def _log_columns(logs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    rows = [{"digest": f"digest-{next(_numbers)}"} | log for log in logs]
    return {name: [row.get(name) for row in rows] for name in LOG_COLUMNS}


def registration(trace_id: str, **said: Any) -> TraceRegistration:
    return TraceRegistration(
        **dict.fromkeys(TraceRegistration._fields) | {"trace_id": trace_id, "id_form": 0} | said
    )
