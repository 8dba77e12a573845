"""Columns of received span versions, and the batch that stores them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from audittrail.storage import FACT_FIELDS, Batch, SpanFacts
from audittrail.storage.columns import SPAN_COLUMNS, Coded, to_table

__all__ = ["Origin", "Rows", "make_rows", "merged", "to_batch"]

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
    identity = (filled.get(name, nothing) for name in _IDENTITY)
    compared = (each.to_pylist() if isinstance(each, pa.Array) else each for each in identity)
    filled["fingerprint"] = list(map(hash, zip(*compared, strict=True)))
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


def to_batch(owner: str, received_ns: int, rows: Rows) -> Batch:
    return Batch(owner, received_ns, rows.table, rows.facts)


def merged(parts: Sequence[tuple[Sequence[int], Mapping[str, Any]]]) -> Mapping[str, Any]:
    """The columns of several groups of rows as columns of all rows. Each part gives the places of
    its rows, which together are all places once; a column that it does not have is null there."""
    if len(parts) == 1:
        return parts[0][1]
    places = [place for part, _ in parts for place in part]
    order = np.empty(len(places), np.int64)
    order[places] = np.arange(len(places))
    in_order = itemgetter(*order.tolist())
    names = dict.fromkeys(name for _, columns in parts for name in columns)
    whole: dict[str, Any] = {}
    for name in names:
        given = [
            values if (values := columns.get(name)) is not None else [None] * len(part)
            for part, columns in parts
        ]
        if any(isinstance(values, pa.Array) for values in given):
            arrays = [
                values if isinstance(values, pa.Array) else pa.array(values, pa.string())
                for values in given
            ]
            whole[name] = pa.concat_arrays(arrays).take(pa.array(order))
        else:
            whole[name] = in_order(list(chain.from_iterable(given)))
    return whole
