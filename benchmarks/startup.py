"""What commands and a server cost before they do anything: CPU, memory and imported modules.

Each command runs as a process of its own, several times; the figures are the least CPU seconds
(user and system, with its children), the peak resident memory, and ratios to importing Typer and
Rich alone. Then a server in local mode is started and sent one span; CPU seconds of all its
processes are read when the export is acknowledged, when the first list of traces is answered, and
when the dashboard's first page of traces is.

    python benchmarks/startup.py
    python benchmarks/startup.py --python ../other/.venv/bin/python    # another checkout's
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
from rich.console import Console
from rich.table import Table

_REFERENCE: Final = "import typer, rich.console, rich.table"
_MODULES: Final = (
    "import sys; sys.argv = ['audittrail', *{arguments!r}]\n"
    "from audittrail.command import main\n"
    "try:\n    main()\nexcept SystemExit:\n    pass\n"
    "print(len(sys.modules), file=sys.stderr)"
)
_HELP: Final = (
    (), ("serve",), ("dashboard",), ("demo",), ("doctor",), ("check",), ("ablate",), ("rules",),
    ("rules", "list"), ("reprice",), ("remap",), ("user", "add"), ("key", "create"),
    ("db", "check"),
)  # fmt: skip
_SPAN: Final = {
    "resourceSpans": [
        {
            "scopeSpans": [
                {
                    "spans": [
                        {
                            "traceId": "5b8efff798038103d269b633813fc60c",
                            "spanId": "eee19b7ec3c1b174",
                            "name": "first",
                            "startTimeUnixNano": "1700000000000000000",
                            "endTimeUnixNano": "1700000001000000000",
                        }
                    ]
                }
            ]
        }
    ]
}


def cost(command: list[str], folder: str, rounds: int) -> tuple[float, float]:
    """(least CPU seconds, peak MiB) of a command that is run ``rounds`` times."""
    environment = {**os.environ, "AUDITTRAIL_DATA_DIR": folder}
    best, peak = float("inf"), 0.0
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            _, _, used = os.wait4(process.pid, 0)
            process.returncode = 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
        best = min(best, spent)
        peak = max(peak, used.ru_maxrss / 1024)
    return best, peak


def modules(python: str, arguments: tuple[str, ...], folder: str) -> int:
    """How many modules a command has imported when it ends."""
    done = subprocess.run(
        [python, "-c", _MODULES.format(arguments=arguments)],
        env={**os.environ, "AUDITTRAIL_DATA_DIR": folder},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stderr.split()[-1])


def cpu(process: psutil.Process) -> float:
    """CPU seconds of a process and of those that it has started and that still run."""
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            total += times.user + times.system
    return total


def _ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def server(python: str) -> dict[str, float]:
    """CPU seconds of a new server at its first acknowledged export, list and page."""
    names = ("PORT", "OTLP_HTTP_PORT", "OTLP_GRPC_PORT", "DASHBOARD_PORT")
    ports = dict(zip(names, _ports(4), strict=True))
    api, otlp, page = (f"http://127.0.0.1:{ports[name]}" for name in
                       ("PORT", "OTLP_HTTP_PORT", "DASHBOARD_PORT"))  # fmt: skip
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, httpx.Client(timeout=60) as client:
        environment = {f"AUDITTRAIL_{name}": str(port) for name, port in ports.items()}
        environment["AUDITTRAIL_DATA_DIR"] = folder
        began = time.monotonic()
        process = psutil.Popen(
            [str(Path(python).with_name("audittrail")), "serve", "--local"],
            env={**os.environ, **environment},
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

        def reach(name: str, ask: Callable[[], httpx.Response]) -> None:
            while time.monotonic() - began < 60:
                with contextlib.suppress(httpx.TransportError):
                    if ask().is_success:
                        figures[name] = cpu(process)
                        figures[f"{name}, wall"] = time.monotonic() - began
                        return
                time.sleep(0.02)
            raise RuntimeError(f"never reached: {name}")

        reach("export", lambda: client.post(f"{otlp}/v1/traces", json=_SPAN))
        reach("list", lambda: client.get(f"{api}/api/v1/traces"))
        reach("page", lambda: client.get(f"{page}/traces", follow_redirects=True))
        time.sleep(1.5)
        figures["settled"] = cpu(process)
        processes = (process, *process.children(recursive=True))
        figures["MiB"] = sum(each.memory_info().rss for each in processes) / 2**20
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="runs of each command")
    parser.add_argument("--python", default=sys.executable, help="of the environment to measure")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    console = Console()
    figures: dict[str, Any] = {}
    command = str(Path(given.python).with_name("audittrail"))
    with tempfile.TemporaryDirectory() as folder:
        base, base_mib = cost([given.python, "-c", _REFERENCE], folder, given.rounds)
        table = Table(title=f"Commands; importing Typer and Rich: {base:.2f} s, {base_mib:.0f} MiB")
        for heading in ("command", "CPU s", "ratio", "MiB", "modules"):
            table.add_column(heading, justify="left" if heading == "command" else "right")
        asked = [(*path, "--help") for path in _HELP]
        asked += [
            ("--version",),
            ("user", "add", "a@example.com", "--password", "correct horse battery"),
            ("key", "create", "--user", "a@example.com"),
            ("rules", "schema"),
            ("rules", "list"),
            ("db", "check"),
            ("check", "none.otlp.json"),
            ("doctor",),
        ]
        for arguments in asked:
            spent, mib = cost([command, *arguments], folder, given.rounds)
            count = modules(given.python, arguments, folder)
            name = " ".join(arguments)
            figures[name] = {"cpu_s": spent, "mib": mib, "modules": count, "ratio": spent / base}
            table.add_row(name, f"{spent:.2f}", f"{spent / base:.1f}", f"{mib:.0f}", f"{count:,}")
    console.print(table)
    runs = [server(given.python) for _ in range(given.rounds)]
    figures["serve"] = {name: min(run[name] for run in runs) for name in runs[0]}
    table = Table(title="A server's first answers, least of all runs")
    table.add_column("until")
    table.add_column("s or MiB", justify="right")
    for name, value in figures["serve"].items():
        table.add_row(name, f"{value:.2f}")
    console.print(table)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
