"""Logging in to the dashboard: the access token lives in a cookie that scripts cannot read."""

from __future__ import annotations

from html import escape
from typing import Final
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from audittrail.dashboard.client import ApiClient, ApiError

__all__ = ["COOKIE", "add_session_routes"]

COOKIE: Final = "audittrail_token"
_DAY_S: Final = 86_400

_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<title>AuditTrail: sign in</title>
<style>:root{{color-scheme:light dark}}body{{font:16px system-ui;max-width:22rem;
margin:10vh auto;padding:1rem}}label{{display:block;margin:.8rem 0}}input{{width:100%;
box-sizing:border-box;padding:.5rem;font:inherit}}button{{padding:.5rem 1rem;font:inherit}}
.problem{{color:light-dark(#b00020,#ff8a80)}}</style>
<h1>AuditTrail</h1><p class="problem" role="alert">{problem}</p>
<form method="post"><label>E-mail<input name="email" type="email" required autofocus
value="{email}"></label><label>Password (at least 8 characters)<input name="password"
type="password" required minlength="8"></label>
<button name="action" value="in">Sign in</button>
<button name="action" value="new">Create account</button></form></html>"""


def add_session_routes(app: FastAPI, api: ApiClient) -> None:
    @app.get("/health", include_in_schema=False)
    async def health() -> Response:
        """200 while the API answers."""
        try:
            return JSONResponse({"status": "ok", "api": await api.health()})
        except ApiError as error:
            return JSONResponse({"status": "error", "reason": str(error)}, 503)

    @app.get("/login", include_in_schema=False)
    async def login_page() -> Response:
        return _page()

    @app.post("/login", include_in_schema=False)
    async def log_in(request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        email = form.get("email", [""])[0]
        new = form.get("action") == ["new"]
        address = request.client.host if request.client else "unknown"
        try:
            token = await api.log_in(email, form.get("password", [""])[0], address, new=new)
        except ApiError as error:
            return _page(str(error), email, 401)
        answer = RedirectResponse("/", 303)
        secure = request.url.scheme == "https"
        answer.set_cookie(
            COOKIE, token, max_age=_DAY_S, httponly=True, secure=secure, samesite="strict"
        )
        return answer

    @app.get("/logout", include_in_schema=False)
    async def log_out() -> Response:
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE)
        return answer


def _page(problem: str = "", email: str = "", status: int = 200) -> Response:
    return HTMLResponse(_PAGE.format(problem=escape(problem), email=escape(email)), status)
