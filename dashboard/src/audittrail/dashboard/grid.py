"""Tables that keep their place while their rows are refreshed."""

from __future__ import annotations

from typing import Any, Final

import dash_ag_grid as dag

__all__ = ["SPAN_COLUMNS", "TRACE_COLUMNS", "grid"]

_STATUS: Final[dict[str, Any]] = {
    "field": "status",
    "width": 130,
    "cellClassRules": {
        f"status-{status}": f"params.value == '{status}'"
        for status in ("running", "complete", "ok", "error", "incomplete")
    },
}


def _number(field: str, width: int, **more: Any) -> dict[str, Any]:
    return {
        "field": field,
        "width": width,
        "cellClass": "number",
        "headerClass": "ag-right-aligned-header",
    } | more


_TOKENS: Final = _number("tokens", 150, headerName="Tokens in / out")
_COST: Final = _number("cost", 190, headerName="Cost (USD)")

TRACE_COLUMNS: Final[list[dict[str, Any]]] = [
    _STATUS,
    {"field": "name", "flex": 1, "minWidth": 200, "cellRenderer": "TraceLink"},
    {"field": "agent", "width": 140},
    {
        "field": "started",
        "width": 190,
        "valueFormatter": {"function": "localTime(params.value)"},
        "tooltipField": "started",
    },
    _number("duration", 110),
    _number("spans", 80),
    _number("failed", 80),
    _TOKENS,
    _COST,
]
SPAN_COLUMNS: Final[list[dict[str, Any]]] = [
    {"field": "name", "flex": 1, "minWidth": 260, "cellStyle": {"whiteSpace": "pre"}},
    {"field": "type", "width": 110},
    _STATUS,
    _number("duration", 110),
    {"field": "model", "width": 200},
    _TOKENS,
    _COST,
]


def grid(name: str, columns: list[dict[str, Any]], height: str) -> Any:
    """Rows have an ``id``; the id of the selected one is in ``selectedRows``."""
    return dag.AgGrid(
        id=name,
        className="grid",
        columnDefs=columns,
        rowData=[],
        getRowId="params.data.id",
        dashGridOptions={
            "rowSelection": {
                "mode": "singleRow",
                "checkboxes": False,
                "enableClickSelection": True,
            },
            "tooltipShowDelay": 200,
        },
        style={"height": height},
    )
