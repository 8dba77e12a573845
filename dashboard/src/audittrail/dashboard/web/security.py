"""Headers of every answer: what a page may load, how long it may be kept, and compression."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["UNCHANGING", "SecurityHeaders", "content_security_policy"]

_YEAR: Final = "public, max-age=31536000, immutable"
# Below these, a name holds a hash or a version of what it names.
UNCHANGING: Final = ("/app-", "/_dash-component-suites/")


def content_security_policy(script_hashes: Sequence[str]) -> str:
    """Nothing from elsewhere, no script but our files and those of ``script_hashes``. Styles in
    line are what the component libraries write."""
    scripts = " ".join(("'self'", *script_hashes))
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


class SecurityHeaders:
    """Puts the headers on; ``policy`` is asked for each page."""

    def __init__(self, app: ASGIApp, policy: Callable[[], str]) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["content-security-policy"] = self._policy()
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "same-origin"
                if scope["path"].startswith(UNCHANGING) and message["status"] == 200:
                    headers["cache-control"] = _YEAR
                else:
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, send_on)
