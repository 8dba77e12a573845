"""Reading one owner's traces."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import duckdb
import pyarrow as pa

from audittrail.storage.duckdb.contents import CUT_LOG_FIELDS, CUT_SPAN_FIELDS
from audittrail.storage.duckdb.queries import Queries, joined_ids
from audittrail.storage.duckdb.session_lists import SessionLists
from audittrail.storage.duckdb.trace_lists import TraceLists
from audittrail.storage.duckdb.violation_lists import ViolationLists
from audittrail.storage.duckdb.words import words_of
from audittrail.storage.interface import Page, Row

__all__ = ["DuckDBReader"]

_PAYLOAD: Final = (
    "input",
    "input_key",
    "output",
    "output_key",
    "attributes",
    "events",
    "links",
    "resource",
    "scope",
    "extra",
    "tool_calls",
)
_PAIRED: Final = """,
        CASE WHEN input IS NOT NULL THEN {'text': input, 'key': input_key} END AS input,
        CASE WHEN output IS NOT NULL THEN {'text': output, 'key': output_key} END AS output"""
_CHOSEN: Final = "WHERE span_id IN (SELECT unnest(string_split($span_ids, ' ')))"
_ALL: Final = 2**62


class DuckDBReader(TraceLists, SessionLists, ViolationLists):
    """All that one owner can ask; here what is asked of a single trace."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, queries: Queries, owner: str) -> None:
        super().__init__(cursor, queries, owner)
        self._summaries: dict[str, Row] = {}

    def get_trace(self, trace_id: str) -> Row | None:
        if trace_id not in self._summaries:
            rows = self._rows(self._queries.get_trace, trace_id=trace_id)
            if not rows:
                return None
            self._summaries[trace_id] = rows[0]
        return dict(self._summaries[trace_id])

    def _range(self, trace_id: str) -> tuple[int, int] | None:
        """The seq range of a trace, which tells the scan what row groups to skip."""
        trace = self.get_trace(trace_id)
        return (trace["first_seq"], trace["seq"]) if trace else None

    def list_spans(
        self, trace_id: str, *, payload: bool, limit: int, after: tuple[int, str] | None
    ) -> Page:
        trace = self.get_trace(trace_id)
        if trace is None:
            return Page([], None)
        if after is None and trace["span_count"] <= limit:
            # The whole trace at once, as most are looked at, spares the query for the page's ids.
            rows = self._resolve(trace_id, None, payload=payload)
            return Page(sorted(rows, key=lambda row: (row["start_ns"] or 0, row["span_id"])), None)
        low, high = trace["first_seq"], trace["seq"]
        start, span_id = after or (-_ALL, "")
        keys = self._execute(
            self._queries.list_span_ids,
            trace_id=trace_id,
            low=low,
            high=high,
            after_start=start,
            after_id=span_id,
            limit=limit + 1,
        ).fetchall()
        more = len(keys) > limit
        keys = keys[:limit]
        wanted = [key[1] for key in keys]
        states = {row["span_id"]: row for row in self._resolve(trace_id, wanted, payload=payload)}
        return Page([states[span_id] for span_id in wanted], keys[-1] if more else None)

    def _resolve(
        self, trace_id: str, span_ids: Sequence[str] | None, *, payload: bool
    ) -> list[Row]:
        """The states of these spans, or of all."""
        bounds = self._range(trace_id)
        if bounds is None or span_ids == []:
            return []
        dropped = "" if payload else "".join(f", {name}" for name in _PAYLOAD)
        rows = self._rows(
            self._queries.resolve_spans.format(
                dropped=dropped,
                paired=_PAIRED if payload else "",
                chosen="" if span_ids is None else _CHOSEN,
            ),
            trace_id=trace_id,
            low=bounds[0],
            high=bounds[1],
            **({} if span_ids is None else {"span_ids": joined_ids(span_ids)}),
        )
        for row in rows:
            row["cost"] = row["cost"] and row["cost"]["usd"]
            for name in ("input", "output") if payload else ():
                pair = row[name] or {"text": None, "key": None}
                row[name], row[f"{name}_key"] = pair["text"], pair["key"]
        return self._with_whole_texts(rows, CUT_SPAN_FIELDS)

    def skeleton(self, trace_id: str, after_seq: int = -1, most: int | None = None) -> pa.Table:
        low, high = self._range(trace_id) or (0, -1)
        table = self._arrow(
            self._queries.skeleton,
            trace_id=trace_id,
            low=low,
            high=high,
            after_seq=after_seq,
            most=most,
        )
        costs = [cost and cost["usd"] for cost in table.column("cost").to_pylist()]
        place = table.schema.get_field_index("cost")
        return table.set_column(place, "cost", pa.array(costs, pa.float64()))

    def get_span(self, trace_id: str, span_id: str) -> Row | None:
        rows = self._resolve(trace_id, [span_id], payload=True)
        return rows[0] if rows else None

    def spans(self, trace_id: str, span_ids: Sequence[str]) -> Sequence[Row]:
        return self._resolve(trace_id, list(span_ids), payload=True)

    def spans_with(self, trace_id: str, text: str, limit: int) -> Sequence[tuple[str, int]]:
        low, high = self._range(trace_id) or (0, -1)
        looked_for = words_of(text)
        parts = self._execute(
            "SELECT id FROM uses WHERE owner = $owner AND trace_id = $trace_id "
            "AND id IN (FROM parts_matching($owner, $words, $pattern))",
            trace_id=trace_id,
            **looked_for,
        ).fetchall()
        found = self._execute(
            self._queries.spans_with_text,
            parts=[part_id for (part_id,) in parts],
            trace_id=trace_id,
            low=low,
            high=high,
            limit=limit,
            **looked_for,
        )
        return [(span_id, form) for span_id, form in found.fetchall()]

    def joined_spans(self, trace_id: str, types: Sequence[str], limit: int) -> Sequence[str]:
        low, high = self._range(trace_id) or (0, -1)
        found = self._execute(
            self._queries.spans_joined,
            linked=self._linked(trace_id, low, high),
            trace_id=trace_id,
            low=low,
            high=high,
            types=list(types),
            limit=limit,
        )
        return [span_id for (span_id,) in found.fetchall()]

    def _linked(self, trace_id: str, low: int, high: int) -> list[str]:
        """What spans with very many links link to."""
        cells = self._execute(
            "SELECT links FROM versions_of($owner, $trace_id, $low, $high) WHERE is_recipe(links)",
            trace_id=trace_id,
            low=low,
            high=high,
        ).fetchall()
        texts = self._whole_texts([cell for (cell,) in cells])
        linked = {link.get("span_id") for text in texts if text for link in json.loads(text)}
        return sorted(linked - {None})

    def span_versions(self, trace_id: str, span_id: str) -> Sequence[Row]:
        bounds = self._range(trace_id)
        if bounds is None:
            return []
        rows = self._rows(
            self._queries.span_versions,
            trace_id=trace_id,
            span_id=span_id,
            low=bounds[0],
            high=bounds[1],
        )
        return _distinct_versions(self._with_whole_texts(rows, CUT_SPAN_FIELDS))

    def list_logs(self, trace_id: str) -> Sequence[Row]:
        bounds = self._range(trace_id)
        if bounds is None:
            return []
        rows = self._rows(self._queries.list_logs, trace_id=trace_id, low=bounds[0], high=bounds[1])
        return self._with_whole_texts(rows, CUT_LOG_FIELDS)


def _distinct_versions(rows: list[Row]) -> list[Row]:
    """Without redeliveries: a version equal to one before it, but for its number and time."""
    seen: set[str] = set()
    kept = []
    for row in rows:
        content = {k: v for k, v in row.items() if k not in ("seq", "received_ns", "cost")}
        content.pop("cost_source")
        key = json.dumps(content, sort_keys=True)
        if key not in seen:
            seen.add(key)
            kept.append(row)
    return kept
