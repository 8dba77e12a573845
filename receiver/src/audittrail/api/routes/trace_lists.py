"""What a list of traces is shown with: their number over time, values to filter by, first words."""

from __future__ import annotations

import time
from typing import Annotated, Final, get_args

from fastapi import APIRouter, Query
from starlette.responses import Response

from audittrail.api.dependencies import ReaderDep, ServicesDep
from audittrail.api.filter_query import BadFilter, nearest, parse_filter
from audittrail.api.opening_words import asked_texts
from audittrail.api.responses import Data, iso_time
from audittrail.api.schemas import FilterText, TimeNs
from audittrail.errors import InvalidInput
from audittrail.receiver.ids import parse_trace_id
from audittrail.storage import TraceQuery, ValueKey

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/traces", tags=["traces"])

_KEYS: Final = get_args(ValueKey)
_LOOKED_AT: Final = 10_000
_MOST_IDS: Final = 200
_PREVIEW: Final = 200


@router.get("/histogram", summary="How many traces began when")
def histogram(
    reader: ReaderDep,
    services: ServicesDep,
    q: FilterText = None,
    since: TimeNs | None = None,
    until: TimeNs | None = None,
    buckets: Annotated[int, Query(ge=1, le=500)] = 60,
) -> Response:
    """Buckets of equal width from ``since`` to ``until``, or over the times of the traces that
    ``q`` finds. ``failed`` counts the traces whose root failed."""
    now = time.time_ns()
    query = TraceQuery(
        terms=parse_filter(q or "", now),
        since_ns=since,
        until_ns=until,
        idle_before_ns=now - services.idle_ns,
    )
    found = reader.trace_histogram(query, buckets)
    return Data(
        {
            "since": iso_time(found.since_ns),
            "until": iso_time(found.until_ns),
            "bucket_ms": found.width_ns / 1e6,
            "total": found.total,
            "buckets": [
                {"start": iso_time(start), "count": count, "failed": failed}
                for start, count, failed in found.buckets
            ],
        }
    )


@router.get("/values", summary="Values to filter by, the most frequent first")
def values(
    reader: ReaderDep,
    services: ServicesDep,
    key: str,
    prefix: Annotated[str, Query(max_length=200)] = "",
    q: FilterText = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 30,
) -> Response:
    """``count`` is in how many traces a value is, of the newest 10,000 that ``q`` finds."""
    wanted = next((each for each in _KEYS if each == key), None)
    if wanted is None:
        near = nearest(key, _KEYS)
        hint = f" Did you mean `{near}`?" if near else ""
        raise BadFilter(f"There are no values of `{key}` to choose from.{hint}", key, near)
    now = time.time_ns()
    query = TraceQuery(
        terms=parse_filter(q or "", now), idle_before_ns=now - services.idle_ns, limit=_LOOKED_AT
    )
    found = reader.trace_values(query, wanted, prefix, limit)
    return Data([{"value": value, "count": count} for value, count in found])


@router.get("/previews", summary="What these traces were asked")
def previews(reader: ReaderDep, ids: Annotated[str, Query(max_length=20_000)]) -> Response:
    """By trace id (``ids`` has commas between them, 200 at most): a user's first message as plain
    text, cut to 200 characters; null where none was recorded."""
    asked = [each for each in ids.split(",") if each]
    if len(asked) > _MOST_IDS:
        raise InvalidInput(f"Ask for {_MOST_IDS} traces at a time.", field="ids")
    plain = {}
    for each in asked:
        try:
            plain[each] = parse_trace_id(each).hex
        except InvalidInput:
            continue  # nobody has a trace by that name
    texts = asked_texts(reader.first_spans(list(plain.values())))
    return Data({each: _short(texts.get(plain.get(each, ""))) for each in asked})


def _short(text: str | None) -> str | None:
    if text is None:
        return None
    line = " ".join(text.split())
    return line if len(line) <= _PREVIEW else line[: _PREVIEW - 3] + "..."
