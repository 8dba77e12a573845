"""A trace as columns: small enough to send 100,000 spans at once."""

from __future__ import annotations

from typing import Any, Final

from audittrail.receiver.ids import as_sent
from audittrail.receiver.state import INTERNAL
from audittrail.storage import PARENT_UUID, PHASE_FINAL, SPAN_UUID

__all__ = ["skeleton_columns"]

_CODED: Final = ("name", "span_type", "status", "model", "agent_name", "cost_source")
_PLAIN: Final = (
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_reasoning",
    "cost",
    "ttft_ms",
    "seq",
)


def skeleton_columns(table: Any) -> dict[str, Any]:
    """``{"base_ns", "columns", "dictionaries"}`` from the reader's table.

    In ``columns`` every list has one entry a span. ``start`` and ``end`` are ns after ``base_ns``
    (a text, since it has more digits than JSON readers keep); an end is null while a span runs.
    ``events`` says how many a span has, ``internal`` that it tells of a framework's own working.
    """
    data: dict[str, list[Any]] = table.to_pydict()
    starts = [start for start in data["start_ns"] if start is not None]
    base = min(starts, default=0)
    forms = data["id_form"]
    columns: dict[str, Any] = {
        "span_id": _ids(data["span_id"], forms, SPAN_UUID),
        "parent_span_id": _ids(data["parent_span_id"], forms, PARENT_UUID),
        "start": [None if at is None else at - base for at in data["start_ns"]],
        "end": [None if at is None else at - base for at in data["end_ns"]],
        "running": [phase < PHASE_FINAL for phase in data["phase"]],
        "remote_parent": data["remote_parent"],
        "events": [count or 0 for count in data["events"]],
        "flagged": [bool(flags) and flags != "[]" for flags in data["flags"]],
        "internal": [INTERNAL in flags if flags else False for flags in data["flags"]],
        **{name: data[name] for name in _PLAIN},
    }
    dictionaries = {}
    for name in _CODED:
        columns[name], dictionaries[name] = _coded(data[name])
    return {"base_ns": str(base), "columns": columns, "dictionaries": dictionaries}


def _ids(ids: list[str | None], forms: list[int], bit: int) -> list[str | None]:
    return [as_sent(each, form, bit) for each, form in zip(ids, forms, strict=True)]


def _coded(values: list[str | None]) -> tuple[list[int | None], list[str]]:
    """Indexes into the distinct values; null stays null."""
    places: dict[str, int] = {}
    codes = [None if value is None else places.setdefault(value, len(places)) for value in values]
    return codes, list(places)
