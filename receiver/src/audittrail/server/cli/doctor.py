"""``audittrail doctor``."""

from __future__ import annotations

import json
import os
import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.markup import escape

from audittrail.errors import SettingsError
from audittrail.server.cli.common import console
from audittrail.server.version import version

if TYPE_CHECKING:
    from audittrail.server.doctor import Check, Examination, Status, Target

__all__ = ["register"]

_COLOURS: Final[dict[Status, str]] = {"ok": "green", "warning": "yellow", "failed": "red"}
_INDENT: Final = " " * 11
_NARROWEST: Final = 30


def register(app: typer.Typer) -> None:
    @app.command("doctor")
    def doctor(
        endpoint: Annotated[
            str | None,
            typer.Option(
                help="Where spans are sent. Default: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, "
                "OTEL_EXPORTER_OTLP_ENDPOINT, AUDITTRAIL_ENDPOINT, or http://127.0.0.1:4318.",
                show_default=False,
            ),
        ] = None,
        api_url: Annotated[
            str | None,
            typer.Option(
                help="Where the API is. Default: AUDITTRAIL_API_URL, or port 8000 beside the "
                "endpoint.",
                show_default=False,
            ),
        ] = None,
        api_key: Annotated[
            str | None,
            typer.Option(
                help="The agent's key. Default: AUDITTRAIL_API_KEY, or the one in "
                "OTEL_EXPORTER_OTLP_HEADERS.",
                show_default=False,
            ),
        ] = None,
        keep: Annotated[
            bool,
            typer.Option("--keep", help="Leave the spans it sends, and print a link to them."),
        ] = False,
        as_json: Annotated[
            bool, typer.Option("--json", help="Print one JSON object, for a program to read.")
        ] = False,
    ) -> None:
        """Find out why an agent's spans do not show up.

        Run it where the agent runs, with the agent's environment. It examines the exporter's
        settings (OTEL_EXPORTER_OTLP_...), names and ports, the server, its clock and the key.
        Then it sends a span by each door, HTTP and gRPC, reads them back and deletes them. A key
        that may not read leaves them; their trace is named audittrail doctor.

        What fails comes with what to do about it. Exits with 1 if something failed; warnings
        alone are no reason to.

        In the shell that starts the agent: `audittrail doctor`

        Before its settings are made:

        `audittrail doctor --endpoint http://HOST:4318 --api-key sk-at-...`
        """
        from audittrail.server.doctor import Examination, examine

        exam = Examination(_target(endpoint, api_url, api_key), keep=keep)
        if as_json:
            found = [(section, *check) for section, check in examine(exam)]
            wrong = any(status == "failed" for _, _, status, _, _ in found)
            names = ("section", "name", "status", "found", "remedy")
            checks = [dict(zip(names, each, strict=True)) for each in found]
            report = {"ok": not wrong, "version": version(), "link": exam.link, "checks": checks}
            typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
        else:
            wrong = _print(exam)
        if wrong:
            raise typer.Exit(1)


def _target(endpoint: str | None, api_url: str | None, api_key: str | None) -> Target:
    from audittrail.server.doctor import find_target
    from audittrail.server.settings import load_settings

    settings, problem = None, None
    try:
        settings = load_settings()
        _ = settings.database_path
    except SettingsError as error:
        settings, problem = None, str(error)
    return find_target(
        dict(os.environ), settings, problem, endpoint=endpoint, api_url=api_url, api_key=api_key
    )


def _print(exam: Examination) -> bool:
    """Whether something failed."""
    from audittrail.server.doctor import examine

    counts: Counter[Status] = Counter()
    last = None
    for section, check in examine(exam):
        if section != last:
            console.print(f"[bold]{section}[/bold]")
            last = section
        counts[check.status] += 1
        _print_check(check)
    console.print()
    warnings = f", {counts['warning']} warning{'' if counts['warning'] == 1 else 's'}"
    if counts["failed"]:
        console.print(
            f"[red]{counts['failed']} failed[/red]{warnings if counts['warning'] else ''}. Begin "
            "with the first: what follows it is often its consequence.",
            soft_wrap=not console.is_terminal,
        )
        return True
    console.print(f"[green]Spans arrive[/green]{warnings if counts['warning'] else ''}.")
    if exam.link:
        console.print(f"Look at what was sent: {exam.link}")
    return False


def _print_check(check: Check) -> None:
    status = f"[{_COLOURS[check.status]}]{check.status:<8}[/]"
    console.print(f"  {status} {escape(_wrapped(f'{check.name}: {check.found}'))}")
    if check.remedy:
        console.print(f"{_INDENT}[dim]→[/dim] {escape(_wrapped(check.remedy, 2))}")


def _wrapped(text: str, more: int = 0) -> str:
    """On a terminal, lines that stay within their column; elsewhere one line, to be searched."""
    if not console.is_terminal:
        return text
    width = max(console.width - len(_INDENT) - more, _NARROWEST)
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return f"\n{_INDENT}{' ' * more}".join(lines)
