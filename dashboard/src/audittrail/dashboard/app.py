"""The Dash app: which page is shown, and what surrounds it."""

from __future__ import annotations

from typing import Any, cast

from dash import ClientsideFunction, Dash, Input, Output
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from audittrail.dashboard.bundle import SCRIPTS, STYLES
from audittrail.dashboard.client import ApiClient
from audittrail.dashboard.pages import page_for
from audittrail.dashboard.pages.shell import INDEX, shell
from audittrail.dashboard.web.guard import PageGuard
from audittrail.dashboard.web.kept import KeptAnswers
from audittrail.dashboard.web.proxy import add_proxy
from audittrail.dashboard.web.relay import LiveSource, live_route
from audittrail.dashboard.web.security import (
    UNCHANGING,
    SecurityHeaders,
    content_security_policy,
)
from audittrail.dashboard.web.session import add_session_routes
from audittrail.dashboard.web.static import add_static

__all__ = ["create_dashboard"]


class _App(Dash):
    """Dash, whose page asks for our scripts and styles by their present names."""

    def interpolate_index(
        self,
        metas: str = "",
        title: str = "",
        css: str = "",
        config: str = "",
        scripts: str = "",
        app_entry: str = "",
        favicon: str = "",
        renderer: str = "",
    ) -> str:
        dash: Any = super()
        parts = (metas, title, css, config, scripts, app_entry, favicon, renderer)
        page: str = dash.interpolate_index(*parts)
        return page.replace("{{scripts}}", SCRIPTS.path).replace("{{styles}}", STYLES.path)


def create_dashboard(api: ApiClient, live: LiveSource) -> FastAPI:
    """An ASGI app. Nothing is shared between two of them."""
    server = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    add_session_routes(server, api)
    add_static(server)
    add_proxy(server, api)
    server.router.routes.append(live_route(live, api))
    app = _App(
        name=__name__,  # else Dash looks for it in the sources of all callers
        server=cast(Any, server),  # annotated for Flask alone; any ASGI app will do
        title="AuditTrail",
        update_title="",
        pages_folder="",
        use_pages=False,
        include_assets_files=False,
        suppress_callback_exceptions=True,
        index_string=INDEX,
    )
    app.layout = shell()
    _register(app)
    server.add_middleware(PageGuard, api=api)
    server.add_middleware(SecurityHeaders, policy=lambda: content_security_policy(app.csp_hashes()))
    server.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=6)
    server.add_middleware(KeptAnswers, prefixes=UNCHANGING)
    return server


def _register(app: Dash) -> None:
    @app.callback(Output("at-page", "children"), Input("at-location", "pathname"))
    async def show(pathname: str | None) -> Any:
        return page_for(pathname or "/")

    cast(Any, app).clientside_callback(
        ClientsideFunction("audittrail", "mount"),
        Output("at-mounted", "data"),
        Input("at-page", "children"),
    )
