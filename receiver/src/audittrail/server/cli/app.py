"""The command and its groups."""

from __future__ import annotations

from typing import Annotated

import typer

from audittrail.server.cli import (
    ablate,
    accounts,
    anew,
    check,
    dashboard,
    database,
    demo,
    doctor,
    rules,
    serve,
)
from audittrail.server.cli.groups import command_group
from audittrail.server.version import version

__all__ = ["app"]

app = command_group(
    name="audittrail",
    help="Observability and audit for AI agents: OTLP in, DuckDB, live dashboard.\n\n"
    "See it at work: `audittrail demo`\n\n"
    "For yourself: `audittrail serve --local`, then point an OTLP exporter at "
    "http://127.0.0.1:4318",
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version())
        raise typer.Exit


@app.callback()
def main(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Common options."""


serve.register(app)
dashboard.register(app)
demo.register(app)
doctor.register(app)
check.register(app)
ablate.register(app)
rules.register(app)
anew.register(app)
accounts.register(app)
database.register(app)
