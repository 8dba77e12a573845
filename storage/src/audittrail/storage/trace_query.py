"""What is asked of many traces at once, and in what the answers come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from audittrail.storage.terms import Term

__all__ = ["Histogram", "Page", "Row", "SessionQuery", "SortKey", "TraceQuery", "ValueKey"]

Row: TypeAlias = dict[str, Any]
SortKey: TypeAlias = Literal[
    "start_time", "duration", "cost", "tokens", "span_count", "error_count"
]

ValueKey: TypeAlias = Literal[
    "status", "service", "session", "user", "env", "agent", "model", "type", "tool", "name"
]


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """Which traces, and in what order. Bounds are inclusive; None means any."""

    status: Sequence[str] = ()
    agent_name: str | None = None
    environment: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    model: str | None = None
    min_cost: float | None = None
    max_cost: float | None = None
    min_duration_ms: float | None = None
    max_duration_ms: float | None = None
    has_violations: bool | None = None
    text: str | None = None
    terms: Sequence[Term] = ()
    since_ns: int | None = None
    until_ns: int | None = None
    sort: SortKey = "start_time"
    descending: bool = True
    limit: int = 50
    after: tuple[float | int | None, str] | None = None
    idle_before_ns: int = 0


@dataclass(frozen=True, slots=True)
class SessionQuery:
    """Which sessions, the last used first. Bounds are inclusive; None means any."""

    session_id: str | None = None
    text: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None
    limit: int = 50
    after: tuple[float | int | None, str] | None = None
    idle_before_ns: int = 0


class Histogram(NamedTuple):
    """Traces by when they began. ``buckets`` are (start in ns, traces, failed ones) and
    ``width_ns`` wide; without a trace there is none."""

    since_ns: int | None
    until_ns: int | None
    width_ns: int
    total: int
    buckets: Sequence[tuple[int, int, int]]


class Page(NamedTuple):
    """``after`` continues the list; None at its end."""

    rows: Sequence[Row]
    after: tuple[Any, str] | None
