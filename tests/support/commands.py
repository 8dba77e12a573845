"""``audittrail`` commands in the process of the tests.

A command as a process of its own pays for a Python and its imports each time. Here it runs in this
one, with the environment, the folder and the standard input that it is given.
``tests/server/test_help.py`` runs each command as a process too.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import structlog
from typer.testing import CliRunner

from audittrail.server.cli import app
from audittrail.server.cli.common import console

__all__ = ["run_command"]

# The width of a log that has none, as in ``common``; it is read once a process there.
_WIDTH = 200


@contextlib.contextmanager
def _logs_restored() -> Iterator[None]:
    """Commands point the logs at their standard error, which is gone after them."""
    root, own = logging.getLogger(), logging.getLogger("audittrail")
    before = root.handlers, root.level, own.level
    configured = structlog.get_config()
    try:
        yield
    finally:
        root.handlers, root.level, own.level = before
        structlog.configure(**configured)


def run_command(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    stdin: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end. ``environment`` comes on top of this process's own."""
    wanted = {**os.environ, **(environment or {})}
    here = Path.cwd()
    console.width = int(wanted.get("COLUMNS", _WIDTH))
    os.chdir(folder or here)
    try:
        with _logs_restored():
            done = CliRunner().invoke(app, arguments, input=stdin, env=dict(environment or {}))
    finally:
        os.chdir(here)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)
