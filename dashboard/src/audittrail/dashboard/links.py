"""Deep links: a page's address may be opened in a new tab, shared and reloaded."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["DeepLinks"]

_PAGES: Final = ("/traces/",)


class DeepLinks:
    """Answers the address of a page with the app, which then reads the address in the browser.

    Dash itself answers only ``/`` unless its server runs ASGI's lifespan alone in its process.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(_PAGES):
            scope = {**scope, "path": "/", "raw_path": b"/"}
        await self._app(scope, receive, send)
