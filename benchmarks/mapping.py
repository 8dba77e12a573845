"""What understanding all dialects costs, beside understanding three.

Requests are decoded, mapped and stored in this process, by turns with all dialects and with those
of the first release (AuditTrail's own, OpenInference, OpenTelemetry's), each into an empty file.
The ratio of the two rates is what counts; a ratio of 0.75 would mean that a quarter is lost.

    python benchmarks/mapping.py
    python benchmarks/mapping.py --rounds 9
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.truth import NAMES, payloads

from audittrail.receiver.mapping.dialect import Dialect
from audittrail.receiver.mapping.dialects import DIALECTS
from audittrail.receiver.mapping.engine import Engine
from audittrail.receiver.otlp.protobuf import decode_traces
from audittrail.receiver.spans import build_spans
from audittrail.rules.pricing import Pricer
from audittrail.rules.shipped import default_rules_dir
from audittrail.storage.duckdb.store import DuckDBStore
from benchmarks.payload import build_request
from benchmarks.renewable import Renewable

_FIRST: Final = ("audittrail", "openinference", "otel", "otel_genai")
_WAITING: Final = 8


def rate(bodies: Sequence[bytes], dialects: Sequence[Dialect]) -> float:
    """Spans per second, from bytes to the last commit."""
    engine, price = Engine(dialects), Pricer(default_rules_dir())
    with tempfile.TemporaryDirectory(prefix="audittrail-mapping-") as folder:
        store = DuckDBStore(Path(folder) / "mapping.duckdb")
        spans = 0
        waiting = []
        started = time.perf_counter()
        for body in bodies:
            decoded = decode_traces(body)
            spans += len(decoded)
            batch = build_spans(decoded, "owner", time.time_ns(), engine, price)
            waiting.append(store.writer.append(batch))
            if len(waiting) >= _WAITING:
                waiting.pop(0).result()
        for future in waiting:
            future.result()
        seconds = time.perf_counter() - started
        store.close()
    return spans / seconds


def uniform(count: int) -> list[bytes]:
    """Requests of 512 spans as one instrumentation sends them."""
    made = [Renewable(build_request(512, seed, time.time_ns())) for seed in range(8)]
    return [made[turn % 8].renewed()[0] for turn in range(count)]


def captured(times: int) -> list[bytes]:
    """What real instrumentations sent, one after the other."""
    bodies = [body for name in NAMES for signal, body in payloads(name) if signal == "traces"]
    return bodies * times


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=60, help="of 512 spans, in each run")
    given = parser.parse_args()
    console = Console()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    first = [each for each in DIALECTS if each.name in _FIRST]
    table = Table("requests", "three dialects", f"all {len(DIALECTS)}", "ratio, median", "ratios")
    for name, bodies in (
        ("of one instrumentation", uniform(given.requests)),
        ("captured, of all", captured(3)),
    ):
        rate(bodies[: len(bodies) // 4], DIALECTS)  # warm up
        pairs = [(rate(bodies, first), rate(bodies, DIALECTS)) for _ in range(given.rounds)]
        few, many = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratios = sorted(full / least for least, full in pairs)
        told = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        middle = f"{statistics.median(ratios):.2f}"
        table.add_row(name, f"{few:,.0f}/s", f"{many:,.0f}/s", middle, told)
    console.print(table)


if __name__ == "__main__":
    main()
