"""Texts that are not in the columns that rules read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import pyarrow as pa
from pyarrow import compute

from audittrail.rules.enforcement.windows import slices
from audittrail.storage import Row, TraceHead, TraceReader

__all__ = ["Texts", "with_texts"]

# Its functions are made when it is imported, so type checkers know of none.
pc: Any = compute

# (input, output) of a span, from its row and the log records of its trace.
Texts: TypeAlias = Callable[[Row, Sequence[Row]], tuple[str | None, str | None]]

_READ: Final = ("span_type", "origin", "input", "output", "tool_calls", "attributes", "response_id")


def with_texts(
    reader: TraceReader, heads: Sequence[TraceHead], spans: pa.Table, texts: Texts
) -> pa.Table:
    """The spans, with input and output of model calls that tell them elsewhere. Most calls have
    them in their columns, and cost nothing more."""
    if not {"input", "output", "span_type"} <= set(spans.column_names):
        return spans
    columns = [spans.column(name) for name in ("trace_id", "span_id", "span_type")]
    given, returned = (spans.column(name).to_pylist() for name in ("input", "output"))
    wanted: dict[tuple[str, str], int] = {}
    for place, (trace_id, span_id, kind) in enumerate(zip(*map(_list, columns), strict=True)):
        if kind == "llm" and (given[place] is None or returned[place] is None):
            wanted[trace_id, span_id] = place
    if not wanted:
        return spans
    traces = sorted({trace_id for trace_id, _ in wanted})
    logs = {
        head.trace_id: reader.list_logs(head.trace_id)
        for head in heads
        if head.has_logs and head.trace_id in traces
    }
    stored = reader.spans_to_judge(traces, _READ)
    stored = stored.filter(pc.is_in(stored.column("span_id"), pa.array({key[1] for key in wanted})))
    for part in slices(stored):
        for row in reader.with_whole_texts(part).to_pylist():
            found = wanted.get((row["trace_id"], row["span_id"]))
            if found is not None:
                given[found], returned[found] = texts(row, logs.get(row["trace_id"], ()))
    for name, values in (("input", given), ("output", returned)):
        place = spans.schema.get_field_index(name)
        spans = spans.set_column(place, name, pa.array(values, pa.string()))
    return spans


def _list(column: Any) -> list[Any]:
    values: list[Any] = column.to_pylist()
    return values
