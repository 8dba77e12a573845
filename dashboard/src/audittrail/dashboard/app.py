"""The Dash app: a list of traces and the spans of one, refreshed while they run."""

from __future__ import annotations

import json
from typing import Any, Final, cast

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from fastapi import FastAPI

from audittrail.dashboard import text
from audittrail.dashboard.client import ApiClient, ApiError
from audittrail.dashboard.session import COOKIE, add_session_routes
from audittrail.dashboard.tables import SPAN_COLUMNS, TRACE_COLUMNS, span_rows, trace_rows

__all__ = ["create_dashboard"]

_REFRESH_MS: Final = 1000
_SETTLED: Final = ("complete", "error", "incomplete")
_HOW_TO_SEND: Final = (
    "No traces yet. Point an OTLP exporter here:\n\n"
    "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318\n"
    "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\n"
    'OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer sk-at-..."  (not in local mode)'
)


def create_dashboard(api: ApiClient) -> FastAPI:
    """An ASGI app. Nothing is shared between two of them."""
    server = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    add_session_routes(server, api)
    app = Dash(
        server=cast(Any, server),  # annotated for Flask alone; any ASGI app will do
        title="AuditTrail",
        update_title="",
        pages_folder="",
        use_pages=False,
        suppress_callback_exceptions=True,
    )
    app.layout = _layout()
    _register(app, api)
    return server


def _layout() -> Any:
    return dmc.MantineProvider(
        defaultColorScheme="auto",
        children=[
            dcc.Location(id="at"),
            dcc.Interval(id="tick", interval=_REFRESH_MS),
            dcc.Store(id="showing"),
            dmc.Container(
                size="xl",
                py="md",
                children=[
                    dmc.Group(
                        justify="space-between",
                        children=[
                            dcc.Link(dmc.Title("AuditTrail", order=2), href="/"),
                            html.A("Sign out", href="/logout"),
                        ],
                    ),
                    dmc.Text(id="problem", c="red"),
                    html.Div(id="page"),
                ],
            ),
        ],
    )


def _list_page() -> Any:
    return html.Div(
        [
            dmc.Title("Traces", order=3, my="sm"),
            dmc.Code(_HOW_TO_SEND, block=True, id="empty", display="none"),
            _grid("traces", TRACE_COLUMNS, "600px"),
        ]
    )


def _trace_page(trace_id: str) -> Any:
    return html.Div(
        [
            dmc.Title(id="trace-title", order=3, my="sm"),
            dmc.Text(trace_id, c="dimmed", ff="monospace"),
            dmc.Text(id="trace-figures", my="sm"),
            _grid("spans", SPAN_COLUMNS, "420px"),
            dmc.Code("Select a span to see it.", id="span", block=True, mt="sm"),
        ]
    )


def _grid(name: str, columns: list[dict[str, Any]], height: str) -> Any:
    return dag.AgGrid(
        id=name,
        columnDefs=columns,
        rowData=[],
        getRowId="params.data.id",
        dashGridOptions={"rowSelection": {"mode": "singleRow", "checkboxes": False}},
        style={"height": height},
    )


def _register(app: Dash, api: ApiClient) -> None:
    @app.callback(Output("page", "children"), Output("showing", "data"), Input("at", "pathname"))
    def show(pathname: str | None) -> Any:
        parts = (pathname or "/").strip("/").split("/")
        if len(parts) == 2 and parts[0] == "traces":
            return _trace_page(parts[1]), parts[1]
        return _list_page(), None

    @app.callback(
        Output("traces", "rowData"),
        Output("empty", "display"),
        Output("problem", "children"),
        Output("at", "href"),
        Input("tick", "n_intervals"),
        State("showing", "data"),
    )
    async def refresh_list(_: int | None, trace_id: str | None) -> Any:
        if trace_id is not None:
            return no_update, no_update, no_update, no_update
        try:
            rows = trace_rows(await api.traces(_token()))
        except ApiError as error:
            if error.status == 401:
                return no_update, no_update, no_update, "/login"
            return no_update, no_update, str(error), no_update
        return rows, "none" if rows else "block", "", no_update

    @app.callback(
        Output("at", "pathname"),
        Input("traces", "selectedRows"),
        prevent_initial_call=True,
    )
    def open_trace(selected: list[dict[str, Any]] | None) -> Any:
        return f"/traces/{selected[0]['id']}" if selected else no_update

    @app.callback(
        Output("spans", "rowData"),
        Output("trace-title", "children"),
        Output("trace-figures", "children"),
        Input("tick", "n_intervals"),
        State("showing", "data"),
        State("trace-figures", "children"),
    )
    async def refresh_trace(_: int | None, trace_id: str | None, shown: str | None) -> Any:
        if trace_id is None:
            return no_update, no_update, no_update
        try:
            trace = await api.trace(_token(), trace_id)
            figures = _figures(trace)
            if figures == shown and trace["status"] in _SETTLED:
                return no_update, no_update, no_update
            return span_rows(await api.spans(_token(), trace_id)), trace["name"], figures
        except ApiError as error:
            return [], "Trace", str(error)

    @app.callback(
        Output("span", "children"),
        Input("spans", "selectedRows"),
        State("showing", "data"),
        prevent_initial_call=True,
    )
    async def show_span(selected: list[dict[str, Any]] | None, trace_id: str | None) -> Any:
        if not selected or trace_id is None:
            return no_update
        try:
            span = await api.span(_token(), trace_id, selected[0]["id"])
        except ApiError as error:
            return str(error)
        return json.dumps(span, indent=2, ensure_ascii=False)


def _token() -> str | None:
    token: str | None = ctx.cookies.get(COOKIE)
    return token


def _figures(trace: dict[str, Any]) -> str:
    parts = [
        trace["status"],
        f"{trace['span_count']:,} spans",
        f"{trace['error_count']:,} failed" if trace["error_count"] else "",
        text.duration(trace["duration_ms"]),
        f"tokens {text.count(trace['tokens_in'])} in / {text.count(trace['tokens_out'])} out",
        f"cost {text.cost(trace['cost'], trace['cost_source'], trace['unpriced_spans'])}",
    ]
    return " · ".join(part for part in parts if part)
