"""One trace: its figures, its spans as a tree, and all that is known of the selected one."""

from __future__ import annotations

import json
from typing import Any, Final

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from audittrail.dashboard import text
from audittrail.dashboard.client import ApiClient, ApiError
from audittrail.dashboard.grid import SPAN_COLUMNS, grid
from audittrail.dashboard.pages.session import current_token
from audittrail.dashboard.tables import span_rows

__all__ = ["layout", "register"]

_REFRESH_MS: Final = 1000
_SETTLED: Final = ("complete", "error", "incomplete")


def layout(trace_id: str) -> Any:
    return html.Div(
        [
            dcc.Interval(id="trace-tick", interval=_REFRESH_MS),
            dcc.Store(id="trace-id", data=trace_id),
            dmc.Title("Trace", id="trace-title", order=3, mt="sm"),
            dmc.Text(trace_id, c="dimmed", ff="monospace", size="sm"),
            dmc.Text(id="trace-figures", my="sm"),
            html.Div(id="trace-problem", className="problem", role="alert"),
            grid("spans", SPAN_COLUMNS, "420px"),
            html.P("Select a span to see all that is known of it.", id="span-hint"),
            dmc.Code(id="span", block=True, mt="sm", display="none"),
        ]
    )


def register(app: Dash, api: ApiClient) -> None:
    @app.callback(
        Output("spans", "rowData"),
        Output("trace-title", "children"),
        Output("trace-figures", "children"),
        Output("trace-problem", "children"),
        Output("at", "href", allow_duplicate=True),
        Input("trace-tick", "n_intervals"),
        State("trace-id", "data"),
        State("trace-figures", "children"),
        prevent_initial_call="initial_duplicate",
    )
    async def refresh(_: int | None, trace_id: str, shown: str | None) -> Any:
        try:
            trace = await api.trace(current_token(), trace_id)
            figures = _figures(trace)
            if figures == shown and trace["status"] in _SETTLED:
                return no_update, no_update, no_update, "", no_update
            rows = span_rows(await api.spans(current_token(), trace_id))
        except ApiError as error:
            if error.status == 401:
                return no_update, no_update, no_update, no_update, "/login"
            return no_update, no_update, no_update, str(error), no_update
        return rows, trace["name"] or "(no span yet)", figures, "", no_update

    @app.callback(
        Output("span", "children"),
        Output("span", "display"),
        Output("span-hint", "hidden"),
        Input("spans", "selectedRows"),
        State("trace-id", "data"),
        prevent_initial_call=True,
    )
    async def show_span(selected: list[dict[str, Any]] | None, trace_id: str) -> Any:
        if not selected:
            return no_update, "none", False
        try:
            span = await api.span(current_token(), trace_id, selected[0]["id"])
        except ApiError as error:
            return str(error), "block", True
        return json.dumps(span, indent=2, ensure_ascii=False), "block", True


def _figures(trace: dict[str, Any]) -> str:
    parts = [
        trace["status"],
        "1 span" if trace["span_count"] == 1 else f"{trace['span_count']:,} spans",
        f"{trace['error_count']:,} failed" if trace["error_count"] else "",
        text.duration(trace["duration_ms"]),
        f"tokens {text.count(trace['tokens_in'])} in / {text.count(trace['tokens_out'])} out",
        f"cost {text.cost(trace['cost'], trace['cost_source'], trace['unpriced_spans'])}",
    ]
    return " · ".join(part for part in parts if part)
