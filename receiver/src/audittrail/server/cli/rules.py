"""``audittrail rules``: what is in force, whether it means what it should, and history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from audittrail.errors import SettingsError
from audittrail.server.cli.anew import followed
from audittrail.server.cli.common import console, failures, operations
from audittrail.server.cli.groups import command_group
from audittrail.server.cli.since import since_ns
from audittrail.server.words import counted

if TYPE_CHECKING:
    from audittrail.rules.evaluation.judge import Judge
    from audittrail.rules.evaluation.rule_files import Read

__all__ = ["register"]

_Folder = Annotated[
    Path | None,
    typer.Option("--rules", help="Folder with rule files. Default: those that the server uses."),
]


def _read(folder: Path | None, judge: Judge) -> Read:
    from audittrail.rules.enforcement.constitution import checked
    from audittrail.rules.evaluation.rule_files import read_folder
    from audittrail.server.settings import load_settings

    chosen = folder or load_settings().rules_path
    inner = chosen / "constitution"
    read = checked(read_folder(inner if inner.is_dir() else chosen), judge)
    if not read.rules and not read.problems:
        raise SettingsError(f"There are no rules in {chosen}; name another folder with --rules.")
    return read


def _tell_problems(read: Read) -> None:
    for problem in read.problems:
        console.print(f"[red]{escape(str(problem))}[/red]")
    if read.problems:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    rules = command_group(help="The rules over what agents do.")
    app.add_typer(rules, name="rules")

    @rules.command("list")
    def list_rules(folder: _Folder = None) -> None:
        """List the rules, and what is wrong with those that cannot be judged by."""
        from rich.table import Table

        from audittrail.rules.evaluation.judge import Judge

        with failures():
            read = _read(folder, Judge())
        shown = Table(box=None, pad_edge=False)
        for name in ("Severity", "Scope", "Rule", "Title"):
            shown.add_column(name)
        for rule, _, _ in read.rules:
            title = rule.title if rule.enabled else f"{rule.title} (not enabled)"
            shown.add_row(rule.severity, rule.scope, rule.id, escape(title))
        console.print(shown)
        console.print(f"{counted(len(read.rules), 'rule')}.")
        _tell_problems(read)

    @rules.command("test")
    def test_rules(folder: _Folder = None) -> None:
        """Run the examples that rules have: those under `fails` must break the rule, those under
        `passes` must not. Exits with 1 if any says something else."""
        from audittrail.rules.evaluation.judge import Judge
        from audittrail.rules.evaluation.trials import run_examples

        judge = Judge()
        with failures():
            read = _read(folder, judge)
        trials = run_examples(read.rules, judge)
        wrong = [(trial.rule_id, line) for trial in trials for line in trial.wrong]
        for rule_id, line in wrong:
            console.print(f"[red]{rule_id}: {escape(line)}[/red]")
        examples = sum(trial.examples for trial in trials)
        bare = [trial.rule_id for trial in trials if not trial.examples]
        console.print(
            f"{counted(len(trials), 'rule')}, {counted(examples, 'example')}, {len(wrong)} wrong."
        )
        if bare:
            console.print(f"Without examples: {', '.join(bare)}.")
        _tell_problems(read)
        if wrong:
            raise typer.Exit(1)

    @rules.command("schema")
    def schema() -> None:
        """Print the JSON Schema of rule files, for editors."""
        from audittrail.rules.evaluation.rule_files import json_schema

        typer.echo(json.dumps(json_schema(), indent=2))

    @rules.command("apply")
    def apply_rules(
        since: Annotated[
            str, typer.Option(help="What began since then: 30m, 24h, 7d, all, or a time.")
        ],
        user: Annotated[
            str | None, typer.Option(help="Only this user's, by e-mail address.")
        ] = None,
    ) -> None:
        """Judge what is stored by the rules of today. Works while the server runs.

        What arrives is judged anyhow; this is for what was there before a rule was. What breaks a
        rule no longer is withdrawn, and decisions stay.
        """
        with failures():
            if not since:
                raise SettingsError("--since is empty.")
            with operations() as operator:
                changed = followed("Judging", operator.apply_rules(since_ns(since), user))
        console.print(f"{counted(changed, 'violation')} changed.")
