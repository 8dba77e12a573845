"""Reading many of one owner's traces: lists of them, and what they have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from audittrail.storage.duckdb.contents import CUT_SPAN_FIELDS
from audittrail.storage.duckdb.filters import (
    SORT_EXPRESSIONS,
    STATUS_EXPRESSION,
    begins_with,
    trace_filters,
)
from audittrail.storage.duckdb.owned_cursor import OwnedCursor
from audittrail.storage.duckdb.queries import joined_ids
from audittrail.storage.interface import Histogram, Page, Row, TraceQuery, ValueKey

__all__ = ["TraceLists"]

_OF_TRACES: Final = {
    "status": STATUS_EXPRESSION,
    "service": "service_name",
    "session": "session_id",
    "user": "user_id",
    "env": "environment",
    "agent": "agent_name",
    "model": "unnest(from_json(models, '[\"VARCHAR\"]'))",
}
_OF_SPANS: Final = {
    "type": "coalesce(span_type, 'custom')",
    "tool": "CASE WHEN span_type = 'tool' THEN name END",
    "name": "name",
}


class TraceLists(OwnedCursor):
    """The part of a reader that looks at many traces."""

    def list_traces(self, query: TraceQuery) -> Page:
        sql, values = self._filtered(self._queries.list_traces, query)
        sql = sql.format(
            sort=SORT_EXPRESSIONS[query.sort], direction="DESC" if query.descending else "ASC"
        )
        found = self._execute(sql, limit=query.limit + 1, **values).fetchall()
        keys = found[: query.limit]
        if not keys:
            return Page([], None)
        last_id, last_key, _ = keys[-1]
        more = len(found) > query.limit
        return Page(self._traces_by_seq(keys), (last_key, last_id) if more else None)

    def _filtered(self, sql: str, query: TraceQuery) -> tuple[str, dict[str, Any]]:
        where, values = trace_filters(query)
        filters = "".join(f"\n      AND {condition}" for condition in where)
        # What stands in braces in a filter is never a place to fill in.
        return sql.replace("{filters}", filters.replace("{", "{{").replace("}", "}}")), values

    def _traces_by_seq(self, keys: Sequence[tuple[str, Any, int]]) -> list[Row]:
        """The rows of these (trace id, sort key, seq), in this order."""
        seqs = {f"seq{number}": seq for number, (_, _, seq) in enumerate(keys)}
        names = ", ".join(f"${name}" for name in seqs)
        rows = self._rows(self._queries.traces_by_seq.format(seqs=names), **seqs)
        by_id = {row["trace_id"]: row for row in rows}
        return [by_id[trace_id] for trace_id, _, _ in keys]

    def trace_histogram(self, query: TraceQuery, buckets: int) -> Histogram:
        sql, values = self._filtered(self._queries.trace_extent, query)
        low, high, total = self._rows(sql.format(), **values)[0].values()
        low = query.since_ns if query.since_ns is not None else low
        high = query.until_ns if query.until_ns is not None else high
        if low is None or high is None or high < low:
            return Histogram(low, high, 0, total, [])
        width = max(1, -(-(high - low + 1) // buckets))
        sql, values = self._filtered(self._queries.trace_histogram, query)
        counted = self._execute(sql.format(), low=low, width=width, **values).fetchall()
        counts = {place: (count, failed) for place, count, failed in counted}
        places = -(-(high - low + 1) // width)
        told = [(low + place * width, *counts.get(place, (0, 0))) for place in range(places)]
        return Histogram(low, high, width, total, told)

    def trace_values(
        self, query: TraceQuery, key: ValueKey, prefix: str, limit: int
    ) -> Sequence[tuple[str, int]]:
        of_spans = key in _OF_SPANS
        text = self._queries.span_values if of_spans else self._queries.trace_values
        sql, values = self._filtered(text, query)
        return self._execute(
            sql.format(value=(_OF_SPANS if of_spans else _OF_TRACES)[key]),
            looked_at=query.limit,
            prefix=begins_with(prefix),
            limit=limit,
            **({"idle_before": query.idle_before_ns} if key == "status" else {}),
            **values,
        ).fetchall()

    def quiet_since(self, before_ns: int, limit: int) -> Sequence[str]:
        found = self._execute(self._queries.quiet_traces, before=before_ns, limit=limit)
        return [trace_id for (trace_id,) in found.fetchall()]

    def count_quiet_since(self, before_ns: int) -> int:
        found = self._rows(self._queries.count_quiet_traces, before=before_ns)
        return int(found[0]["traces"])

    def models_used(self, limit: int = 50_000) -> Sequence[Row]:
        return self._rows(self._queries.models_used, limit=limit)

    def first_spans(self, trace_ids: Sequence[str]) -> Sequence[Row]:
        keys = self._execute(self._queries.first_spans, trace_ids=joined_ids(trace_ids)).fetchall()
        seqs = [seq for key in keys for seq in key if seq is not None]
        if not seqs:
            return []
        values = {f"seq{number}": seq for number, seq in enumerate(seqs)}
        names = ", ".join(f"${name}" for name in values)
        rows = self._rows(self._queries.spans_by_seq.format(seqs=names), **values)
        self._with_whole_texts(rows, CUT_SPAN_FIELDS)
        places = {seq: place for place, seq in enumerate(seqs)}
        return sorted(rows, key=lambda row: places[row["seq"]])
