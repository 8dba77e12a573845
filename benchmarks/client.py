"""What tracing costs an agent: microseconds a span on its own thread.

The plain OpenTelemetry SDK, its batch processor with the OTLP/HTTP exporter, and AuditTrail's
processor and exporter with live spans off and on take turns in one process, against a server in
another that answers at once, and against one that does not answer for 30 seconds. Short spans end
at once; long ones live for 0.2 s, so that each of them is sent as running first.

Where the server hangs, the SDK's processor drops what does not fit into its queue, and AuditTrail's
exporter goes on writing to its spool. The longest call has pauses of Python's garbage collector and
of the machine in it: compare it with the one without a processor.

    python benchmarks/client.py
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.runs import HERE, run_program

_REFERENCE = "SDK batch"


@contextlib.contextmanager
def sink(hang: float) -> Iterator[str]:
    """The address of a receiver that does nothing."""
    with subprocess.Popen(
        [sys.executable, HERE / "sink.py", "--hang", str(hang)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20, help="turns of each variant")
    parser.add_argument("--hang", type=float, default=30.0, help="seconds")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    console = Console()
    figures: list[dict[str, Any]] = []
    for hang in (0.0, given.hang):
        server = f"a server that hangs {hang:g} s" if hang else "a server that answers"
        table = Table(title=f"µs a span on the agent's thread, against {server}")
        for heading in ("spans", "tracing", "µs/span", "ratio", "CPU µs/span", "ratio",
                        "longest call ms"):  # fmt: skip
            table.add_column(heading, justify="right")
        for scenario, steps, rounds in (("short", 300, given.rounds), ("long", 1000, 4)):
            with console.status(f"{scenario} spans, {server}"), sink(hang) as address:
                options = ("--steps", steps, "--rounds", rounds, "--hangs", int(hang > 0))
                told = run_program("tracing.py", address, scenario, *options)
            reference = told[_REFERENCE]
            for variant, run in told.items():
                figures.append({"server": server, "spans": scenario, "tracing": variant, **run})
                table.add_row(
                    scenario,
                    variant,
                    f"{run['us_per_span']:.1f}",
                    f"{run['us_per_span'] / reference['us_per_span']:.2f}",
                    f"{run['cpu_us_per_span']:.1f}",
                    f"{run['cpu_us_per_span'] / reference['cpu_us_per_span']:.2f}",
                    f"{run['longest_call_ms']:.1f}",
                    end_section=variant == list(told)[-1],
                )
        console.print(table)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
