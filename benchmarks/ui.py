"""How fast the dashboard is, in a headless browser on the same machine.

    python benchmarks/ui.py                      all parts
    python benchmarks/ui.py traces live          some: list, traces, live, seen, viewers
    python benchmarks/ui.py list --traces 100000

* list: the first page of a list over a million traces.
* traces: traces of 300, 10,000 and 100,000 spans, each view, and switching between views.
* live: a trace that grows by 200 spans a second for a minute, and whether what is shown then equals
  a fresh load.
* seen: from a span's start being stored until it is on the screen, a hundred times.
* viewers: what 20 browsers that watch one live trace cost ingest; the ratio of two runs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.ui_live import live, seen, viewers
from benchmarks.ui_loading import trace_list, traces

_PARTS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "list": trace_list,
    "traces": traces,
    "live": live,
    "seen": seen,
    "viewers": viewers,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=[*_PARTS, []], default=[])
    parser.add_argument("--traces", type=int, default=1_000_000, help="in the list")
    parser.add_argument("--seconds", type=int, default=60, help="of the live trace")
    parser.add_argument("--viewers", type=int, default=20)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    console = Console()
    figures: dict[str, Any] = {}
    for name in given.parts or _PARTS:
        with console.status(name):
            figures[name] = _PARTS[name](given)
        console.print(name)
        for what, value in figures[name].items():
            console.print(
                f"  {what:<44} {value:>12,.2f}"
                if isinstance(value, float)
                else f"  {what:<44} {value!s:>12}"
            )
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
