"""Who is asking, in a callback."""

from __future__ import annotations

from dash import ctx

from audittrail.dashboard.session import COOKIE

__all__ = ["current_token"]


def current_token() -> str | None:
    """The access token in the cookie of the request that a callback answers."""
    token: str | None = ctx.cookies.get(COOKIE)
    return token
