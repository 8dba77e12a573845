"""How fast spans are stored, and what that costs: acknowledged means committed and on the disk.

Spans of 2.4 KB, and agents whose every call carries the history of 10, 50 or 150 turns. The client
is a process of its own on the same machine. CPU is that of all processes of the server until
nothing is left to judge or to write. Unique bytes are those of the messages, each counted once.

Machines are noisy, so the same rows of 2.4 KB are inserted straight from Arrow into an empty DuckDB
file before and after each run of them: the ratio between the two rates says more than either.

    python benchmarks/ingest.py
    python benchmarks/ingest.py --shapes 2.4 --scale 5 --flights 16 --rounds 3
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import duckdb
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.runs import fresh_server, run_program, send
from benchmarks.shapes import PLAIN, SHAPES, Shape
from benchmarks.usage import Usage, disk_bytes

_COLUMNS: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "spans": lambda run: run["shape"],
    "door": lambda run: run["door"],
    "MB/s": lambda run: f"{run['mb_per_s']:.1f}",
    "spans/s": lambda run: f"{run['spans_per_s']:,.0f}",
    "of straight": lambda run: f"{run['of_straight']:.2f}" if "of_straight" in run else "",
    "CPU µs/span": lambda run: f"{run['server_cpu_us']:,.0f}",
    "CPU µs/KB": lambda run: f"{run['server_cpu_us'] / run['bytes_per_span'] * 1e3:.0f}",
    "disk/unique": lambda run: f"{run['disk_by_unique']:.2f}",
    "disk B/span": lambda run: f"{run['disk_per_span']:,.0f}",
    "ack p50": lambda run: f"{run['ack_p50_ms']:,.0f}",
    "p90": lambda run: f"{run['ack_p90_ms']:,.0f}",
    "p99 ms": lambda run: f"{run['ack_p99_ms']:,.0f}",
    "peak MiB": lambda run: f"{run['peak_mib']:,.0f}",
    "refused": lambda run: f"{run['refused']:,}",
}


def measure(shape: Shape, door: str, spans: int, flights: int) -> dict[str, Any]:
    """One run against a server of its own; fails unless every span is stored once."""
    options = shape.options(flights)
    with fresh_server() as server:
        usage = Usage(server.process.pid)
        with usage.watched():
            warm_up = send(server, door, options["flights"] * shape.per_request, **options)
            usage.settle()
            before = usage.cpu_seconds()
            told: dict[str, Any] = send(server, door, spans, **options)
            usage.settle()
            told["server_cpu_us"] = (usage.cpu_seconds() - before) / told["spans"] * 1e6
        told["peak_mib"] = usage.peak_mib
        server.stop()
        disk = disk_bytes(server.folder, "audittrail.duckdb*")
        sent = told["spans"] + warm_up["spans"]
        told["disk_per_span"] = disk / sent
        told["disk_by_unique"] = disk / (told["unique_bytes"] + warm_up["unique_bytes"])
        with duckdb.connect(str(server.folder / "audittrail.duckdb"), read_only=True) as file:
            counted = file.execute("select count(distinct (trace_id, span_id)) from spans")
            [[stored]] = counted.fetchall()
        if stored != sent:
            raise SystemExit(f"{stored} spans are stored, {sent} were acknowledged")
    told.pop("traces")
    return told | {"shape": shape.name}


def straight() -> float:
    """Rows of 2.4 KB that this machine inserts in a second, now."""
    return float(run_program("straight.py")["spans_per_s"])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--doors", nargs="+", choices=("grpc", "http"), default=["grpc", "http"])
    parser.add_argument("--scale", type=float, default=1.0, help="times as many spans in each run")
    parser.add_argument("--flights", type=int, default=8, help="requests at the same time")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 150)
    runs = [
        (SHAPES[shape], door)
        for _ in range(given.rounds)
        for shape in given.shapes
        for door in given.doors
    ]
    straight_before = straight() if "2.4" in given.shapes else 0.0
    table = Table(title=f"{given.flights} requests at a time, or as many as fit 64 MB")
    for heading in _COLUMNS:
        table.add_column(heading, justify="right")
    figures = []
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("", total=len(runs))
        for shape, door in runs:
            spans = max(int(shape.spans * given.scale), shape.per_request)
            progress.update(task, description=f"{shape.name} over {door}: {spans:,} spans")
            run = measure(shape, door, spans, given.flights)
            if shape is PLAIN:
                straight_after = straight()
                run["straight_spans_per_s"] = (straight_before + straight_after) / 2
                run["of_straight"] = run["spans_per_s"] / run["straight_spans_per_s"]
                straight_before = straight_after
            figures.append(run)
            cells = [show(run) for show in _COLUMNS.values()]
            table.add_row(*cells)
            progress.advance(task)
            # At once too: all together take minutes.
            progress.console.print(
                "  ".join(f"{name} {cell}" for name, cell in zip(_COLUMNS, cells, strict=True)),
                style="dim",
            )
    console.print(table)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
