"""What a judge says of data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from audittrail.rules.evaluation.rule import Rule

__all__ = ["Docket", "Failure", "Ruling", "Verdict", "docket_of"]


class Docket(NamedTuple):
    """A rule in the form that a judge needs: SQL of our own and nothing else; plain data, to be
    sent to another process. ``needs`` are the raw columns of spans that it reads; ``signs`` pairs
    of a column and a pattern that is looked for in it."""

    rule_id: str
    scope: str
    condition: str
    environments: list[str]
    while_running: bool
    aggregates: list[str]
    witnesses: list[str | None]
    evidence: list[tuple[str, str]]
    places: list[str]
    repeats: bool
    needs: list[str]
    signs: list[tuple[str, str]]


class Verdict(NamedTuple):
    """A rule that is broken. ``evidence``: dictionaries of column, start, length (in characters)
    and what; ``witnesses``: ids of the spans (of a session: traces) that break a trace's rule;
    ``values``: for the places of the rule's message."""

    rule_id: str
    trace_id: str | None
    span_id: str | None
    session_id: str | None
    evidence: list[dict[str, Any]]
    witnesses: list[str]
    values: list[Any]


class Failure(NamedTuple):
    """A rule that could not be judged, and why."""

    rule_id: str
    reason: str


class Ruling(NamedTuple):
    verdicts: Sequence[Verdict]
    failures: Sequence[Failure]


def docket_of(rule: Rule) -> Docket:
    """A rule for the judge."""
    found, places = rule.compiled()
    return Docket(
        rule.id,
        rule.scope,
        found.sql,
        list(rule.environments),
        rule.while_running,
        found.aggregates,
        found.witnesses,
        found.evidence,
        places,
        "repeat_number" in found.needs.get("span", ()),
        sorted(found.needs.get("span", ())),
        found.signs,
    )
