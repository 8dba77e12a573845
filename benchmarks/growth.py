"""How storing and reading change while a database grows.

After each step of growth: how fast the step was stored, and the 95th percentile of what the views
ask for. Half of the traces that are opened are from the first step.

    python benchmarks/growth.py                     2 million spans
    python benchmarks/growth.py --spans 10000000
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.servers import Server

from benchmarks.reading import Reader
from benchmarks.runs import fresh_server, run_program, send

_LARGE = 10_000
_MEDIUM = 50
_COLUMNS = {
    "spans": "spans",
    "stored_per_s": "stored/s",
    "straight_per_s": "straight/s",
    "ratio": "ratio",
    "ack_p99_ms": "ack p99",
    "newest": "list",
    "paged": "paging",
    "dearest": "by cost",
    "filtered": "filtered",
    "opened": f"{_MEDIUM} spans",
    "skeleton": f"{_LARGE:,} spans",
    "rss_mib": "peak MiB",
    "file_mib": "file MiB",
}


def step(server: Server, reader: Reader, spans: int, opened: list[str]) -> dict[str, Any]:
    """Store ``spans`` more, then look. ``opened`` collects traces of 50 spans."""
    straight = run_program("straight.py", "--spans", 50_000)["spans_per_s"]
    told = send(server, "grpc", spans)
    medium = send(server, "grpc", 40 * _MEDIUM, per_request=_MEDIUM, per_trace=_MEDIUM)
    large = send(server, "grpc", _LARGE, per_request=_LARGE, per_trace=_LARGE, flights=1)
    opened += medium["traces"]
    return {
        "stored_per_s": told["spans_per_s"],
        "straight_per_s": straight,
        "ratio": told["spans_per_s"] / straight,
        "ack_p99_ms": told["ack_p99_ms"],
        "newest": reader.newest(),
        "paged": reader.paged(),
        "dearest": reader.dearest(),
        "filtered": reader.filtered(),
        "opened": reader.opened(opened[:40] + random.sample(opened, min(40, len(opened)))),
        "skeleton": reader.skeleton(large["traces"][0], _LARGE),
        "rss_mib": server.peak_rss_mib,
        "file_mib": (server.folder / "audittrail.duckdb").stat().st_size / 2**20,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spans", type=int, default=2_000_000)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    console = Console(width=150)
    table = Table(title="p95 of reading in milliseconds")
    for heading in _COLUMNS.values():
        table.add_column(heading, justify="right")
    figures: list[dict[str, Any]] = []
    opened: list[str] = []
    size = given.spans // given.steps
    with fresh_server() as server:
        reader = Reader(server.api)
        send(server, "grpc", 20_000)
        for number in range(1, given.steps + 1):
            with console.status(f"step {number} of {given.steps}"):
                figures.append({"spans": number * size} | step(server, reader, size, opened))
            row = [f"{figures[-1][name]:,.{2 if name == 'ratio' else 0}f}" for name in _COLUMNS]
            table.add_row(*row)
            # At once too: all steps together take minutes.
            console.print("  ".join(map(" ".join, zip(_COLUMNS.values(), row, strict=True))))
    console.print(table)
    first, last = figures[0]["ratio"], figures[-1]["ratio"]
    console.print(f"Storing at the end is {last / first:.2f} of the start, each against straight.")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
