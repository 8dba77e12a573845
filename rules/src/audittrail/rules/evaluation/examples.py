"""Traces from a few words: what a rule's examples leave out is filled in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from audittrail.rules.evaluation.vocabulary import SOURCE_COLUMNS
from audittrail.storage import FACT_FIELDS, PHASE_FINAL, PHASE_RUNNING, SpanFacts
from audittrail.storage.columns import SPAN_COLUMNS, SUMMARY_COLUMNS, to_table
from audittrail.storage.rollup import TraceRollup

__all__ = ["ExampleError", "tables_of"]

_BASE_NS: Final = 1_767_225_600 * 10**9
_STEP_NS: Final = 10**9
_MOST_COPIES: Final = 10_000
_KNOWN: Final = frozenset(SOURCE_COLUMNS["span"]) | {"running", "duration_ms"}
_JSON: Final = ("input", "output", "tool_calls", "attributes", "resource", "flags")


class ExampleError(ValueError):
    """An example that is no trace; the text says why."""


def tables_of(traces: Sequence[Sequence[Mapping[str, Any]]]) -> tuple[pa.Table, pa.Table]:
    """(spans, traces) for a judge, each trace from the spans of one example.

    A span without ids and times gets the first unused id and begins a second after the one before
    it, for half a second; the first span is the parent of all that name none. Values of JSON
    columns may be given as such, and ``copies`` says how many times a span is there.
    """
    rows: list[dict[str, Any]] = []
    summaries = []
    for number, spans in enumerate(traces, 1):
        rollup = TraceRollup("example", f"{number:032x}")
        for place, given in enumerate(_spread(spans)):
            row = _filled(given, number, place)
            rows.append(row)
            facts: dict[str, Any] = {name: row.get(name) for name in FACT_FIELDS}
            facts |= {"remote_parent": False, "internal": False, "id_form": 0, "fingerprint": place}
            rollup.apply(SpanFacts(**facts))
            rollup.touch(place, _BASE_NS)
        summaries.append(rollup.summary()._asdict())
    return (
        _table(rows, SOURCE_COLUMNS["span"], SPAN_COLUMNS),
        _table(summaries, SOURCE_COLUMNS["trace"], SUMMARY_COLUMNS),
    )


def _spread(spans: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """With ``copies: 100`` a span stands for so many."""
    spread = []
    for given in spans:
        rest = dict(given)
        copies = rest.pop("copies", 1)
        if not isinstance(copies, int) or not 1 <= copies <= _MOST_COPIES:
            raise ExampleError(f"copies is a number from 1 to {_MOST_COPIES:,}")
        spread += [rest] * copies
    return spread


def _table(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], types: Mapping[str, Any]
) -> Any:
    columns = {name: [row.get(name) for row in rows] for name in names}
    return to_table({name: types[name] for name in names}, columns, len(rows))


def _filled(given: Mapping[str, Any], trace: int, place: int) -> dict[str, Any]:
    unknown = set(given) - _KNOWN
    if unknown:
        raise ExampleError(
            f"a span has no column {min(unknown)!r}; there are {', '.join(sorted(_KNOWN))}"
        )
    row = dict(given)
    running = row.pop("running", False)
    duration = row.pop("duration_ms", 500)
    start = row.setdefault("start_ns", _BASE_NS + place * _STEP_NS)
    row |= {
        "trace_id": f"{trace:032x}",
        "phase": PHASE_RUNNING if running else PHASE_FINAL,
        "end_ns": None if running else row.get("end_ns", start + round(duration * 1e6)),
    }
    row.setdefault("span_id", f"{place + 1:016x}")
    if place:
        row.setdefault("parent_span_id", f"{1:016x}")
    row.setdefault("name", row.get("span_type") or "step")
    row.setdefault("status", "ok")
    for name in ("attributes", "resource"):
        row.setdefault(name, {} if name == "attributes" else {"attributes": {}})
    row.setdefault("flags", [])
    for name in _JSON:
        if row.get(name) is not None and not isinstance(row[name], str):
            row[name] = json.dumps(row[name], ensure_ascii=False)
    return row
