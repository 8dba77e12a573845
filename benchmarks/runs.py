"""What the benchmarks run: programs of their own processes, and servers in folders of their own."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.servers import Server, running_server

HERE = Path(__file__).resolve().parent


def run_program(name: str, *arguments: str | int) -> Any:
    """What a program of this folder printed, from JSON."""
    done = subprocess.run(
        [sys.executable, HERE / name, *map(str, arguments)],
        check=True,
        stdout=subprocess.PIPE,
    )
    return json.loads(done.stdout)


def send(server: Server, door: str, spans: int, **options: int | str) -> Any:
    """Send spans from another process; see sender.py for what it tells."""
    target = server.otlp_grpc if door == "grpc" else server.otlp_http
    flags = [
        part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)
    ]
    return run_program("sender.py", door, target, "--spans", spans, *flags)


@contextlib.contextmanager
def fresh_server(**settings: str) -> Iterator[Server]:
    """A server in local mode with an empty database."""
    with (
        tempfile.TemporaryDirectory(prefix="audittrail-benchmark-") as folder,
        running_server(Path(folder), "--local", **settings) as server,
    ):
        yield server
