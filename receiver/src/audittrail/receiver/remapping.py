"""Mapping again what is stored: from rows back to what was received, and through the present
dialects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import pyarrow as pa
import structlog

from audittrail.receiver.mapping.engine import Engine
from audittrail.receiver.original import original_of, without_original
from audittrail.receiver.otlp.decoded import DecodedSpans, Scope, group_rows
from audittrail.receiver.spans import Pricer, build_spans
from audittrail.receiver.state import DERIVED_FLAGS
from audittrail.storage import Row
from audittrail.storage.columns import SPAN_COLUMNS

__all__ = ["Remapping"]

log = structlog.get_logger(__name__)


class Remapping:
    """Gives for stored spans that came by OTLP their rows as they would be stored now."""

    def __init__(self, price: Pricer, engine: Engine | None = None) -> None:
        self._price = price
        self._engine = engine or Engine()

    def __call__(self, rows: Sequence[Row]) -> Any:
        """An Arrow table of ``SPAN_COLUMNS``, a row for each given one. What cannot be mapped
        stays as it is."""
        try:
            return self._mapped(rows)
        except Exception:
            if len(rows) == 1:
                log.exception("a stored span cannot be mapped", seq=rows[0]["seq"])
                kept = {name: [rows[0][name]] for name in SPAN_COLUMNS}
                return pa.table(kept, schema=pa.schema(dict(SPAN_COLUMNS)))
        half = len(rows) // 2
        return pa.concat_tables([self(rows[:half]), self(rows[half:])])

    def _mapped(self, rows: Sequence[Row]) -> Any:
        # Whether a clock is wrong is told by when a span was received.
        parts: dict[int, list[int]] = {}
        for place, row in enumerate(rows):
            parts.setdefault(row["received_ns"], []).append(place)
        tables = []
        for received_ns, places in parts.items():
            decoded = _received([rows[place] for place in places])
            batch = build_spans(decoded, "", received_ns, self._engine, self._price)
            assert batch.spans is not None
            tables.append(_plain(batch.spans))
        order = [place for places in parts.values() for place in places]
        back = sorted(range(len(order)), key=order.__getitem__)
        return pa.concat_tables(tables).take(pa.array(back, pa.int64()))


def _plain(table: Any) -> Any:
    """Without dictionaries, so that tables can be put together."""
    return table.cast(pa.schema(dict(SPAN_COLUMNS)))


def _received(rows: Sequence[Row]) -> DecodedSpans:
    """The spans of a request that these rows could have come by."""
    spans = DecodedSpans()
    scopes: dict[tuple[str | None, str | None], int] = {}
    every: list[dict[str, Any]] = []
    for row in rows:
        said = row["resource"], row["scope"]
        if said not in scopes:
            scopes[said] = len(spans.scopes)
            spans.scopes.append(_scope(*said))
        original = original_of(row)
        flags = [flag for flag in _json(row["flags"]) or () if flag not in DERIVED_FLAGS]
        spans.add(
            scopes[said],
            row["trace_id"],
            original.span_id,
            original.parent_span_id,
            original.name,
            row["kind"] or 0,
            row["start_ns"] or 0,
            row["end_ns"] or 0,
            original.status_code,
            original.status_message,
            row["trace_flags"] or 0,
            _json(row["events"]),
            _json(row["links"]),
            without_original(_json(row["extra"]) or {}) or None,
            flags or None,
        )
        attributes = _json(row["attributes"]) or {}
        for key, text in ((row["input_key"], row["input"]), (row["output_key"], row["output"])):
            if key is not None:
                attributes[key] = text
        every.append(attributes)
    spans.groups = group_rows(spans.scope, every)
    return spans


def _scope(resource: str | None, scope: str | None) -> Scope:
    made_by, scoped = _json(resource) or {}, _json(scope) or {}
    return Scope(
        made_by.get("attributes") or {},
        scoped.get("name") or "",
        scoped.get("version") or "",
        scoped.get("attributes") or {},
        made_by.get("schema_url") or "",
        scoped.get("schema_url") or "",
        made_by.get("dropped_attributes_count") or 0,
        scoped.get("dropped_attributes_count") or 0,
    )


def _json(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)
