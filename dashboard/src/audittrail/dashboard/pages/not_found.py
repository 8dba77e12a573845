"""An address where there is nothing."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from audittrail.dashboard.pages.mount import mount

__all__ = ["layout"]


def layout() -> Any:
    return mount(
        "not-found",
        html.H1("There is no such page"),
        html.P(dcc.Link("All traces", href="/traces")),
    )
