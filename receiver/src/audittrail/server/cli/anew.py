"""``audittrail reprice`` and ``audittrail remap``: stored spans by the rules of today."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from audittrail.server.cli.common import console, failures, operations

if TYPE_CHECKING:
    from audittrail.server.operations import Progress

__all__ = ["followed", "register"]


def register(app: typer.Typer) -> None:
    @app.command("reprice")
    def reprice() -> None:
        """Recompute the cost of everything stored, by the pricing file as it is now.

        Costs that agents reported stay as they are. Works while the server runs.
        """
        with failures(), operations() as operator:
            changed = followed("Repricing", operator.reprice())
        console.print(f"{changed:,} costs changed.")

    @app.command("remap")
    def remap() -> None:
        """Apply the mapping of this release to everything stored.

        For use after an upgrade that understands more: types, names, models, tokens, texts and
        errors of spans that came by OTLP are read again from the attributes as they were
        received, and costs by the pricing file as it is now. Spans of the REST API are stored as
        they were told, and stay. Works while the server runs.
        """
        with failures(), operations() as operator:
            changed = followed("Mapping", operator.remap())
        console.print(f"{changed:,} {'span' if changed == 1 else 'spans'} changed.")


def followed(what: str, steps: Iterator[Progress]) -> int:
    """Show how far it is; how many changed in the end."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    changed = 0
    with Bar(*columns, console=console) as bar:
        task = bar.add_task(what, total=None)
        for step in steps:
            bar.update(task, completed=step.done, total=step.total)
            changed = step.changed
    return changed
