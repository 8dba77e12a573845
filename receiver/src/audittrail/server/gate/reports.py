"""What a check found: as a table, as JUnit XML, as SARIF.

JUnit as CI servers read it (a test case a rule); SARIF 2.1.0 (OASIS), for code scanning.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote
from xml.etree import ElementTree as ET

from rich.markup import escape
from rich.table import Table

from audittrail.rules.severity import SEVERITIES, at_least
from audittrail.server.gate.checking import Checked
from audittrail.server.words import counted
from audittrail.storage import ViolationRow

__all__ = ["junit", "sarif", "table"]

_COLOURS: Final = {"critical": "bold red", "high": "red", "medium": "yellow"}
_LEVELS: Final = {"critical": "error", "high": "error", "medium": "warning"}
# GitHub reads a number from this property; the scale is CVSS's.
_SCORES: Final = {"critical": "9.5", "high": "8.0", "medium": "5.0", "low": "3.0", "info": "0.0"}


def _sorted(rows: Sequence[ViolationRow]) -> list[ViolationRow]:
    ranks = {severity: place for place, severity in enumerate(reversed(SEVERITIES))}
    return sorted(rows, key=lambda row: (ranks[row.severity], row.rule_id, row.trace_id or ""))  # type: ignore[index]


def table(checked: Checked) -> Table:
    """A row a violation, the gravest first."""
    shown = Table(box=None, pad_edge=False)
    for name in ("Severity", "Rule", "Trace", "Span", "What"):
        shown.add_column(name, overflow="fold", no_wrap=name in ("Severity", "Rule"))
    for row in _sorted(checked.violations):
        colour = _COLOURS.get(row.severity, "dim")
        shown.add_row(
            f"[{colour}]{row.severity}[/{colour}]",
            row.rule_id,
            (row.trace_id or row.session_id or "")[:12],
            row.span_id or "",
            escape(row.message),
        )
    return shown


def junit(checked: Checked, least: str) -> str:
    """Rules at or above ``least`` fail; what is below is told in the output of its test case."""
    suite = ET.Element("testsuite", name="audittrail", tests=str(len(checked.rules)))
    failed = 0
    errors = {failure.rule_id: failure.reason for failure in checked.failures}
    for rule in checked.rules:
        case = ET.SubElement(suite, "testcase", classname=f"audittrail.{rule.scope}", name=rule.id)
        rows = [row for row in checked.violations if row.rule_id == rule.id]
        text = "\n".join(_line(checked, row) for row in rows)
        if rule.id in errors:
            ET.SubElement(case, "error", message=_clean(errors[rule.id]))
        elif rows and at_least(rule.severity, least):
            failed += 1
            told = f"{rule.title}: {counted(len(rows), 'violation')}"
            ET.SubElement(case, "failure", message=told, type=rule.severity).text = _clean(text)
        elif rows:
            ET.SubElement(case, "system-out").text = _clean(text)
    suite.set("failures", str(failed))
    suite.set("errors", str(len(errors)))
    ET.indent(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suite, "unicode") + "\n"


def _line(checked: Checked, row: ViolationRow) -> str:
    where = row.trace_id or row.session_id or ""
    file = checked.files.get(row.trace_id or "", "")
    places = [file, where, row.span_id or ""]
    return f"{' '.join(place for place in places if place)}: {row.message}"


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(
        each for each in text if each in "\n\t" or " " <= each < "\ud800" or each > "\udfff"
    )


def sarif(checked: Checked, version: str) -> str:
    """One run; a result a violation."""
    places = {rule.id: place for place, rule in enumerate(checked.rules)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "AuditTrail",
                "version": version,
                "rules": [
                    {
                        "id": rule.id,
                        "name": rule.title,
                        "shortDescription": {"text": rule.title},
                        "fullDescription": {"text": rule.description or rule.title},
                        "help": {"text": f"{rule.description or rule.title}\n\nwhen: {rule.when}"},
                        "defaultConfiguration": {"level": _LEVELS.get(rule.severity, "note")},
                        "properties": {
                            "tags": rule.tags,
                            "security-severity": _SCORES[rule.severity],
                        },
                    }
                    for rule in checked.rules
                ],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not checked.failures,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": f"{each.rule_id}: {each.reason}"}}
                    for each in checked.failures
                ],
            }
        ],
        "results": [
            _result(checked, row, places[row.rule_id]) for row in _sorted(checked.violations)
        ],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(checked: Checked, row: ViolationRow, place: int) -> dict[str, Any]:
    names = [("trace", row.trace_id), ("span", row.span_id), ("session", row.session_id)]
    location: dict[str, Any] = {
        "logicalLocations": [
            {"name": value, "kind": kind, "fullyQualifiedName": f"{kind}/{value}"}
            for kind, value in names
            if value is not None
        ]
    }
    file = checked.files.get(row.trace_id or "")
    if file is not None:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": quote(file.replace("\\", "/"), errors="surrogateescape")},
            "region": {"startLine": 1},
        }
    return {
        "ruleId": row.rule_id,
        "ruleIndex": place,
        "level": _LEVELS.get(row.severity, "note"),
        "message": {"text": row.message},
        "locations": [location],
        "partialFingerprints": {"violation/v1": row.id},
    }
