"""``audittrail reprice``."""

from __future__ import annotations

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from audittrail.server.cli.common import console, failures, operations

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    @app.command("reprice")
    def reprice() -> None:
        """Recompute the cost of everything stored, by the pricing file as it is now.

        Costs that agents reported stay as they are. Works while the server runs.
        """
        columns = (
            TextColumn("Repricing"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        changed = 0
        with failures(), operations() as operator, Progress(*columns, console=console) as bar:
            task = bar.add_task("reprice", total=None)
            for done, total, so_far in operator.reprice():
                bar.update(task, completed=done, total=total)
                changed = so_far
        console.print(f"{changed:,} costs changed.")
