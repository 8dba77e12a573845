"""The frame around every page: skip link, header, navigation, banner."""

from __future__ import annotations

from typing import Any, Final

from dash import dcc, html

__all__ = ["INDEX", "shell"]

INDEX: Final = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{%title%}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
{%css%}
<link rel="stylesheet" href="{{styles}}">
<script src="{{scripts}}"></script>
</head>
<body>
{%app_entry%}
<footer>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>"""


def shell() -> Any:
    """Header and navigation are filled by the scripts; the page comes by callback."""
    return html.Div(
        [
            dcc.Location(id="at-location"),
            dcc.Store(id="at-mounted"),
            html.A("Skip to content", href="#at-page", className="at-skip"),
            html.Header(html.Div(id="at-header", className="at-header"), className="at-top"),
            html.Nav(html.Div(id="at-nav", className="at-nav"), className="at-side"),
            html.Main(
                [
                    html.Div(id="at-demo"),
                    html.Div(id="at-banner"),
                    html.Div(id="at-page", tabIndex="-1"),
                ],
                className="at-main",
            ),
        ],
        id="at-shell",
    )
