"""Reading one owner's violations, and what they are judged from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import compute

from audittrail.storage.contents.recipe import MARK, length_of
from audittrail.storage.duckdb.contents import CUT_SPAN_FIELDS
from audittrail.storage.duckdb.owned_cursor import OwnedCursor
from audittrail.storage.duckdb.queries import joined_ids
from audittrail.storage.interface import Page, Row
from audittrail.storage.violations import CountKey, ViolationQuery

__all__ = ["ViolationLists"]

# Its functions are made when it is imported, so type checkers know of none.
pc: Any = compute

_REBUILT_BYTES: Final = 32 * 2**20
_KEPT: Final = ("cost", "cost_source", "seq")
# Texts as far as they are judged, in bytes: a few of the largest would fill the memory.
_JUDGED_BYTES: Final = 2**18
_CUT: Final = {
    name: f"CASE WHEN strlen({name}) > {_JUDGED_BYTES} THEN left({name}, {_JUDGED_BYTES}) "
    f"ELSE {name} END AS {name}"
    for name in ("input", "output")
}
_ALWAYS: Final = ("trace_id", "span_id", "phase")


class ViolationLists(OwnedCursor):
    """The part of a reader that looks at violations."""

    def list_violations(self, query: ViolationQuery) -> Page:
        conditions, values = _conditions(query)
        if query.after is not None:
            conditions += "\n  AND (at_ns < $after OR (at_ns = $after AND id < $after_id))"
            values["after"], values["after_id"] = query.after
        sql = self._queries.list_violations.format(conditions=conditions)
        rows = self._rows(sql, limit=query.limit + 1, **values)
        kept = rows[: query.limit]
        last = kept[-1] if len(rows) > query.limit else None
        return Page(kept, (last["at_ns"], last["id"]) if last else None)

    def get_violation(self, violation_id: str) -> Row | None:
        sql = self._queries.list_violations.format(conditions="AND id = $id")
        rows = self._rows(sql, id=violation_id, limit=1)
        return rows[0] if rows else None

    def count_violations(self, query: ViolationQuery, by: CountKey) -> Sequence[tuple[Any, int]]:
        conditions, values = _conditions(query)
        sql = self._queries.count_violations.format(conditions=conditions, by=by)
        return self._execute(sql, **values).fetchall()

    def violation_extent(self, query: ViolationQuery) -> tuple[int, int, int]:
        conditions, values = _conditions(query)
        sql = self._queries.violation_extent.format(conditions=conditions)
        ((low, high, count),) = self._execute(sql, **values).fetchall()
        return (low or 0, high or 0, count)

    def violation_times(self, query: ViolationQuery, width_ns: int) -> Sequence[tuple[int, int]]:
        conditions, values = _conditions(query)
        sql = self._queries.violation_times.format(conditions=conditions)
        return self._execute(sql, width=width_ns, **values).fetchall()

    def violations_of_traces(self, trace_ids: Sequence[str]) -> Sequence[Row]:
        named = "AND trace_id IN (SELECT unnest(string_split($trace_ids, ' ')))"
        sql = self._queries.list_violations.format(conditions=named)
        return self._rows(sql, trace_ids=joined_ids(trace_ids), limit=None)

    def violations_of_sessions(self, session_ids: Sequence[str]) -> Sequence[Row]:
        named = "AND scope = 'session' AND list_contains($session_ids, session_id)"
        sql = self._queries.list_violations.format(conditions=named)
        return self._rows(sql, session_ids=list(session_ids), limit=None)

    def id_forms(
        self, spans: Mapping[str, Collection[str]]
    ) -> Iterator[tuple[str, int, dict[str, int]]]:
        if not spans:
            return
        traces = joined_ids(spans)
        ids = joined_ids({each for some in spans.values() for each in some})
        found = self._execute(self._queries.id_forms, trace_ids=traces, span_ids=ids).fetchall()
        forms: dict[str, dict[str, int]] = {}
        of_trace: dict[str, int] = {}
        for trace_id, form, span_id, span_form in found:
            of_trace[trace_id] = form
            if span_id is not None:
                forms.setdefault(trace_id, {})[span_id] = span_form
        for trace_id, form in of_trace.items():
            yield trace_id, form, forms.get(trace_id, {})

    def decisions(self, violation_id: str | None, limit: int) -> Sequence[Row]:
        return self._rows(self._queries.list_decisions, violation_id=violation_id, limit=limit)

    def rule_text(self, digest: str) -> str | None:
        found = self._execute(self._queries.get_rule_text, digest=digest).fetchone()
        return found[0] if found else None

    def spans_to_judge(
        self, trace_ids: Sequence[str], columns: Sequence[str], changed_after: int = -1
    ) -> Any:
        names = [*_ALWAYS, *(name for name in columns if name not in (*_ALWAYS, *_KEPT))]
        values = {"trace_ids": joined_ids(trace_ids), "changed_after": changed_after}
        read, kept = ", ".join(_CUT.get(name, name) for name in names), ", ".join(_KEPT)
        if self._execute(self._queries.spans_repeat, trace_ids=values["trace_ids"]).fetchall():
            sql = self._queries.spans_to_judge.format(
                columns=", ".join(names), read=read, kept=kept
            )
        else:
            sql = self._queries.spans_to_judge_once.format(read=read, kept=kept)
        spans = self._arrow(sql, **values)
        return spans.append_column("text_bytes", pa.array(_text_bytes(spans), pa.int64()))

    def with_whole_texts(self, spans: Any, most: int | None = None) -> Any:
        spans = spans.drop_columns(["text_bytes"])
        for name in CUT_SPAN_FIELDS:
            place = spans.schema.get_field_index(name)
            if place >= 0:
                length = (most or _JUDGED_BYTES) if name in _CUT else None
                spans = spans.set_column(place, name, self._whole(spans.column(place), length))
        return spans

    def _whole(self, column: Any, most: int | None) -> Any:
        """The column with texts in the place of recipes, up to so many characters each."""
        if not pc.any(pc.starts_with(column, MARK)).as_py():
            shorter = most is not None and most < _JUDGED_BYTES
            return pc.utf8_slice_codeunits(column, 0, most) if shorter else column
        cells = column.to_pylist()
        for part in _parts_of(cells):
            cells[part] = [text and text[:most] for text in self._whole_texts(cells[part])]
        return pa.array(cells, pa.string())

    def traces_to_judge(self, trace_ids: Sequence[str], columns: Sequence[str]) -> Any:
        sql = self._queries.traces_to_judge.format(columns=", ".join(columns))
        return self._arrow(sql, trace_ids=joined_ids(trace_ids))

    def sessions_to_judge(self, session_ids: Sequence[str], columns: Sequence[str]) -> Any:
        sql = self._queries.sessions_to_judge.format(columns=", ".join(columns))
        return self._arrow(sql, session_ids=list(session_ids))


def _parts_of(cells: Sequence[str | None]) -> Iterator[slice]:
    """Cells whose texts have ``_REBUILT_BYTES`` together at most, or one."""
    start, held = 0, 0
    for place, cell in enumerate(cells):
        size = length_of(cell) if cell is not None else 0
        if place > start and held + size > _REBUILT_BYTES:
            yield slice(start, place)
            start, held = place, 0
        held += size
    yield slice(start, len(cells))


def _text_bytes(spans: Any) -> Any:
    """The bytes of each span's texts, as far as they are judged."""
    total = np.zeros(spans.num_rows, np.int64)
    for name in CUT_SPAN_FIELDS:
        if name not in spans.column_names:
            continue
        column = spans.column(name)
        lengths = pc.fill_null(pc.binary_length(column), 0).to_numpy().astype(np.int64)
        recipes = pc.fill_null(pc.starts_with(column, MARK), False).to_numpy()
        for row in np.flatnonzero(recipes).tolist():
            lengths[row] = length_of(column[row].as_py())
        total += np.minimum(lengths, _JUDGED_BYTES) if name in _CUT else lengths
    return total


def _conditions(query: ViolationQuery) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {}
    conditions = ""
    for name in ("rule_id", "severity", "status"):
        chosen = getattr(query, name)
        if chosen:
            conditions += f"\n  AND list_contains(${name}, {name})"
            values[name] = list(chosen)
    for name in ("agent_name", "environment", "trace_id", "session_id"):
        if getattr(query, name) is not None:
            conditions += f"\n  AND {name} = ${name}"
            values[name] = getattr(query, name)
    for name, sign, bound in (("since", ">=", query.since_ns), ("until", "<=", query.until_ns)):
        if bound is not None:
            conditions += f"\n  AND at_ns {sign} ${name}"
            values[name] = bound
    return conditions, values
