"""Violations and rules as the JSON that clients get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import orjson

from audittrail.api.responses import iso_time
from audittrail.receiver.ids import as_sent
from audittrail.receiver.judged_texts import judged_texts
from audittrail.rules.enforcement.constitution import RuleSet
from audittrail.rules.evaluation.rule_files import Problem, SourcedRule
from audittrail.storage import SPAN_UUID, TRACE_UUID, Row, TraceReader

__all__ = [
    "excerpts",
    "forms_of",
    "present_decision",
    "present_problem",
    "present_rule",
    "present_violation",
    "span_marks",
]

Forms: TypeAlias = Mapping[str, tuple[int, Mapping[str, int]]]

_AS_IS: Final = (
    "id",
    "rule_id",
    "rule_digest",
    "title",
    "severity",
    "scope",
    "session_id",
    "agent_name",
    "environment",
    "message",
    "status",
    "decision_reason",
    "decided_by",
    "data_seq",
)
_DECISION: Final = (
    "id",
    "violation_id",
    "kind",
    "reason",
    "decided_by",
    "rule_id",
    "severity",
    "trace_id",
    "span_id",
    "session_id",
    "message",
)
_AROUND: Final = 80
_LONGEST_MATCH: Final = 400


def present_violation(row: Row, forms: Forms) -> dict[str, Any]:
    """A violation. ``forms`` tell, by trace, how its id and those of its spans were written."""
    form, spans = forms.get(row["trace_id"] or "", (0, {}))
    return {
        **{name: row[name] for name in _AS_IS},
        "trace_id": as_sent(row["trace_id"], form, TRACE_UUID),
        "span_id": as_sent(row["span_id"], spans.get(row["span_id"] or "", 0), SPAN_UUID),
        "witnesses": [
            as_sent(each, spans.get(each, 0), SPAN_UUID) if row["scope"] == "trace" else each
            for each in orjson.loads(row["witnesses"])
        ],
        "evidence": orjson.loads(row["evidence"]),
        "time": iso_time(row["at_ns"]),
        "found_at": iso_time(row["found_ns"]),
        "judged_at": iso_time(row["judged_ns"]),
        "decided_at": iso_time(row["decided_ns"]),
    }


def excerpts(reader: TraceReader, row: Row) -> list[dict[str, Any]]:
    """What was found, with the text around it, from the span as it is stored now; what is not
    there any more is left out."""
    evidence = orjson.loads(row["evidence"])
    if not evidence or row["trace_id"] is None or row["span_id"] is None:
        return []
    found = reader.spans(row["trace_id"], [row["span_id"]])
    if not found:
        return []
    trace = reader.get_trace(row["trace_id"]) or {}
    logs = reader.list_logs(row["trace_id"]) if trace.get("has_logs") else ()
    texts = dict(found[0])
    texts["input"], texts["output"] = judged_texts(found[0], logs)
    return [
        {
            "column": place["column"],
            "what": place["what"],
            "before": text[max(0, start - _AROUND) : start],
            "match": text[start : start + min(place["length"], _LONGEST_MATCH)],
            "after": text[start + place["length"] : start + place["length"] + _AROUND],
        }
        for place in evidence
        if isinstance(text := texts.get(place["column"]), str)
        and (start := place["start"]) + place["length"] <= len(text)
    ]


def present_rule(each: SourcedRule, rules: RuleSet, counts: Mapping[str, int]) -> dict[str, Any]:
    """A rule, where it is from, whether it is in force, and how many violations are open."""
    rule = each.rule
    return {
        **rule.model_dump(exclude={"examples"}),
        "digest": rule.digest,
        "own": rule.id in rules.own,
        "file": each.file,
        "line": each.line,
        "active": rule.id in rules.by_id,
        "switched_off": rule.id in rules.off,
        "open_violations": counts.get(rule.id, 0),
    }


def present_problem(problem: Problem) -> dict[str, Any]:
    return {**problem._asdict(), "text": str(problem)}


def present_decision(row: Row) -> dict[str, Any]:
    """A decision, with what it was about as it was then."""
    return {**{name: row[name] for name in _DECISION}, "decided_at": iso_time(row["decided_ns"])}


def forms_of(reader: TraceReader, rows: Sequence[Row]) -> dict[str, tuple[int, dict[str, int]]]:
    """How the ids that these violations name were written."""
    wanted: dict[str, set[str]] = {}
    for row in rows:
        if row["trace_id"] is not None:
            named = wanted.setdefault(row["trace_id"], set())
            named.update(orjson.loads(row["witnesses"]) if row["scope"] == "trace" else ())
            if row["span_id"] is not None:
                named.add(row["span_id"])
    return {trace_id: (form, spans) for trace_id, form, spans in reader.id_forms(wanted)}


def span_marks(rows: Sequence[Row], reader: TraceReader) -> dict[str, int]:
    """How many violations count at each span of a trace, by its id; in all, under an empty one."""
    counted = [row for row in rows if row["status"] in ("open", "acknowledged")]
    if not counted:
        return {}
    forms = forms_of(reader, counted)
    marks: dict[str, int] = {"": len(counted)}
    for row in counted:
        shown = present_violation(row, forms)
        for span_id in {shown["span_id"], *shown["witnesses"]} - {None}:
            marks[span_id] = marks.get(span_id, 0) + 1
    return marks
