"""The dashboard's own scripts, styles and icon."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.responses import Response

from audittrail.dashboard.bundle import SCRIPTS, STYLES

__all__ = ["add_static"]

_TEMPLATES: Final = Path(__file__).parent.parent / "templates"
_PLAIN_SCRIPTS: Final = ("scheme", "show_password")
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

    for name in _PLAIN_SCRIPTS:
        _add_script(app, name)


def _add_script(app: FastAPI, name: str) -> None:
    content = (_TEMPLATES / f"{name}.js").read_bytes()

    @app.get(f"/{name.replace('_', '-')}.js", include_in_schema=False)
    async def script() -> Response:
        """For the pages without the app, such as the sign-in form."""
        return Response(content, media_type=SCRIPTS.media_type)
