"""What a span said where something else is shown of it.

A tool goes by its own name, a failure that only a dialect can tell becomes a status, a placeholder
stands for another span. What was sent is kept beside it, so the span can be given out as it came
and be mapped again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from audittrail.receiver.otlp.decoded import DecodedSpans

__all__ = ["Original", "keep_original", "original_of"]

Columns: TypeAlias = dict[str, Any]

_KEY: Final = "original"
_CODES: Final = {"ok": 1, "error": 2}
_ERROR: Final = 2


class Original(NamedTuple):
    """The fields of an OTLP span that may be shown otherwise."""

    span_id: str
    parent_span_id: str | None
    name: str
    status_code: int
    status_message: str


def keep_original(columns: Columns, spans: DecodedSpans) -> list[dict[str, Any] | None]:
    """``spans.extra``, with what the columns show otherwise."""
    extra = spans.extra
    for index in _shown_otherwise(columns, spans):
        shown: dict[str, Any] = {}
        if columns["name"][index] != spans.name[index]:
            shown["name"] = spans.name[index]
        failed = columns["status"][index] == "error"
        if failed and spans.status_code[index] != _ERROR:
            shown["status_code"] = spans.status_code[index]
        if (columns["status_message"][index] or "") != spans.status_message[index]:
            shown["status_message"] = spans.status_message[index]
        if columns["span_id"][index] != spans.span_id[index]:
            shown["span_id"] = spans.span_id[index]
            shown["parent_span_id"] = spans.parent_span_id[index]
        if shown:
            if extra is spans.extra:
                extra = list(extra)
            extra[index] = {**(extra[index] or {}), _KEY: shown}
    return extra


def _shown_otherwise(columns: Columns, spans: DecodedSpans) -> list[int]:
    """The places of spans that may differ; of most batches none does."""
    same_names = columns["name"] is spans.name and columns["span_id"] is spans.span_id
    if same_names and "error" not in columns["status"]:
        return []
    return list(range(len(spans)))


def original_of(row: Mapping[str, Any]) -> Original:
    """What was sent of a stored span."""
    extra = orjson.loads(row["extra"]) if row["extra"] else {}
    kept = extra.get(_KEY, {})
    return Original(
        span_id=kept.get("span_id", row["span_id"]),
        parent_span_id=kept.get("parent_span_id", row["parent_span_id"]),
        name=kept.get("name", row["name"]) or "",
        status_code=kept.get("status_code", _CODES.get(row["status"], 0)),
        status_message=kept.get("status_message", row["status_message"]) or "",
    )


def without_original(extra: dict[str, Any]) -> dict[str, Any]:
    """A stored ``extra`` as it was sent."""
    return {name: value for name, value in extra.items() if name != _KEY}
