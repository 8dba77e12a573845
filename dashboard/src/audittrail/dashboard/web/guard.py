"""Which addresses are pages, and who may see them."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from audittrail.dashboard.client import ApiClient, ApiError
from audittrail.dashboard.web.cookies import (
    DEMO_COOKIE,
    SESSION_COOKIE,
    clear_cookie,
    token_of,
)

__all__ = ["PageGuard", "safe_next"]

# First steps of the paths that the Dash app answers.
PAGES: Final = frozenset({"traces", "compare", "sessions", "violations", "settings", "profile"})


class PageGuard:
    """Sends whoever is not signed in to the sign-in page and back, and answers the address of
    every page with the app, which then reads the address in the browser.

    Dash itself answers only ``/`` unless its server runs ASGI's lifespan alone in its process.
    """

    def __init__(self, app: ASGIApp, api: ApiClient) -> None:
        self._app = app
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        front = scope["path"] == "/"
        if not front and scope["path"].split("/")[1] not in PAGES:
            await self._app(scope, receive, send)
            return
        if not await self._may_see(request):
            if front and not token_of(request.cookies):
                await self._app({**scope, "path": "/welcome"}, receive, send)
                return
            await _turned_away(request)(scope, receive, send)
        elif front:
            await RedirectResponse("/traces", 303)(scope, receive, send)
        else:
            inner = {**scope, "path": "/", "raw_path": b"/", "query_string": b""}
            await self._app(inner, receive, send)

    async def _may_see(self, request: Request) -> bool:
        try:
            await self._api.me(token_of(request.cookies))
        except ApiError as error:
            # A server that cannot be reached is told of by the page itself.
            return error.status != 401
        return True


def _turned_away(request: Request) -> RedirectResponse:
    """To sign in and come back. A cookie that is no longer good is taken away first, that of the
    demonstration before the other."""
    # As it was sent: an id in it may hold any character, escaped.
    here = request.scope["raw_path"].decode("latin-1")
    here += f"?{request.url.query}" if request.url.query else ""
    login = "/" if here == "/" else f"/login?next={quote(here, safe='')}"
    for name in (DEMO_COOKIE, SESSION_COOKIE):
        if request.cookies.get(name):
            answer = RedirectResponse(here if name == DEMO_COOKIE else login, 303)
            clear_cookie(answer, name)
            return answer
    return RedirectResponse(login, 303)


def safe_next(target: str | None) -> str:
    """Where to go after signing in: a path of ours, whatever the address asked for."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/traces"
    split = urlsplit(target)
    return "/traces" if split.scheme or split.netloc else target
