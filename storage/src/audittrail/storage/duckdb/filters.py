"""From a TraceQuery to SQL conditions. Values are bound, never written into the text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from audittrail.storage.duckdb.trace_terms import Bind, term_conditions
from audittrail.storage.duckdb.words import words_of
from audittrail.storage.interface import SortKey, TraceQuery

__all__ = [
    "SORT_EXPRESSIONS",
    "STATUS_EXPRESSION",
    "begins_with",
    "like",
    "trace_filters",
]

_DURATION: Final = "(end_ns - start_ns)"

SORT_EXPRESSIONS: Final[Mapping[SortKey, str]] = {
    # A trace that has only been registered sorts by when that was.
    "start_time": "coalesce(start_ns, last_received_ns)",
    "duration": _DURATION,
    "cost": "cost",
    "tokens": "coalesce(tokens_in, 0) + coalesce(tokens_out, 0)",
    "span_count": "span_count",
    "error_count": "error_count",
}

# A running trace without news counts as incomplete (TraceQuery.idle_before_ns).
STATUS_EXPRESSION: Final = (
    "CASE WHEN state = 'running' AND last_received_ns < $idle_before THEN 'incomplete' "
    "ELSE state END"
)


def _literal(text: str) -> str:
    for special in ("\\", "%", "_"):
        text = text.replace(special, "\\" + special)
    return text


def like(text: str) -> str:
    """The pattern of what holds this text somewhere."""
    return f"%{_literal(text)}%"


def begins_with(text: str) -> str:
    return f"{_literal(text)}%"


def trace_filters(query: TraceQuery) -> tuple[list[str], dict[str, Any]]:
    """Conditions on a row of traces, to be joined by AND, and the values that they name."""
    where: list[str] = []
    values: dict[str, Any] = {}

    def compare(condition: str, name: str, value: object) -> None:
        if value is not None:
            where.append(condition)
            values[name] = value

    compare("agent_name = $agent_name", "agent_name", query.agent_name)
    compare("environment = $environment", "environment", query.environment)
    compare("session_id = $session_id", "session_id", query.session_id)
    compare("user_id = $user_id", "user_id", query.user_id)
    compare("list_contains(from_json(models, '[\"VARCHAR\"]'), $model)", "model", query.model)
    compare("cost >= $min_cost", "min_cost", query.min_cost)
    compare("cost <= $max_cost", "max_cost", query.max_cost)
    compare(f"{_DURATION} >= $min_ns", "min_ns", _to_ns(query.min_duration_ms))
    compare(f"{_DURATION} <= $max_ns", "max_ns", _to_ns(query.max_duration_ms))
    start = SORT_EXPRESSIONS["start_time"]
    compare(f"{start} >= $since", "since", query.since_ns)
    compare(f"{start} <= $until", "until", query.until_ns)
    if query.status:
        compare(f"list_contains($status, {STATUS_EXPRESSION})", "status", list(query.status))
        values["idle_before"] = query.idle_before_ns
    if query.has_violations is not None:
        where.append("violation_count > 0" if query.has_violations else "violation_count = 0")
    if query.text:
        bound: dict[str, object] = {}

        def bind(value: object) -> str:
            name = f"text{len(bound)}"
            bound[name] = value
            return f"${name}"

        where.append(_anywhere(query.text, bind))
        values |= bound
    if query.terms:
        conditions, named = term_conditions(query.terms, STATUS_EXPRESSION, _anywhere)
        where += conditions
        values |= named
        if any(term.key == "status" for term in query.terms):
            values["idle_before"] = query.idle_before_ns
    if query.after is not None:
        where.append(_continuation(query))
        values["after_id"] = query.after[1]
        if query.after[0] is not None:
            values["after_key"] = query.after[0]
    return where, values


def _anywhere(text: str, bind: Bind) -> str:
    """In a name, an id, an input or an output of a trace."""
    plain = bind(like(text))
    words, pattern = (bind(each) for each in words_of(text).values())
    return (
        f"(trace_id = lower(replace({bind(text)}, '-', '')) "
        f"OR name ILIKE {plain} ESCAPE '\\' OR session_id ILIKE {plain} ESCAPE '\\' "
        f"OR agent_name ILIKE {plain} ESCAPE '\\' "
        f"OR trace_id IN (FROM spans_matching($owner, {words}, {pattern})))"
    )


def _continuation(query: TraceQuery) -> str:
    """What comes after the cursor. Null keys come last in both directions."""
    assert query.after is not None
    key, sign = SORT_EXPRESSIONS[query.sort], "<" if query.descending else ">"
    if query.after[0] is None:
        return f"({key} IS NULL AND trace_id {sign} $after_id)"
    return (
        f"({key} {sign} $after_key OR {key} IS NULL "
        f"OR ({key} = $after_key AND trace_id {sign} $after_id))"
    )


def _to_ns(milliseconds: float | None) -> int | None:
    return None if milliseconds is None else round(milliseconds * 1e6)
