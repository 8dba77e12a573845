"""``audittrail check``: a gate for releases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from audittrail.errors import AuditTrailError, SettingsError
from audittrail.rules.severity import SEVERITIES, Severity, at_least
from audittrail.server.cli.common import console, fail
from audittrail.server.cli.since import since_text
from audittrail.server.version import version
from audittrail.server.words import counted

if TYPE_CHECKING:
    from audittrail.server.gate.checking import Checked
    from audittrail.server.gate.gathering import Gathering

__all__ = ["register"]

_BROKEN = 1
_WRONG = 2


def register(app: typer.Typer) -> None:
    @app.command("check")
    def check_command(
        targets: Annotated[
            list[str] | None,
            typer.Argument(
                help="Files (.otlp.json, .jsonl, .pb, .parquet, also .gz) or ids of traces that "
                "a server has.",
                metavar="[FILE|TRACE]...",
            ),
        ] = None,
        rules: Annotated[
            Path | None,
            typer.Option(help="Folder with rule files. Default: the rules that the server uses."),
        ] = None,
        since: Annotated[
            str | None,
            typer.Option(help="Check what a server received since then: 30m, 24h, 7d, or a time."),
        ] = None,
        fail_on: Annotated[
            Severity, typer.Option(help="Exit with 1 at a violation this grave, or graver.")
        ] = "high",
        junit_file: Annotated[
            Path | None, typer.Option("--junit", help="Write JUnit XML to this file.")
        ] = None,
        sarif_file: Annotated[
            Path | None, typer.Option("--sarif", help="Write SARIF 2.1.0 to this file.")
        ] = None,
        endpoint: Annotated[
            str,
            typer.Option(help="The server's API, for traces.", envvar="AUDITTRAIL_API_URL"),
        ] = "http://127.0.0.1:8000",
        api_key: Annotated[
            str | None,
            typer.Option(help="A key with the scope read.", envvar="AUDITTRAIL_API_KEY"),
        ] = None,
    ) -> None:
        """Judge traces by rules, and exit with 1 if a grave one is broken.

        Files need no server: `audittrail check traces.otlp.json`. With a server:
        `audittrail check --since 1h`. Exits with 2 if something could not be checked.
        """
        import logging

        from audittrail.server.gate.checking import check, rules_of
        from audittrail.server.logs import set_up_logging
        from audittrail.server.settings import load_settings

        try:
            settings = load_settings()
            set_up_logging(settings.log_format)
            logging.getLogger("audittrail").setLevel(logging.WARNING)
            chosen = rules_of(rules or settings.rules_path)

            def gather(gathering: Gathering) -> None:
                _gather(gathering, targets or [], since, endpoint, api_key)

            with console.status("Judging ..."):
                checked = check(chosen, settings.rules_path, gather)
            _write(checked, fail_on, junit_file, sarif_file)
        except AuditTrailError as error:
            fail(escape(str(error)), _WRONG)
        _show(checked, fail_on)


def _gather(
    gathering: Gathering, targets: list[str], since: str | None, endpoint: str, key: str | None
) -> None:
    from audittrail.server.gate.gathering import is_trace_id

    if not targets and since is None:
        raise SettingsError("Nothing to check: name files or traces, or say --since 24h.")
    files = [Path(target) for target in targets if Path(target).exists()]
    ids = [target for target in targets if not Path(target).exists()]
    for name in ids:
        if not is_trace_id(name):
            raise SettingsError(f"{name} is neither a file nor the id of a trace.")
    for path in files:
        gathering.add_file(path)
    if ids or since is not None:
        gathering.add_from_server(endpoint, key, ids, since and since_text(since))


def _write(checked: Checked, least: Severity, xml: Path | None, code: Path | None) -> None:
    from audittrail.server.gate.reports import junit, sarif

    try:
        if xml is not None:
            xml.write_text(junit(checked, least), "utf-8")
        if code is not None:
            code.write_text(sarif(checked, version()), "utf-8")
    except OSError as error:
        raise SettingsError(f"The report cannot be written: {error}") from None


def _show(checked: Checked, least: Severity) -> None:
    from audittrail.server.gate.reports import table

    grave = [row for row in checked.violations if at_least(row.severity, least)]
    if checked.violations:
        console.print(table(checked))
    for name in checked.skipped:
        console.print(f"[dim]{escape(name)} holds metrics, which are not judged.[/dim]")
    for failure in checked.failures:
        console.print(f"[red]{failure.rule_id} could not be judged: {escape(failure.reason)}[/red]")
    counts = [
        f"{count} {severity}"
        for severity in reversed(SEVERITIES)
        if (count := sum(row.severity == severity for row in checked.violations))
    ]
    console.print(
        f"{counted(checked.traces, 'trace')}, {counted(checked.spans, 'span')}, "
        f"{counted(len(checked.rules), 'rule')}: " + (", ".join(counts) or "no violation") + "."
    )
    if not checked.traces:
        fail("There was no trace to check.", _WRONG)
    if checked.failures:
        raise typer.Exit(_WRONG)
    if grave:
        console.print(f"[red]{len(grave)} at or above {least}.[/red]")
        raise typer.Exit(_BROKEN)
