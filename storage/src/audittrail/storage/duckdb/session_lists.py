"""Reading one owner's sessions: the traces of one conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audittrail.storage.duckdb.filters import like
from audittrail.storage.duckdb.owned_cursor import OwnedCursor
from audittrail.storage.interface import Page, Row, SessionQuery

__all__ = ["SessionLists"]


class SessionLists(OwnedCursor):
    """The part of a reader that looks at sessions."""

    def list_sessions(self, query: SessionQuery) -> Page:
        having: list[str] = []
        values: dict[str, Any] = {}
        for condition, name, value in (
            ("last_ns >= $since", "since", query.since_ns),
            ("last_ns <= $until", "until", query.until_ns),
            ("session_id = $session_id", "session_id", query.session_id),
        ):
            if value is not None:
                having.append(condition)
                values[name] = value
        if query.text:
            having.append("(session_id ILIKE $text ESCAPE '\\' OR user_id ILIKE $text ESCAPE '\\')")
            values["text"] = like(query.text)
        if query.after is not None:
            having.append("(last_ns < $after OR (last_ns = $after AND session_id < $after_id))")
            values["after"], values["after_id"] = query.after
        sql = self._queries.list_sessions.format(
            conditions="".join(f"\n  AND {condition}" for condition in having)
        )
        idle = query.idle_before_ns
        rows = self._rows(sql, limit=query.limit + 1, idle_before=idle, **values)
        kept = rows[: query.limit]
        last = kept[-1] if len(rows) > query.limit else None
        return Page(kept, (last["last_ns"], last["session_id"]) if last else None)

    def session_traces(self, session_id: str, limit: int) -> Sequence[Row]:
        return self._rows(self._queries.session_traces, session_id=session_id, limit=limit)
