"""How the API's answers become rows of the tables."""

from __future__ import annotations

from typing import Any

from audittrail.dashboard import text

__all__ = ["span_rows", "trace_rows"]


def _tokens(holder: dict[str, Any]) -> str:
    if holder["tokens_in"] is None and holder["tokens_out"] is None:
        return "--"
    return f"{text.count(holder['tokens_in'])} / {text.count(holder['tokens_out'])}"


def trace_rows(traces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "id": trace["trace_id"],
            "status": trace["status"],
            "name": trace["name"] or "(no span yet)",
            "agent": trace["agent_name"] or trace["service_name"] or "--",
            "started": trace["start_time"],
            "duration": text.duration(trace["duration_ms"]),
            "spans": text.count(trace["span_count"]),
            "failed": text.count(trace["error_count"]) if trace["error_count"] else "",
            "tokens": _tokens(trace),
            "cost": text.cost(trace["cost"], trace["cost_source"], trace["unpriced_spans"]),
        }
        for trace in traces
    ]


def span_rows(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Depth first; spans whose parent is not here stand at the top level."""
    known = {span["span_id"] for span in spans}
    children: dict[str | None, list[dict[str, Any]]] = {}
    for span in spans:
        parent = span["parent_span_id"]
        children.setdefault(parent if parent in known else None, []).append(span)
    rows: list[dict[str, Any]] = []
    placed: set[str] = set()
    # Spans whose parents form a loop hang from no top-level span: they come last.
    for top in (*children.get(None, []), *spans):
        waiting = [(top, 0)]
        while waiting:
            span, depth = waiting.pop()
            if span["span_id"] not in placed:
                placed.add(span["span_id"])
                rows.append(_span_row(span, depth))
                below = children.get(span["span_id"], [])
                waiting += [(child, depth + 1) for child in reversed(below)]
    return rows


def _span_row(span: dict[str, Any], depth: int) -> dict[str, Any]:
    return {
        "id": span["span_id"],
        "name": "    " * min(depth, 12) + (span["name"] or "--"),
        "type": span["span_type"] or "custom",
        "status": span["status"],
        "duration": text.duration(span["duration_ms"]),
        "model": span["model"] or "",
        "tokens": _tokens(span),
        "cost": text.cost(span["cost"], span["cost_source"]),
    }
