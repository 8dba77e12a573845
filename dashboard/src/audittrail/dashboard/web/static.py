"""The dashboard's own scripts, styles and icon."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.responses import Response

from audittrail.dashboard.bundle import SCRIPTS, STYLES

__all__ = ["add_static"]

_SHOW_PASSWORD: Final = Path(__file__).parent.parent / "templates" / "show_password.js"
_ICON: Final = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#1864ab"/>
<path d="M7 9h18M7 16h12M11 23h14" stroke="#fff" stroke-width="3.4" stroke-linecap="round"/>
<circle cx="25" cy="16" r="2.6" fill="#fff"/></svg>"""


def add_static(app: FastAPI) -> None:
    @app.get("/app-{name}", include_in_schema=False)
    async def bundle(name: str) -> Response:
        """The newest, also for a page that was loaded before a change."""
        kind = STYLES if name.endswith(".css") else SCRIPTS
        return Response(kind.content, media_type=kind.media_type)

    @app.get("/icon.svg", include_in_schema=False)
    async def icon() -> Response:
        return Response(_ICON, media_type="image/svg+xml")

    @app.get("/show-password.js", include_in_schema=False)
    async def show_password() -> Response:
        """For the sign-in forms, which need nothing else of the scripts."""
        return Response(_SHOW_PASSWORD.read_bytes(), media_type=SCRIPTS.media_type)
