"""Sessions: the traces of one conversation."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from audittrail.api.dependencies import ReaderDep, ServicesDep
from audittrail.api.opening_words import answer_text, asked_text
from audittrail.api.presenting import present_trace
from audittrail.api.responses import Data, decode_cursor, encode_cursor, iso_time
from audittrail.api.schemas import TimeNs
from audittrail.errors import NotFound
from audittrail.receiver.mapping.conversation import content_of
from audittrail.storage import Row, SessionQuery

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/sessions", tags=["sessions"])

_TURNS: Final = 200
_LONGEST: Final = 4000
_AS_IS: Final = (
    "session_id",
    "user_id",
    "trace_count",
    "tokens_in",
    "tokens_out",
    "cost",
    "cost_source",
    "unpriced_spans",
    "failed_traces",
    "running_traces",
)


@router.get("", summary="Your sessions, the last used first")
def list_sessions(
    reader: ReaderDep,
    services: ServicesDep,
    text: Annotated[str | None, Query(max_length=200)] = None,
    since: TimeNs | None = None,
    until: TimeNs | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    cursor: str | None = None,
) -> Response:
    """``text`` looks into session and user ids; ``since`` and ``until`` are about ``last_time``.
    ``duration_ms`` is the sum of the traces' durations."""
    page = reader.list_sessions(
        SessionQuery(
            text=text,
            since_ns=since,
            until_ns=until,
            limit=limit,
            after=decode_cursor(cursor),
            idle_before_ns=time.time_ns() - services.idle_ns,
        )
    )
    return Data([_present(row) for row in page.rows], next_cursor=encode_cursor(page.after))


@router.get("/{session_id:path}", summary="A session, turn by turn")
def get_session(session_id: str, reader: ReaderDep, services: ServicesDep) -> Response:
    """The figures of the list, and ``turns``: the traces by time, the first 200 (``more`` says
    whether there are others), each with what was asked and answered as plain text, null where it
    was not recorded, cut to 4,000 characters."""
    idle_before = time.time_ns() - services.idle_ns
    query = SessionQuery(session_id=session_id, limit=1, idle_before_ns=idle_before)
    found = reader.list_sessions(query).rows
    if not found:
        raise NotFound("You have no session with this id.")
    traces = reader.session_traces(session_id, _TURNS + 1)
    shown = traces[:_TURNS]
    told = _words(reader.first_spans([row["trace_id"] for row in shown]))
    turns = []
    for row in shown:
        asked, answered = told.get(row["trace_id"], (None, None))
        turns.append({"trace": present_trace(row, idle_before), "input": asked, "output": answered})
    return Data({**_present(found[0]), "turns": turns, "more": len(traces) > _TURNS})


def _present(row: Row) -> dict[str, Any]:
    duration = row["duration_ns"]
    return {
        **{name: row[name] for name in _AS_IS},
        "first_time": iso_time(row["first_ns"]),
        "last_time": iso_time(row["last_ns"]),
        "duration_ms": None if duration is None else duration / 1e6,
    }


def _words(rows: Sequence[Row]) -> dict[str, tuple[str | None, str | None]]:
    """By trace: what was asked and answered, each from the first row that says it."""
    told: dict[str, tuple[str | None, str | None]] = {}
    for row in rows:
        given, returned = content_of(row, ())
        asked, answered = told.get(row["trace_id"], (None, None))
        told[row["trace_id"]] = (
            asked or _cut(asked_text(given, last=True)),
            answered or _cut(answer_text(returned)),
        )
    return told


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
