"""The command explains itself."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from importlib import metadata
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from audittrail.server.cli import app
from tests.support.servers import AUDITTRAIL


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(path, command) of a command and all below it."""
    yield path, command
    for name, each in getattr(command, "commands", {}).items():
        yield from commands(each, (*path, name))


ALL = dict(commands(typer.main.get_command(app)))
EXPECTED = {
    ("serve",),
    ("dashboard",),
    ("demo",),
    ("doctor",),
    ("reprice",),
    ("remap",),
    ("check",),
    ("ablate",),
    ("rules", "list"),
    ("rules", "test"),
    ("rules", "schema"),
    ("rules", "apply"),
    ("user", "add"),
    ("key", "create"),
    ("db", "check"),
    ("db", "backup"),
    ("db", "compact"),
    ("db", "restore"),
}


def test_every_command_is_there() -> None:
    """None is lost, and each new one comes under these tests."""
    assert {path for path, command in ALL.items() if not hasattr(command, "commands")} == EXPECTED


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_and_option_is_explained(path: tuple[str, ...]) -> None:
    """--help has a sentence on what the command does, and one on each of its parameters."""
    command = ALL[path]
    assert len((command.help or "").split()) >= 3
    for parameter in command.params:
        assert len((getattr(parameter, "help", None) or "").split()) >= 2, parameter.name
    shown = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "80", "TERM": "dumb"})
    assert shown.exit_code == 0
    assert max(map(len, shown.output.splitlines())) <= 80
    for parameter in command.params:
        for option in (each for each in parameter.opts if each.startswith("--")):
            assert option in shown.output
    for name in getattr(command, "commands", {}):
        assert name in shown.output


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [AUDITTRAIL, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("path", sorted(EXPECTED), ids=" ".join)
def test_each_command_is_found_by_a_process(path: tuple[str, ...]) -> None:
    """As people start it; most other tests run commands in their own process."""
    done = run(*path, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"audittrail {' '.join(path)}" in " ".join(done.stdout.split())


def test_the_version_is_that_of_the_distribution() -> None:
    """And nothing else is printed, for scripts."""
    assert run("--version").stdout == metadata.version("audittrail-otel") + "\n"


def test_what_is_no_command_is_told() -> None:
    """With the status that shells know for wrong usage."""
    done = run("sevre")
    assert done.returncode == 2
    assert "sevre" in done.stderr
    assert "Traceback" not in done.stderr
