"""How fast spans are stored: acknowledged means committed and on the disk.

The client is a process of its own on the same machine. Machines are noisy, so the same rows are
inserted straight from Arrow into an empty DuckDB file before and after each run: the ratio between
the two says more than either.

    python benchmarks/ingest.py
    python benchmarks/ingest.py --spans 500000 --flights 16
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.runs import fresh_server, run_program, send


def measure(door: str, spans: int, per_request: int, flights: int) -> dict[str, Any]:
    """One run against a server of its own; fails unless every span is stored once."""
    with fresh_server() as server:
        warm_up = send(server, door, 20 * per_request, per_request=per_request, flights=flights)
        before = server.cpu_seconds()
        told = send(server, door, spans, per_request=per_request, flights=flights)
        told["server_cpu_us"] = (server.cpu_seconds() - before) / told["spans"] * 1e6
        sent = told["spans"] + warm_up["spans"]
        told["peak_rss_mib"] = server.peak_rss_mib
        server.stop()
        path = server.folder / "audittrail.duckdb"
        told["file_bytes"] = path.stat().st_size / sent
        with duckdb.connect(str(path), read_only=True) as file:
            counted = file.execute("select count(distinct (trace_id, span_id)) from spans")
            [[stored]] = counted.fetchall()
        if stored != sent:
            raise SystemExit(f"{stored} spans are stored, {sent} were acknowledged")
    return told


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spans", type=int, default=200_000, help="in each run")
    parser.add_argument("--per-request", type=int, default=512)
    parser.add_argument("--flights", type=int, default=8, help="requests at the same time")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    console = Console()

    def straight() -> float:
        with console.status("inserting the same rows straight from Arrow"):
            told = run_program("straight.py", "--spans", given.spans)
        return float(told["spans_per_s"])

    table = Table(title=f"{given.spans:,} spans, {given.per_request} in a request")
    for heading in (
        "door", "spans/s", "ack p50 ms", "ack p99 ms", "peak RSS MiB", "server CPU µs/span",
        "client CPU µs/span", "bytes/span on disk", "straight spans/s", "ratio",
    ):  # fmt: skip
        table.add_column(heading, justify="right")
    figures = []
    reference = straight()
    for _ in range(given.rounds):
        for door in ("grpc", "http"):
            with console.status(f"sending over {door}"):
                run = measure(door, given.spans, given.per_request, given.flights)
            after = straight()
            run["straight_spans_per_s"] = (reference + after) / 2
            run["ratio"] = run["spans_per_s"] / run["straight_spans_per_s"]
            run.pop("traces")
            reference = after
            figures.append(run)
            table.add_row(
                door,
                f"{run['spans_per_s']:,.0f}",
                f"{run['ack_p50_ms']:.0f}",
                f"{run['ack_p99_ms']:.0f}",
                f"{run['peak_rss_mib']:.0f}",
                f"{run['server_cpu_us']:.0f}",
                f"{run['client_cpu_s'] / run['spans'] * 1e6:.0f}",
                f"{run['file_bytes']:.0f}",
                f"{run['straight_spans_per_s']:,.0f}",
                f"{run['ratio']:.2f}",
            )
    console.print(table)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
