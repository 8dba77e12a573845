"""What an alert says. Never what was found in a text: alerts go to places where others read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from audittrail.storage import ViolationRow

__all__ = ["alert_body", "test_body"]

_MARKS: Final = {
    "critical": ":red_circle:",
    "high": ":large_orange_circle:",
    "medium": ":large_yellow_circle:",
}


def alert_body(form: str, rows: Sequence[ViolationRow], dashboard_url: str) -> str:
    """One alert of all of ``rows``, which are of one rule and one trace or session."""
    first = rows[0]
    url = _address(first, dashboard_url)
    if form == "slack":
        return json.dumps(_slack(first, len(rows), url))
    data = {
        "count": len(rows),
        "violation_ids": [row.id for row in rows],
        "rule_id": first.rule_id,
        "title": first.title,
        "severity": first.severity,
        "scope": first.scope,
        "message": first.message,
        "trace_id": first.trace_id,
        "span_id": first.span_id,
        "session_id": first.session_id,
        "agent_name": first.agent_name,
        "environment": first.environment,
        "time": _iso(first.at_ns),
        "url": url,
    }
    return json.dumps(
        {"type": "violation.opened", "timestamp": _iso(first.judged_ns), "data": data}
    )


def test_body(form: str, now_ns: int) -> str:
    """An alert by which somebody sees that alerts arrive."""
    text = "A test from AuditTrail: alerts of violations arrive here."
    if form == "slack":
        return json.dumps({"text": text})
    return json.dumps({"type": "test", "timestamp": _iso(now_ns), "data": {"message": text}})


def _address(row: ViolationRow, dashboard_url: str) -> str:
    base = dashboard_url.rstrip("/")
    if row.trace_id is None:
        return f"{base}/sessions/{quote(row.session_id or '', safe='')}"
    span = f"?span={row.span_id}" if row.span_id else ""
    return f"{base}/traces/{row.trace_id}{span}"


def _slack(row: ViolationRow, count: int, url: str) -> dict[str, Any]:
    """For incoming webhooks of Slack and of what understands the same (Mattermost, Discord's
    ``/slack``)."""
    times = f" ({count} times)" if count > 1 else ""
    title = f"{row.severity.upper()}: {_plain(row.title)}{times}"
    about = [_plain(part) for part in (row.agent_name, row.environment) if part]
    lines = [f"*{title}*", _plain(row.message), f"<{url}|Open in AuditTrail>"]
    if about:
        lines.insert(2, " · ".join(about))
    text = "\n".join(lines)
    mark = _MARKS.get(row.severity, ":white_circle:")
    block = {"type": "section", "text": {"type": "mrkdwn", "text": f"{mark} {text}"[:3000]}}
    return {"text": f"{title}: {_plain(row.message)}", "blocks": [block]}


def _plain(text: str) -> str:
    """Slack reads three characters as its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _iso(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat().replace("+00:00", "Z")
