"""The Dash app: which page is shown, and what surrounds it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html
from fastapi import FastAPI

from audittrail.dashboard.client import ApiClient, ApiError
from audittrail.dashboard.links import DeepLinks
from audittrail.dashboard.pages import trace, traces
from audittrail.dashboard.session import add_session_routes

__all__ = ["create_dashboard"]


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
        assets_folder=str(Path(__file__).parent / "assets"),
    )
    app.layout = _layout()
    traces.register(app, api)
    trace.register(app, api)
    _register(app, api)
    server.add_middleware(DeepLinks)
    return server


def _layout() -> Any:
    header = dmc.Group(
        justify="space-between",
        children=[
            dcc.Link(dmc.Title("AuditTrail", order=2), href="/", className="brand"),
            html.Div(html.A("Sign out", href="/logout", className="sign-out"), id="account"),
        ],
    )
    return dmc.MantineProvider(
        defaultColorScheme="auto",
        children=[
            dcc.Location(id="at"),
            dmc.Container(fluid=True, px="lg", py="md", children=[header, html.Div(id="page")]),
        ],
    )


def _register(app: Dash, api: ApiClient) -> None:
    @app.callback(Output("page", "children"), Output("account", "hidden"), Input("at", "pathname"))
    async def show(pathname: str | None) -> Any:
        try:
            local = bool((await api.health()).get("local_mode"))
        except ApiError:
            local = False  # the page itself says that the API cannot be reached
        parts = (pathname or "/").strip("/").split("/")
        if len(parts) == 2 and parts[0] == "traces":
            return trace.layout(parts[1]), local
        return traces.layout(local=local), local
