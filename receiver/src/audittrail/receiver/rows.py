"""Columns of received span versions, and the batch that stores them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from audittrail.storage import FACT_FIELDS, Batch, SpanFacts
from audittrail.storage.columns import SPAN_COLUMNS, Coded, to_table

__all__ = ["Origin", "Rows", "in_order", "make_rows", "to_batch"]

# What makes two versions of a span the same version.
_IDENTITY: Final = (
    "phase",
    "parent_span_id",
    "name",
    "kind",
    "status",
    "status_message",
    "start_ns",
    "end_ns",
    "input",
    "output",
    "attributes",
    "events",
    "links",
    "tokens_in",
    "tokens_out",
    "cost",
    "tool_calls",
)


class Origin(NamedTuple):
    """Where the rows of a batch come from: codes into resources, scopes and service names."""

    name: str  # otlp, rest or log
    code: Sequence[int]
    resources: Sequence[str | None]
    scopes: Sequence[str | None]
    services: Sequence[str | None]


class Rows(NamedTuple):
    """Rows that are ready to store, and what roll-ups need to know of them."""

    table: Any
    facts: list[SpanFacts]


def make_rows(origin: Origin, columns: Mapping[str, Any]) -> Rows:
    """``columns`` are those of ``SPAN_COLUMNS`` that have values, as lists or Arrow arrays, but
    for what ``origin`` says."""
    count = len(origin.code)
    nothing = [None] * count
    services = [origin.services[code] for code in origin.code]
    filled = {**columns, "service_name": services}
    identity = zip(*(_comparable(filled.get(name, nothing)) for name in _IDENTITY), strict=True)
    filled["fingerprint"] = list(map(hash, identity))
    values = (filled.get(name, nothing) for name in FACT_FIELDS)
    facts = list(map(SpanFacts._make, zip(*values, strict=True)))
    stored = {
        **columns,
        "origin": Coded([0] * count, [origin.name]),
        "service_name": Coded(origin.code, origin.services),
        "resource": Coded(origin.code, origin.resources),
        "scope": Coded(origin.code, origin.scopes),
    }
    return Rows(to_table(SPAN_COLUMNS, stored, count), facts)


def _comparable(column: Any) -> Any:
    """The values, or, of an Arrow array of strings, their hashes."""
    if not isinstance(column, pa.Array):
        return column
    _, offsets, data = column.buffers()
    bounds = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    text = data.to_pybytes() if data is not None else b""
    return [hash(text[start:stop]) for start, stop in pairwise(bounds.tolist())]


def to_batch(owner: str, received_ns: int, rows: Rows) -> Batch:
    return Batch(owner, received_ns, rows.table, rows.facts)


def in_order(parts: Sequence[tuple[Sequence[int], Rows]]) -> Rows:
    """One from parts whose rows belong at the given places."""
    if len(parts) == 1:
        return parts[0][1]
    places = [place for part, _ in parts for place in part]
    order = np.empty(len(places), np.int64)
    order[places] = np.arange(len(places))
    facts = [fact for _, rows in parts for fact in rows.facts]
    table = pa.concat_tables([rows.table for _, rows in parts]).take(pa.array(order))
    return Rows(table, [facts[place] for place in order.tolist()])
