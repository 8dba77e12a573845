"""What is judged at once is bounded by the bytes of its texts."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from audittrail.rules.enforcement.windows import fitting_length, in_runs, slices
from audittrail.storage import TraceHead

_MOST = 1000
# The judged bytes of each span, trace by trace.
_sizes = st.lists(st.lists(st.integers(0, 2 * _MOST), max_size=8), min_size=1, max_size=6)


def _spans(sizes: list[list[int]]) -> Any:
    traces = [f"t{number}" for number, trace in enumerate(sizes) for _ in trace]
    flat = [size for trace in sizes for size in trace]
    numbers = list(range(len(flat)))
    return pa.table(
        {
            "trace_id": pa.array(traces, pa.string()),
            "text_bytes": pa.array(flat, pa.int64()),
            "number": pa.array(numbers, pa.int64()),
        }
    )


def _heads(sizes: list[list[int]]) -> list[TraceHead]:
    return [
        TraceHead("ada", f"t{number}", number, 1, len(trace), "running", 0, None, False)
        for number, trace in enumerate(sizes)
    ]


@given(_sizes)
def test_runs_are_bounded_and_hold_each_trace_once(sizes: list[list[int]]) -> None:
    """In their order; a run of several traces has no more bytes than asked."""
    heads = _heads(sizes)
    runs = in_runs(heads, _spans(sizes), _MOST)
    assert [head for run in runs for head in run] == heads
    for run in runs:
        held = sum(sum(sizes[head.seq]) for head in run)
        assert len(run) == 1 or held <= _MOST


@given(_sizes)
def test_slices_are_bounded_and_hold_each_span_once(sizes: list[list[int]]) -> None:
    """In their order; a slice of several spans has no more bytes than asked."""
    spans = _spans(sizes)
    parts = list(slices(spans, _MOST))
    assert [n for part in parts for n in part.column("number").to_pylist()] == list(
        range(spans.num_rows)
    )
    for part in parts:
        assert part.num_rows == 1 or sum(part.column("text_bytes").to_pylist()) <= _MOST


@given(_sizes)
def test_texts_of_a_fitting_length_fit(sizes: list[list[int]]) -> None:
    """None only if all fit whole; else all together fit when cut, and with one byte more of each
    that is cut they would not."""
    flat = [size // 2 for trace in sizes for size in trace]
    length = fitting_length(_spans(sizes), _MOST)
    if length is None:
        assert 2 * sum(flat) <= _MOST
        return
    assert 2 * sum(flat) > _MOST

    def taken(most: int) -> int:
        return 2 * sum(min(size, most) for size in flat)

    assert length == 1 or taken(length) <= _MOST
    assert taken(length + 1) > _MOST
