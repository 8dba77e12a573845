"""Running the doctor in tests, and agents' environments for it to examine."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import subprocess
import termios
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from typer.testing import CliRunner

from audittrail.server.cli import app
from tests.support.servers import Server

OURS = ("OTEL_", "AUDITTRAIL_", "DATABASE_URL")
NO_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class Report(NamedTuple):
    """What one run of the command said."""

    status: int
    text: str
    checks: dict[str, dict[str, Any]]
    link: str | None

    def not_ok(self) -> dict[str, str]:
        return {n: c["status"] for n, c in self.checks.items() if c["status"] != "ok"}


def bare_environment() -> dict[str, str]:
    """The environment of these tests without anything that the doctor looks at."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(OURS) and name.lower() not in NO_PROXIES
    }


def report(folder: Path, *options: str, **variables: str) -> Report:
    """Run the command in this process, which is quicker; ``folder`` is where."""
    environment = {**bare_environment(), **variables}
    gone: dict[str, str | None] = dict.fromkeys(os.environ.keys() - environment.keys())
    with contextlib.chdir(folder):
        done = CliRunner().invoke(app, ["doctor", *options, "--json"], env={**gone, **environment})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.stderr == ""
    said = json.loads(done.stdout)
    assert said["ok"] == (done.exit_code == 0)
    checks = {check["name"]: check for check in said["checks"]}
    for check in checks.values():
        assert (check["remedy"] is None) == (check["status"] == "ok"), check
    return Report(done.exit_code, done.stdout, checks, said["link"])


def agent_of(server: Server, key: str | None = None) -> dict[str, str]:
    """The environment of an agent that sends to this server as the documentation says."""
    variables = {
        "AUDITTRAIL_API_URL": server.api,
        "AUDITTRAIL_OTLP_GRPC_PORT": server.otlp_grpc.rpartition(":")[2],
        "AUDITTRAIL_DASHBOARD_PORT": server.environment["AUDITTRAIL_DASHBOARD_PORT"],
        "OTEL_EXPORTER_OTLP_ENDPOINT": server.otlp_http,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    }
    if key is not None:
        variables["OTEL_EXPORTER_OTLP_HEADERS"] = f"Authorization=Bearer%20{key}"
    return variables


def on_a_terminal(
    command: list[str], environment: Mapping[str, str], folder: Path, columns: int = 80
) -> str:
    """What a command writes to a terminal of this width, without its colours."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, columns))
    with subprocess.Popen(
        command, env=environment, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        written = b""
        # A terminal whose last user is gone gives an error, not an end.
        with contextlib.suppress(OSError), os.fdopen(ours, "rb", buffering=0) as terminal:
            while part := terminal.read(4096):
                written += part
        process.wait(60)
    return re.sub(r"\x1b\[[0-9;]*m|\r", "", written.decode())
