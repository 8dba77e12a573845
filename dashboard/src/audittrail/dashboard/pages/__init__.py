"""One module a page: its skeleton, which the scripts of the same name bring to life."""

from __future__ import annotations

from typing import Any

from dash import html

from audittrail.dashboard.pages import (
    compare,
    not_found,
    profile,
    sessions,
    settings,
    trace,
    traces,
    violations,
)

__all__ = ["page_for"]


def page_for(pathname: str) -> Any:
    """What stands at a path."""
    match pathname.strip("/").split("/", 1):
        case ["traces"]:
            return traces.layout()
        case ["traces", trace_id]:
            return trace.layout(trace_id)
        case ["compare"]:
            return compare.layout()
        case ["sessions"]:
            return sessions.layout_list()
        case ["sessions", session_id]:
            return sessions.layout(session_id)
        case ["violations"]:
            return violations.layout()
        case ["settings"]:
            return settings.layout()
        case ["profile"]:
            return profile.layout()
        case [""]:
            return html.Div()  # on the way to another page
        case _:
            return not_found.layout()
