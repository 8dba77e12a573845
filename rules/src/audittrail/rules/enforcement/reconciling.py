"""From verdicts to what is stored: what is new, what differs, what holds no longer."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from audittrail.rules.evaluation.rule import Rule
from audittrail.rules.evaluation.verdict import Ruling, Verdict
from audittrail.storage import Row, ViolationRow

__all__ = ["Judged", "changes", "violation_id"]


def violation_id(verdict: Verdict) -> str:
    """The same for the same rule, span, trace and session."""
    parts = (verdict.rule_id, verdict.trace_id, verdict.span_id, verdict.session_id)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


class Judged:
    """What was judged: whole traces or some of their spans, sessions, and their facts by id."""

    def __init__(
        self,
        traces: Mapping[str, Row],
        sessions: Collection[str],
        spans: Mapping[tuple[str, str], Row],
        whole: Collection[str],
    ) -> None:
        self.traces = traces
        self.sessions = sessions
        self.spans = spans
        self.whole = whole

    def covers(self, row: Row, judged_trace_rules: Collection[str]) -> bool:
        """Whether a stored violation would have been found again."""
        if row["scope"] == "session":
            return row["session_id"] in self.sessions
        if row["scope"] == "trace":
            return row["trace_id"] in self.traces and row["rule_id"] in judged_trace_rules
        if row["trace_id"] in self.whole:
            return True
        return (row["trace_id"], row["span_id"]) in self.spans


def changes(
    ruling: Ruling,
    judged: Judged,
    rules: Mapping[str, Rule],
    trace_rules: Mapping[str, Collection[str]],
    stored: Sequence[Row],
    left_out: Collection[str] = (),
) -> list[ViolationRow]:
    """The rows to add. ``trace_rules`` are by trace the trace rules that it was judged by; what is
    ``stored`` and was not judged now, or whose rule failed or was ``left_out``, stays as it is."""
    failed = {failure.rule_id for failure in ruling.failures} | set(left_out)
    now = time.time_ns()
    found = {violation_id(verdict): verdict for verdict in ruling.verdicts}
    before = {row["id"]: row for row in stored}
    rows = []
    for identity, verdict in found.items():
        rule = rules.get(verdict.rule_id)
        if rule is None:
            continue
        row = _row(identity, verdict, rule, judged, now)
        if _differs(row, before.get(identity)):
            rows.append(row)
    for identity, old in before.items():
        if identity in found or old["state"] == "withdrawn" or old["rule_id"] in failed:
            continue
        if old["rule_id"] in rules and judged.covers(old, trace_rules.get(old["trace_id"], ())):
            kept = {name: old[name] for name in ViolationRow._fields}
            rows.append(ViolationRow(**{**kept, "state": "withdrawn", "judged_ns": now}))
    return rows


def _row(identity: str, verdict: Verdict, rule: Rule, judged: Judged, now: int) -> ViolationRow:
    trace = judged.traces.get(verdict.trace_id or "", {})
    span = judged.spans.get((verdict.trace_id or "", verdict.span_id or ""), {})
    about: dict[str, Any] = span or trace
    return ViolationRow(
        id=identity,
        rule_id=rule.id,
        rule_digest=rule.digest,
        title=rule.title,
        severity=rule.severity,
        scope=rule.scope,
        trace_id=verdict.trace_id,
        span_id=verdict.span_id,
        session_id=verdict.session_id or trace.get("session_id"),
        agent_name=about.get("agent_name") or trace.get("agent_name"),
        environment=about.get("environment") or trace.get("environment"),
        message=rule.filled(verdict.values),
        evidence=json.dumps(verdict.evidence),
        witnesses=json.dumps(verdict.witnesses),
        at_ns=about.get("start_ns") or trace.get("last_received_ns") or now,
        judged_ns=now,
        data_seq=about.get("seq") or trace.get("seq") or 0,
        state="open",
    )


def _differs(new: ViolationRow, old: Row | None) -> bool:
    """Whether there is more to say than that it is still so: not by when it was judged."""
    if old is None or old["state"] != "open":
        return True
    ignored = ("judged_ns", "data_seq", "at_ns")
    return any(value != old[name] for name, value in new._asdict().items() if name not in ignored)
