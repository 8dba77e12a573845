"""How much is judged at once: in traces where that is possible, else in spans.

A span of an agent that resends its history has up to twice 256 KB of judged texts, stored as a
recipe of a few bytes. So what a window of traces takes in memory is told by its texts, not by its
spans.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from audittrail.storage import TraceHead

__all__ = ["MOST_BYTES", "fitting_length", "in_runs", "slices"]

# A judge has 512 MiB, and a rule may need its texts several times.
MOST_BYTES: Final = 48 * 2**20


def in_runs(
    heads: Sequence[TraceHead], spans: Any, most: int = MOST_BYTES
) -> list[Sequence[TraceHead]]:
    """The traces in runs whose texts have so many bytes together at most, or of one trace.
    ``spans`` are those of the traces, as ``TraceReader.spans_to_judge`` gives them."""
    sizes = _sizes(spans)
    if len(heads) < 2 or int(sizes.sum()) <= most:
        return [heads]
    of_trace: dict[str, int] = {}
    for trace_id, size in zip(spans.column("trace_id").to_pylist(), sizes.tolist(), strict=True):
        of_trace[trace_id] = of_trace.get(trace_id, 0) + size
    runs: list[Sequence[TraceHead]] = []
    run: list[TraceHead] = []
    held = 0
    for head in heads:
        size = of_trace.get(head.trace_id, 0)
        if run and held + size > most:
            runs.append(run)
            run, held = [], 0
        run.append(head)
        held += size
    runs.append(run)
    return runs


def fitting_length(spans: Any, most: int = MOST_BYTES) -> int | None:
    """Up to which length texts are taken, so that all of a trace's have so many bytes together;
    None if all fit. Each text counts as half of its span's."""
    sizes = np.sort(_sizes(spans) // 2)
    if int(sizes.sum()) * 2 <= most:
        return None
    # With the shorter ones whole, the rest is shared equally by the others.
    before = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    share = (most // 2 - before) // np.arange(len(sizes), 0, -1)
    return max(1, int(share[np.argmax(sizes > share)]))


def slices(spans: Any, most: int = MOST_BYTES) -> Iterator[Any]:
    """The spans in parts of so many bytes of texts each, or of one span."""
    start, held = 0, 0
    for row, size in enumerate(_sizes(spans).tolist()):
        if row > start and held + size > most:
            yield spans.slice(start, row - start)
            start, held = row, 0
        held += size
    if start < spans.num_rows:
        yield spans.slice(start)


def _sizes(spans: Any) -> Any:
    return spans.column("text_bytes").to_numpy()
