"""The same OTLP load for AuditTrail and for others that take it, in one run.

Each is installed from the package index into an environment of its own in .cache/peers, started
with its defaults on the loopback with an empty folder, and sent the same by OTLP/HTTP. What counts
is when every span can be read, not when it was acknowledged. AuditTrail is measured first and last,
and the others are compared with the mean of both.

    python benchmarks/peers/compare.py
    python benchmarks/peers/compare.py --peers phoenix --spans 20000
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from audittrail.server.version import version
from benchmarks.peers.mlflow import MLFLOW
from benchmarks.peers.ours import RunningOurs, running_ours
from benchmarks.peers.peer import Peer, RunningPeer
from benchmarks.peers.phoenix import PHOENIX
from benchmarks.runs import run_program
from benchmarks.shapes import SHAPES, Shape

_PEERS: Final = {peer.name: peer for peer in (PHOENIX, MLFLOW)}
_OURS: Final = "audittrail"
_FLIGHTS: Final = 4
_PER_REQUEST: Final = 512
# A span that is not stored this long after the one before it is taken for lost.
_PATIENCE_SECONDS: Final = 120
_RATIOS: Final = {
    "rate_by_ours": "stored_per_s",
    "cpu_by_ours": "cpu_us",
    "disk_by_ours": "disk_per_span",
}
_COLUMNS: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "spans": lambda run: run["shape"],
    "server": lambda run: f"{run['server']} {run['version']}",
    "sent": lambda run: f"{run['sent']:,}",
    "stored": lambda run: f"{run['stored']:,}",
    "acknowledged/s": lambda run: f"{run['acknowledged_per_s']:,.0f}",
    "stored/s": lambda run: f"{run['stored_per_s']:,.0f}",
    "of ours": lambda run: f"{run['rate_by_ours']:.3f}",
    "CPU µs/span": lambda run: f"{run['cpu_us']:,.0f}",
    "by ours ": lambda run: f"{run['cpu_by_ours']:.1f}",
    "disk B/span": lambda run: f"{run['disk_per_span']:,.0f}",
    "by ours": lambda run: f"{run['disk_by_ours']:.1f}",
    "disk/unique": lambda run: f"{run['disk_by_unique']:.2f}",
    "peak MiB": lambda run: f"{run['peak_mib']:,.0f}",
}


def load(running: RunningPeer | RunningOurs, shape: Shape, spans: int) -> dict[str, Any]:
    """Send, wait until all is stored, and tell what that took."""
    options: list[str | int] = ["--flights", shape.options(_FLIGHTS)["flights"]]
    options += ["--turns", shape.turns] if shape.turns else ["--per-request", _PER_REQUEST]
    for header in running.headers:
        options += ["--header", header]
    usage = running.usage

    def send(count: int) -> Any:
        return run_program("sender.py", "http", running.url, "--spans", count, *options)

    with usage.watched():
        # The first requests make tables, caches and connections.
        first = send(shape.per_request)
        _wait_until_stored(running, first["spans"])
        usage.settle()
        before = usage.cpu_seconds()
        told = send(spans)
        acknowledged = time.perf_counter()
        sent = first["spans"] + told["spans"]
        stored, until = _wait_until_stored(running, sent)
        usage.settle()
        cpu = usage.cpu_seconds() - before
    disk = running.disk_bytes()
    return {
        "sent": sent,
        "stored": stored,
        "acknowledged_per_s": told["spans_per_s"],
        "stored_per_s": told["spans"] / (told["seconds"] + max(0.0, until - acknowledged)),
        "cpu_us": cpu / told["spans"] * 1e6,
        "disk_per_span": disk / sent,
        "disk_by_unique": disk / (first["unique_bytes"] + told["unique_bytes"]),
        "ack_p50_ms": told["ack_p50_ms"],
        "ack_p99_ms": told["ack_p99_ms"],
        "refused": told["refused"],
        "peak_mib": usage.peak_mib,
    }


def _wait_until_stored(running: RunningPeer | RunningOurs, wanted: int) -> tuple[int, float]:
    """(spans that are stored, when the last of them was seen to be)."""
    stored, since = running.stored(), time.perf_counter()
    while stored < wanted and time.perf_counter() - since < _PATIENCE_SECONDS:
        time.sleep(0.25)
        now = running.stored()
        if now != stored:
            stored, since = now, time.perf_counter()
    return stored, since


def measure(peer: Peer | None, shape: Shape, spans: int) -> dict[str, Any]:
    """One server, from empty; ours without ``peer``."""
    if peer is None:
        with running_ours() as ours:
            return load(ours, shape, spans) | {"server": _OURS, "version": version()}
    installed = peer.install()
    with peer.running() as other:
        return load(other, shape, spans) | {"server": peer.name, "version": installed}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", nargs="+", choices=_PEERS, default=list(_PEERS))
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=["2.4", "50"])
    parser.add_argument("--spans", type=int, default=10_000, help="of 2.4 KB; a tenth of histories")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 160)
    table = Table(title="OTLP/HTTP to empty servers with their defaults")
    for heading in _COLUMNS:
        table.add_column(heading, justify="right")
    figures = []
    for name in given.shapes:
        shape = SHAPES[name]
        spans = given.spans // (10 if shape.turns else 1)
        servers = [None, *(_PEERS[peer] for peer in given.peers), None]
        runs = []
        for peer in servers:
            with console.status(f"{shape.name}: {peer.name if peer else _OURS}"):
                try:
                    runs.append(measure(peer, shape, spans) | {"shape": shape.name})
                except (subprocess.CalledProcessError, RuntimeError) as error:
                    console.print(f"{peer.name if peer else _OURS} is left out: {error}")
        ours = [run for run in runs if run["server"] == _OURS]
        for run in runs:
            for ratio, value in _RATIOS.items():
                usual = sum(each[value] for each in ours) / len(ours)
                run[ratio] = run[value] / usual
            table.add_row(*(show(run) for show in _COLUMNS.values()))
        figures += runs
    console.print(table)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
