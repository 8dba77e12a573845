"""Pages without scripts: what AuditTrail is, signing in and out, and the demonstration."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from audittrail.dashboard.bundle import STYLES
from audittrail.dashboard.client import ApiClient, ApiError
from audittrail.dashboard.web.cookies import (
    DEMO_COOKIE,
    SESSION_COOKIE,
    clear_cookie,
    is_demo,
    same_origin,
    set_cookie,
    token_of,
)
from audittrail.dashboard.web.guard import safe_next

__all__ = ["add_session_routes"]

_DAY_S: Final = 86_400
_HOUR_S: Final = 3600
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
    autoescape=select_autoescape(),
    trim_blocks=True,
    lstrip_blocks=True,
)


def add_session_routes(app: FastAPI, api: ApiClient) -> None:
    @app.get("/health", include_in_schema=False)
    async def health() -> Response:
        """200 while the API answers."""
        try:
            return JSONResponse({"status": "ok", "api": await api.health()})
        except ApiError as error:
            return JSONResponse({"status": "error", "reason": str(error)}, 503)

    @app.get("/welcome", include_in_schema=False)
    async def welcome(request: Request) -> Response:
        """What ``/`` shows to whoever is not signed in."""
        return _page("landing.html", request)

    @app.get("/session", include_in_schema=False)
    async def session(request: Request) -> Response:
        """Who looks at this dashboard, for its scripts."""
        try:
            local = bool((await api.health()).get("local_mode"))
            me = await api.me(token_of(request.cookies))
        except ApiError as error:
            return JSONResponse({"detail": str(error)}, error.status or 502)
        return JSONResponse(
            {"email": me.get("email"), "local": local, "demo": is_demo(request.cookies)}
        )

    for path, new in (("/login", False), ("/register", True)):
        _add_form(app, api, path, new=new)
    _add_demo(app, api)

    @app.get("/logout", include_in_schema=False)
    async def log_out() -> Response:
        answer = RedirectResponse("/login", 303)
        for name in (SESSION_COOKIE, DEMO_COOKIE):
            clear_cookie(answer, name)
        return answer


def _add_form(app: FastAPI, api: ApiClient, path: str, *, new: bool) -> None:
    template = "register.html" if new else "login.html"

    @app.get(path, include_in_schema=False)
    async def form(request: Request) -> Response:
        return _page(template, request, next=request.query_params.get("next", ""))

    @app.post(path, include_in_schema=False)
    async def sent(request: Request) -> Response:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))
        given = {name: values[0] for name, values in fields.items()}
        if not same_origin(request.headers):
            return _page(template, request, 403, problem="This form belongs to another page.")
        try:
            token = await api.log_in(
                given.get("email", ""), given.get("password", ""), _address(request), new=new
            )
        except ApiError as error:
            status = error.status or 502
            shown = {"email": given.get("email", ""), "next": given.get("next", "")}
            return _page(template, request, status, problem=str(error), **shown)
        answer = RedirectResponse(safe_next(given.get("next")), 303)
        clear_cookie(answer, DEMO_COOKIE)
        secure = request.url.scheme == "https"
        set_cookie(answer, SESSION_COOKIE, token, secure=secure, max_age=_DAY_S)
        return answer


def _add_demo(app: FastAPI, api: ApiClient) -> None:
    @app.get("/demo", include_in_schema=False)
    async def demo(request: Request) -> Response:
        try:
            token = await api.demo(_address(request))
        except ApiError as error:
            return _page("landing.html", request, error.status or 502, problem=str(error))
        answer = RedirectResponse("/traces", 303)
        secure = request.url.scheme == "https"
        set_cookie(answer, DEMO_COOKIE, token, secure=secure, max_age=_HOUR_S)
        return answer

    @app.get("/demo/leave", include_in_schema=False)
    async def leave(request: Request) -> Response:
        answer = RedirectResponse(safe_next(request.query_params.get("next") or "/"), 303)
        clear_cookie(answer, DEMO_COOKIE)
        return answer


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _page(template: str, request: Request, status: int = 200, **shown: Any) -> Response:
    about = {"styles": STYLES.path, "signed_in": bool(request.cookies.get(SESSION_COOKIE))}
    return HTMLResponse(_TEMPLATES.get_template(template).render(**about, **shown), status)
