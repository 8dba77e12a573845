"""The columns of stored spans, log records and trace summaries, as Arrow types.

Every time is UTC nanoseconds since the epoch (int64). Structured values (attributes, events,
links, tool calls, metadata) are JSON text. Ids are lower-case hex without dashes; ``id_form``
remembers which of them came as a UUID.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from audittrail.storage.summary import SUMMARY_FIELDS, TraceSummary

__all__ = [
    "LOG_COLUMNS",
    "SPAN_COLUMNS",
    "SUMMARY_COLUMNS",
    "Coded",
    "summary_table",
    "to_table",
]

_TEXT: Final = pa.string()
_INT: Final = pa.int64()
_SMALL: Final = pa.int16()
_REAL: Final = pa.float64()

SPAN_COLUMNS: Final[Mapping[str, Any]] = {
    "origin": _TEXT,  # otlp, rest or log
    "phase": _SMALL,  # facts.PHASE_*
    "trace_id": _TEXT,
    "span_id": _TEXT,
    "parent_span_id": _TEXT,
    "id_form": _SMALL,
    "remote_parent": pa.bool_(),
    "name": _TEXT,
    "span_type": _TEXT,
    "kind": _SMALL,  # OTLP SpanKind
    "status": _TEXT,  # ok, error or running
    "status_message": _TEXT,
    "start_ns": _INT,
    "end_ns": _INT,
    # The text that became input or output is stored here alone; input_key names the attribute
    # whose value it is, and readers put it back among the attributes.
    "input": _TEXT,
    "input_key": _TEXT,
    "output": _TEXT,
    "output_key": _TEXT,
    "model": _TEXT,
    "request_model": _TEXT,
    "provider": _TEXT,
    "framework": _TEXT,
    "response_id": _TEXT,
    "finish_reason": _TEXT,
    "tokens_in": _INT,
    "tokens_out": _INT,
    "tokens_cached": _INT,
    "tokens_cache_write": _INT,
    "tokens_reasoning": _INT,
    "ttft_ms": _REAL,
    "cost": _REAL,  # USD
    "cost_source": _TEXT,  # agent, estimated, default or unpriced
    "tool_calls": _TEXT,
    "session_id": _TEXT,
    "user_id": _TEXT,
    "agent_name": _TEXT,
    "environment": _TEXT,
    "service_name": _TEXT,
    "attributes": _TEXT,
    "events": _TEXT,
    "links": _TEXT,
    "resource": _TEXT,
    "scope": _TEXT,
    "extra": _TEXT,  # rare parts of an OTLP span: trace_state, dropped counts, ...
    "trace_flags": _INT,
    "dialect": _TEXT,
    "flags": _TEXT,  # JSON array: what is odd about the span, such as clock_skew
}

LOG_COLUMNS: Final[Mapping[str, Any]] = {
    "trace_id": _TEXT,
    "span_id": _TEXT,
    "time_ns": _INT,
    "observed_ns": _INT,
    "severity": _SMALL,
    "severity_text": _TEXT,
    "event_name": _TEXT,
    "response_id": _TEXT,
    "body": _TEXT,
    "attributes": _TEXT,
    "resource": _TEXT,
    "scope": _TEXT,
    "trace_flags": _INT,
    "digest": _TEXT,  # of the record's content: a redelivered record has the same
}

_SUMMARY_TYPES: Final[Mapping[str, Any]] = {
    "owner": _TEXT,
    "trace_id": _TEXT,
    "name": _TEXT,
    "root_span_id": _TEXT,
    "state": _TEXT,
    "cost": _REAL,
    "cost_source": _TEXT,
    "agent_name": _TEXT,
    "environment": _TEXT,
    "session_id": _TEXT,
    "user_id": _TEXT,
    "service_name": _TEXT,
    "models": _TEXT,
    "metadata": _TEXT,
    "has_logs": pa.bool_(),
    "registered": pa.bool_(),
}
SUMMARY_COLUMNS: Final[Mapping[str, Any]] = {
    name: _SUMMARY_TYPES.get(name, _INT) for name in SUMMARY_FIELDS
}


class Coded(NamedTuple):
    """A column of few distinct values: ``codes[row]`` is an index into ``values``."""

    codes: Sequence[int]
    values: Sequence[str | None]


def to_table(types: Mapping[str, Any], columns: Mapping[str, Any], rows: int) -> pa.Table:
    """An Arrow table of all columns in ``types``, from lists or Arrow arrays; those not given are
    null.

    Raises pyarrow.ArrowInvalid if a value does not fit its column.
    """
    arrays = []
    for name, kind in types.items():
        values = columns.get(name)
        if values is None:
            arrays.append(pa.nulls(rows, kind))
        elif isinstance(values, Coded):
            arrays.append(
                pa.DictionaryArray.from_arrays(
                    pa.array(np.asarray(values.codes, dtype=np.int32)),
                    pa.array(values.values, kind),
                )
            )
        elif isinstance(values, pa.Array):
            arrays.append(values)
        else:
            arrays.append(pa.array(values, kind))
    return pa.table(arrays, names=list(types))


def summary_table(summaries: Sequence[TraceSummary]) -> pa.Table:
    """The rows of ``trace_updates`` for these summaries."""
    columns = dict(zip(SUMMARY_FIELDS, zip(*summaries, strict=True), strict=True))
    return to_table(SUMMARY_COLUMNS, columns, len(summaries))
