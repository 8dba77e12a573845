"""The frame around every page: skip link, header, navigation, banner."""

from __future__ import annotations

from typing import Any, Final

import dash_mantine_components as dmc
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


_NAVBAR: Final[Any] = {
    "width": {"base": 200, "sm": 56, "md": 200},
    "breakpoint": "sm",
    "collapsed": {"mobile": True},
}


def shell() -> Any:
    """Header and navigation are filled by the scripts; the page comes by callback."""
    return dmc.MantineProvider(
        children=[
            dcc.Location(id="at-location"),
            dcc.Store(id="at-mounted"),
            html.A("Skip to content", href="#at-page", className="at-skip"),
            dmc.AppShell(
                header={"height": 48},
                navbar=_NAVBAR,
                id="at-shell",
                children=[
                    dmc.AppShellHeader(html.Div(id="at-header", className="at-header")),
                    dmc.AppShellNavbar(html.Div(id="at-nav", className="at-nav")),
                    dmc.AppShellMain(
                        [
                            html.Div(id="at-demo"),
                            html.Div(id="at-banner"),
                            html.Div(id="at-page", tabIndex="-1"),
                        ]
                    ),
                ],
            ),
        ],
    )
