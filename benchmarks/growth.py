"""How storing and reading change while a database grows.

Of a hundred spans 99 are of 2.4 KB, and one is of an agent that resends its history for 150 turns.
After each step of growth: how fast spans of 2.4 KB are stored, by what a server with an empty
database stores in the same minute; the 95th percentile of what the views ask for; and the CPU of
opening a call of turn 150. Half of the traces that are opened are from the first step.

    python benchmarks/growth.py                     2 million spans
    python benchmarks/growth.py --spans 10000000    some 40 GB are sent
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.servers import Server

from benchmarks.reading import Reader
from benchmarks.runs import fresh_server, send
from benchmarks.texts import COMMON_WORD
from benchmarks.usage import Usage, disk_bytes

_LARGE: Final = 10_000
_MEDIUM: Final = 50
_TURNS: Final = 150
_HISTORIES: Final = 0.01
_RARE: Final = "xylograph"
_ABSENT: Final = "quixotry"
# How often a call of turn 150 is opened: the kernel counts CPU in hundredths of a second.
_OPENED: Final = 20

_TITLES: Final = {
    "spans": "spans",
    "stored_per_s": "stored/s",
    "of_empty": "of empty",
    "ack_p99_ms": "ack p99",
    "newest": "list",
    "paged": "paging",
    "dearest": "by cost",
    "filtered": "filtered",
    "opened": f"{_MEDIUM} spans",
    "skeleton": f"{_LARGE:,} spans",
    "common_word": "common word",
    "rare_word": "rare word",
    "absent_word": "absent word",
    "last_turn_cpu_ms": "turn 150 CPU",
    "all_turns_cpu_ms": "its trace CPU",
    "memory_mib": "MiB",
    "peak_mib": "peak MiB",
    "disk_per_span": "disk B/span",
}


class Growth:
    """A database that grows, and somebody who looks at it."""

    def __init__(self, server: Server, sample: int) -> None:
        """``sample`` spans are sent to an empty server for comparison."""
        self._server = server
        self._usage = Usage(server.process.pid)
        self._reader = Reader(server.api)
        self._sample = sample
        self._spans = 0
        self._opened: list[str] = []
        self._histories: list[str] = []

    def _send(self, spans: int, **options: int | str) -> Any:
        told = send(self._server, "grpc", spans, **options)
        self._spans += told["spans"]
        return told

    def step(self, spans: int, say: Callable[[str], None]) -> dict[str, Any]:
        """Store ``spans`` more, then look."""
        turns = max(int(spans * _HISTORIES), _TURNS + 1)
        with self._usage.watched():
            say("storing")
            plain = self._send(spans - turns - self._sample - _LARGE - 40 * _MEDIUM)
            say("storing histories")
            histories = self._send(turns, turns=_TURNS, flights=2)
            say("storing what is looked for")
            self._send(16, per_request=16, flights=1, word=_RARE)
            medium = self._send(40 * _MEDIUM, per_request=_MEDIUM, per_trace=_MEDIUM)
            large = self._send(_LARGE, per_request=_LARGE, per_trace=_LARGE, flights=1)
            self._usage.settle()
            say("storing here and in an empty database")
            with fresh_server() as empty:
                send(empty, "grpc", 10_000)
                before = send(empty, "grpc", self._sample)["spans_per_s"]
                sample = self._send(self._sample)
                after = send(empty, "grpc", self._sample)["spans_per_s"]
            self._usage.settle()
            self._opened += medium["traces"]
            self._histories += histories["traces"]
            say("reading")
            return {
                "spans": self._spans,
                "stored_per_s": plain["spans_per_s"],
                "of_empty": sample["spans_per_s"] / ((before + after) / 2),
                "ack_p99_ms": plain["ack_p99_ms"],
                "refused": plain["refused"] + histories["refused"],
                **self._look(large["traces"][0], say),
                "memory_mib": self._usage.memory_mib(),
                "peak_mib": self._usage.peak_mib,
                "disk_per_span": disk_bytes(self._server.folder, "audittrail.duckdb*")
                / self._spans,
            }

    def _look(self, large: str, say: Callable[[str], None]) -> dict[str, float]:
        reader = self._reader
        recent = random.sample(self._opened, min(40, len(self._opened)))
        told = {
            "newest": reader.newest(),
            "paged": reader.paged(),
            "dearest": reader.dearest(),
            "filtered": reader.filtered(),
            "opened": reader.opened(self._opened[:40] + recent),
            "skeleton": reader.skeleton(large, _LARGE),
        }
        say("searching")
        told |= {
            "common_word": reader.searched(COMMON_WORD, least=50),
            "rare_word": reader.searched(_RARE, least=1),
            "absent_word": reader.searched(_ABSENT),
        }
        say("opening histories")
        chosen = random.choices(self._histories, k=_OPENED)
        last = [(trace, reader.last_span(trace)) for trace in chosen]
        return told | {
            "last_turn_cpu_ms": self._cpu_ms(lambda: [reader.span(*each) for each in last]),
            "all_turns_cpu_ms": self._cpu_ms(lambda: [reader.payload(each) for each in chosen]),
        }

    def _cpu_ms(self, ask: Callable[[], list[Any]]) -> float:
        """The server's CPU for each of the things that are asked for."""
        self._usage.settle()
        before = self._usage.cpu_seconds()
        count = len(ask())
        return (self._usage.cpu_seconds() - before) / count * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spans", type=int, default=2_000_000)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    size = given.spans // given.steps
    least = 2 * _LARGE
    if size < least:
        parser.error(f"a step of {size} spans is too small: {least} are needed")
    console = Console(width=None if sys.stdout.isatty() else 150)
    figures: list[dict[str, Any]] = []
    with fresh_server() as server, Progress(console=console, transient=True) as progress:
        send(server, "grpc", 20_000)
        growth = Growth(server, sample=min(100_000, size // 4))
        task = progress.add_task("", total=given.steps)
        for number in range(1, given.steps + 1):

            def say(what: str, step: str = f"step {number} of {given.steps}") -> None:
                progress.update(task, description=f"{step}: {what}")

            figures.append(growth.step(size, say))
            progress.advance(task)
            # At once too, and kept if it is interrupted: all steps together take long.
            progress.console.print(_line(figures[-1]), style="dim")
            if given.json:
                given.json.write_text(json.dumps(figures, indent=1) + "\n")
    console.print(_table(figures))
    console.print(
        f"With {figures[-1]['spans']:,} spans storing is at {figures[-1]['of_empty']:.2f} of an "
        "empty database."
    )


def _shown(name: str, value: float) -> str:
    return f"{value:,.2f}" if name == "of_empty" else f"{value:,.0f}"


def _line(figures: dict[str, Any]) -> str:
    return "  ".join(f"{title} {_shown(name, figures[name])}" for name, title in _TITLES.items())


def _table(steps: list[dict[str, Any]]) -> Table:
    """A column for each step: there are more figures than a screen is wide."""
    table = Table(title="Reading: p95 in milliseconds; CPU in milliseconds")
    for heading in ("", *(f"{step['spans'] / 1e6:.2f} M" for step in steps)):
        table.add_column(heading, justify="right")
    for name, title in _TITLES.items():
        table.add_row(title, *(_shown(name, step[name]) for step in steps))
    return table


if __name__ == "__main__":
    main()
