"""``audittrail ablate``: which sources made an answer come out as it did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from audittrail.ablation.measure import Measure
from audittrail.server.cli.common import console, failures

if TYPE_CHECKING:
    from audittrail.server.ablating.client import AblationClient

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    @app.command("ablate")
    def ablate(
        trace_id: Annotated[str, typer.Argument(help="The trace.", metavar="TRACE_ID")],
        target: Annotated[
            str | None,
            typer.Option(help="The span of a model call. Default: the final answer."),
        ] = None,
        measure: Annotated[
            Measure, typer.Option(help="What of the answer: its text, a sentence, the tools.")
        ] = "auto",
        sentence: Annotated[
            int | None, typer.Option(min=0, help="Which sentence of it, from 0.")
        ] = None,
        include: Annotated[
            list[str] | None, typer.Option(help="Take this source away, although it is kept.")
        ] = None,
        exclude: Annotated[
            list[str] | None, typer.Option(help="Keep this source in every prompt.")
        ] = None,
        one_step: Annotated[
            bool, typer.Option("--one-step", help="Do not explain earlier model outputs.")
        ] = False,
        quick: Annotated[bool, typer.Option("--quick", help="Fewer calls.")] = False,
        model: Annotated[
            str | None, typer.Option(help="Ask another model than the recorded one.")
        ] = None,
        max_usd: Annotated[
            float | None, typer.Option(min=0, help="Stop before it costs more.")
        ] = None,
        max_calls: Annotated[int | None, typer.Option(min=1, help="Stop after so many.")] = None,
        preview: Annotated[
            bool, typer.Option("--preview", help="Say what it would take, and ask no model.")
        ] = False,
        yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before.")] = False,
        resume: Annotated[
            str | None, typer.Option(help="Go on with a run that was stopped, by its id.")
        ] = None,
        json_file: Annotated[
            Path | None, typer.Option("--json", help="Write the whole result to this file.")
        ] = None,
        endpoint: Annotated[
            str, typer.Option(help="The server's API.", envvar="AUDITTRAIL_API_URL")
        ] = "http://127.0.0.1:8000",
        api_key: Annotated[
            str | None, typer.Option(help="A key of yours.", envvar="AUDITTRAIL_API_KEY")
        ] = None,
    ) -> None:
        """Run an ablation: ask a model again without parts of what it was given.

        The server asks the model, at the endpoint that its operator set (OPENAI_API_KEY,
        OPENAI_BASE_URL). What it would cost is said first. ^C stops it and keeps what is there.
        """
        from audittrail.errors import SettingsError
        from audittrail.server.ablating.client import AblationClient

        request: dict[str, Any] = {
            "target": target,
            "measure": measure,
            "sentence": sentence,
            "include": include or [],
            "exclude": exclude or [],
            "steps": "one" if one_step else "all",
            "mode": "quick" if quick else "standard",
            "model": model,
            "max_usd": max_usd or None,
            "max_calls": max_calls,
        }
        with failures(), AblationClient(endpoint, api_key, trace_id) as client:
            if resume is None:
                told = client.preview(request)
                _show_preview(told, preview)
                if preview:
                    return
                if not told["endpoint"]["configured"]:
                    raise SettingsError(told["endpoint"]["why_not"])
                if not yes and not typer.confirm("Run it?"):
                    raise typer.Exit(1)
            if resume is None:
                run = client.begin(request)
            else:
                limits = {name: request[name] for name in ("max_usd", "max_calls")}
                run = client.resume(resume, limits)
            run = _followed(client, run)
            if json_file is not None:
                json_file.write_text(json.dumps(run, indent=2, ensure_ascii=False), "utf-8")
        _show(run)


def _show_preview(told: dict[str, Any], whole: bool) -> None:
    from audittrail.server.ablating.tables import preview_lines, sources_table

    for step in told["steps"] if whole else told["steps"][:1]:
        console.print(sources_table(step))
    for line in preview_lines(told):
        console.print(line)


def _followed(client: AblationClient, begun: dict[str, Any]) -> dict[str, Any]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    run = begun
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("calls"),
        TimeElapsedColumn(),
    )
    try:
        with Bar(*columns, console=console) as bar:
            task = bar.add_task("Asking", total=None)
            for run in client.follow(begun):
                progress = run["progress"]
                cost = progress.get("cost")
                told = "Asking" if cost is None else f"Asking, ${cost:.4f} so far"
                bar.update(
                    task,
                    description=told,
                    completed=progress.get("calls", 0),
                    total=progress.get("calls_planned"),
                )
    except KeyboardInterrupt:
        console.print("Stopping; what was measured is kept.")
        return client.cancel(begun["id"])
    return run


def _show(run: dict[str, Any]) -> None:
    from audittrail.server.ablating.tables import result_tables

    for part in result_tables(run, console.width):
        console.print(part)
    for notice in run["notices"]:
        console.print(f"[dim]{escape(notice)}[/dim]")
    console.print(
        f"Run {run['id']}: {run['state']}. Its calls are the trace {run['calls_trace_id']}."
    )
    if run["error"]:
        console.print(f"[red]{escape(run['error'])}[/red]")
        console.print(f"Go on with: audittrail ablate {run['trace_id']} --resume {run['id']}")
        raise typer.Exit(1)
