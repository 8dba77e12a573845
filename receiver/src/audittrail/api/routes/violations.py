"""What broke a rule, and what people said of it."""

from __future__ import annotations

import time
import uuid
from typing import Annotated, Final, Literal

import orjson
from fastapi import APIRouter, Query
from starlette.responses import Response

from audittrail.api.dependencies import Person, ReaderDep, ServicesDep
from audittrail.api.finding import hex_id, trace_of
from audittrail.api.responses import Data, decode_cursor, encode_cursor, iso_time
from audittrail.api.schemas import DecisionsIn, TimeNs
from audittrail.api.violations import (
    excerpts,
    forms_of,
    present_decision,
    present_violation,
)
from audittrail.errors import InvalidInput, NotFound
from audittrail.storage import Decision, TraceReader, ViolationQuery

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["rules"])

_NO_VIOLATION: Final = "You have no violation with this id."
_MOST_BUCKETS: Final = 60

Severities = Annotated[list[Literal["info", "low", "medium", "high", "critical"]] | None, Query()]
Statuses = Annotated[list[Literal["open", "acknowledged", "waived", "withdrawn"]] | None, Query()]
Rules = Annotated[list[str] | None, Query(max_length=100)]
Limit = Annotated[int, Query(ge=1, le=1000)]


@router.get("/violations", summary="What broke a rule, newest first")
def list_violations(
    reader: ReaderDep,
    rule: Rules = None,
    severity: Severities = None,
    status: Statuses = None,
    agent: str | None = None,
    environment: str | None = None,
    trace: str | None = None,
    session: str | None = None,
    since: TimeNs | None = None,
    until: TimeNs | None = None,
    limit: Limit = 50,
    cursor: str | None = None,
) -> Response:
    """``open`` and ``acknowledged`` ones unless ``status`` says otherwise. ``time`` is that of
    what broke the rule. ``counts`` are of all pages: by rule, agent, severity and status."""
    after = decode_cursor(cursor)
    if after is not None and not isinstance(after[0], int):
        raise InvalidInput("cursor is not one of ours; leave it out to start.")
    query = ViolationQuery(
        rule_id=rule or (),
        severity=severity or (),
        status=status or ("open", "acknowledged"),
        agent_name=agent,
        environment=environment,
        trace_id=None if trace is None else hex_id(trace),
        session_id=session,
        since_ns=since,
        until_ns=until,
        limit=limit,
        after=after,
    )
    page = reader.list_violations(query)
    forms = forms_of(reader, page.rows)
    return Data(
        [present_violation(row, forms) for row in page.rows],
        next_cursor=encode_cursor(page.after),
    )


@router.get("/violations/summary", summary="Violations by rule, agent, severity and time")
def summary(
    reader: ReaderDep,
    rule: Rules = None,
    severity: Severities = None,
    status: Statuses = None,
    agent: str | None = None,
    environment: str | None = None,
    since: TimeNs | None = None,
    until: TimeNs | None = None,
) -> Response:
    """Each facet counts what all filters but its own let through. ``times`` are at most 60
    buckets from the first violation to the last."""
    given = {
        "rule_id": rule or (),
        "severity": severity or (),
        "status": status or ("open", "acknowledged"),
        "agent_name": agent,
        "environment": environment,
    }
    bounds = {"since_ns": since, "until_ns": until}

    def without(name: str) -> ViolationQuery:
        rest = {key: value for key, value in given.items() if key != name}
        return ViolationQuery(**rest, **bounds)  # type: ignore[arg-type]

    query = without("")
    low, high, total = reader.violation_extent(query)
    width = max(1, -(-(high - low + 1) // _MOST_BUCKETS))
    times = reader.violation_times(query, width) if total else []
    return Data(
        {
            "total": total,
            "rules": _told(reader, without("rule_id"), "rule_id"),
            "agents": _told(reader, without("agent_name"), "agent_name"),
            "severities": _told(reader, without("severity"), "severity"),
            "statuses": _told(reader, without("status"), "status"),
            "width_ms": width / 1e6,
            "times": [{"start": iso_time(start), "count": count} for start, count in times],
        }
    )


def _told(
    reader: TraceReader,
    query: ViolationQuery,
    by: Literal["rule_id", "agent_name", "severity", "status"],
) -> list[dict[str, object]]:
    return [{"value": value, "count": n} for value, n in reader.count_violations(query, by)]


@router.get("/violations/decisions", summary="Who acknowledged or waived what, and why")
def list_decisions(reader: ReaderDep, limit: Limit = 200) -> Response:
    """Newest first. They are kept when the trace is deleted."""
    return Data([present_decision(row) for row in reader.decisions(None, limit)], next_cursor=None)


@router.post("/violations/decisions", summary="Acknowledge, waive or reopen violations")
def decide(body: DecisionsIn, owner: Person, services: ServicesDep) -> Response:
    """``acknowledged``: seen, and it counts still. ``waived``: it is all right, and counts no
    longer. ``reopened`` takes either back. Yours is the name that is kept with it."""
    now = time.time_ns()
    who = services.accounts.user(owner).email
    decisions = [
        Decision(uuid.uuid4().hex, each, body.kind, body.reason.strip(), who, now)
        for each in dict.fromkeys(body.ids)
    ]
    count = services.store.violations.decide(owner, decisions)
    if not count:
        raise NotFound(_NO_VIOLATION)
    return Data({"decided": count})


@router.get("/violations/{violation_id}", summary="One violation, with all that it rests on")
def get_violation(violation_id: str, reader: ReaderDep) -> Response:
    """``rule`` is the rule as it was when this was judged, ``excerpts`` what was found with the
    text around it, ``decisions`` what people said, newest first."""
    row = reader.get_violation(violation_id)
    if row is None:
        raise NotFound(_NO_VIOLATION)
    text = reader.rule_text(row["rule_digest"])
    return Data(
        {
            **present_violation(row, forms_of(reader, [row])),
            "rule": None if text is None else orjson.loads(text),
            "excerpts": excerpts(reader, row),
            "decisions": [present_decision(each) for each in reader.decisions(row["id"], 100)],
        }
    )


@router.get("/traces/{trace_id}/violations", summary="The violations of a trace")
def of_trace(trace_id: str, reader: ReaderDep) -> Response:
    """All that are not withdrawn, with excerpts, the gravest rules first within a span."""
    trace = trace_of(reader, trace_id)
    rows = [
        row
        for row in reader.violations_of_traces([trace["trace_id"]])
        if row["status"] != "withdrawn"
    ]
    forms = forms_of(reader, rows)
    shown = []
    for row in rows:
        text = reader.rule_text(row["rule_digest"])
        rule = None if text is None else orjson.loads(text)
        shown.append(
            {**present_violation(row, forms), "rule": rule, "excerpts": excerpts(reader, row)}
        )
    return Data(shown, next_cursor=None)
