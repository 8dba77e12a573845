"""The list of traces, newest first, refreshed while it is looked at."""

from __future__ import annotations

from typing import Any, Final

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html, no_update

from audittrail.dashboard.client import ApiClient, ApiError
from audittrail.dashboard.grid import TRACE_COLUMNS, grid
from audittrail.dashboard.pages.session import current_token
from audittrail.dashboard.tables import trace_rows

__all__ = ["layout", "register"]

_REFRESH_MS: Final = 1000
_EXPORTER: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318\nOTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
)
_KEY: Final = '\nOTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer%20sk-at-..."'


def layout(*, local: bool) -> Any:
    return html.Div(
        [
            dcc.Interval(id="traces-tick", interval=_REFRESH_MS),
            dmc.Title("Traces", order=3, my="sm"),
            html.Div(id="traces-problem", className="problem", role="alert"),
            html.Div(_how_to_send(local), id="traces-empty", hidden=True),
            html.Div(grid("traces", TRACE_COLUMNS, "calc(100vh - 9rem)"), id="traces-some"),
        ]
    )


def _how_to_send(local: bool) -> list[Any]:
    """What to do when there is nothing yet."""
    how = [
        dmc.Text("No traces yet. Start an agent with these settings:", my="sm"),
        dmc.CodeHighlight(
            code=_EXPORTER if local else _EXPORTER + _KEY,
            language="bash",
            copyLabel="Copy",
        ),
    ]
    if not local:
        how.append(
            dmc.Text(
                ["An API key is made by ", dmc.Code("audittrail key create"), " on the server, "
                 "or by POST /api/v1/api-keys with your login."],
                my="sm",
            )
        )  # fmt: skip
    how.append(dmc.Text(["Or look at an example: ", dmc.Code("audittrail demo")], my="sm"))
    return how


def register(app: Dash, api: ApiClient) -> None:
    @app.callback(
        Output("traces", "rowData"),
        Output("traces-empty", "hidden"),
        Output("traces-some", "hidden"),
        Output("traces-problem", "children"),
        Output("at", "href"),
        Input("traces-tick", "n_intervals"),
    )
    async def refresh(_: int | None) -> Any:
        try:
            rows = trace_rows(await api.traces(current_token()))
        except ApiError as error:
            if error.status == 401:
                return no_update, no_update, no_update, no_update, "/login"
            return no_update, no_update, no_update, str(error), no_update
        return rows, bool(rows), not rows, "", no_update
