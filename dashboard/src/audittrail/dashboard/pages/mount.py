"""The element in which a page's scripts build."""

from __future__ import annotations

from typing import Any

from dash import html

__all__ = ["mount"]


def mount(name: str, *children: Any, **data: str) -> Any:
    """For ``audittrail.pages.define(name, ...)``, which is given ``data`` as its dataset."""
    attributes: dict[str, Any] = {
        f"data-{key}": text for key, text in {"page": name, **data}.items()
    }
    return html.Div(list(children), className="at-page", **attributes)
