"""Breaks the product on purpose, and sees which tests notice.

Each mutant (``mutants.toml``) is a change of a few words in the sources that would harm users:
others could read their data, what was acknowledged would be lost, a bill would be wrong. The tests
of its group have to fail with it. What survives is a fact that nothing proves.

    python -m tests.mutants                         # all, about 15 minutes
    python -m tests.mutants --group cost --json mutants.json

The checkout is changed meanwhile and put back after each mutant, also by ^C; it must have no
changes of its own in the files that are mutated.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

ROOT: Final = Path(__file__).parent.parent
# What notices mutants of a group; cheap tests first, as the first failure ends the run.
TESTS: Final = {
    "isolation": [
        "tests/storage/test_duckdb.py",
        "tests/api/test_isolation.py",
        "tests/api/test_key_scopes.py",
        "tests/api/test_violations_of_owners.py",
    ],
    "durability": [
        "tests/storage/test_duckdb.py",
        "tests/storage/test_failures.py",
        "tests/otlp/test_redelivery.py",
        "tests/server/test_shutdown.py",
        "tests/durability/test_kill.py",
    ],
    "cost": [
        "tests/rules/test_rate.py",
        "tests/rules/test_file.py",
        "tests/rules/test_matching.py",
        "tests/rules/test_sources.py",
        "tests/rules/test_cost_truth.py",
        "tests/storage/test_rollup.py",
        "tests/mapping/test_cost.py",
        "tests/mapping/test_counting_once.py",
    ],
}


class Mutant(NamedTuple):
    """``changes`` are pairs of a text that stands once in the file, and what replaces it."""

    group: str
    name: str
    file: str
    changes: tuple[tuple[str, str], ...]


def read_mutants() -> list[Mutant]:
    """All of ``mutants.toml``."""
    entries = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["mutant"]
    return [
        Mutant(
            each["group"],
            each["name"],
            each["file"],
            tuple((change["old"], change["new"]) for change in each["change"]),
        )
        for each in entries
    ]


@contextmanager
def applied(mutant: Mutant) -> Iterator[None]:
    """The sources with the mutant in them, for the length of the block."""
    path = ROOT / mutant.file
    before = path.read_text("utf-8")
    text = before
    for old, new in mutant.changes:
        if text.count(old) != 1:
            raise SystemExit(f"{mutant.name}: {old!r} stands {text.count(old)} times in {path}")
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    try:
        yield
    finally:
        path.write_text(before, "utf-8")


def first_failure(tests: list[str], workers: int) -> str | None:
    """The test that failed first; None if all passed."""
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [
            *command,
            f"--numprocesses={workers}",
            "--dist=loadfile",
            "--no-loadscope-reorder",
            *tests,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return None
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0].split(" - ")[0] if failed else done.stdout[-300:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--group", action="append", choices=sorted(TESTS))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path, help="also write what was found to this file")
    given = parser.parse_args()
    console = Console(soft_wrap=True)
    found: dict[str, str | None] = {}
    for mutant in read_mutants():
        if given.group and mutant.group not in given.group:
            continue
        began = time.monotonic()
        with applied(mutant):
            noticed = first_failure(TESTS[mutant.group], given.workers)
        found[f"{mutant.group}: {mutant.name}"] = noticed
        verdict = f"[green]killed[/green] by {noticed}" if noticed else "[red]SURVIVED[/red]"
        console.print(
            f"{mutant.group}: {mutant.name}: {verdict} ({time.monotonic() - began:.0f} s)"
        )
        if given.json:
            given.json.write_text(json.dumps(found, indent=2))
    table = Table("group", "mutants", "killed")
    for group in TESTS:
        some = [noticed for name, noticed in found.items() if name.startswith(f"{group}:")]
        if some:
            table.add_row(group, str(len(some)), str(sum(each is not None for each in some)))
    console.print(table)
    sys.exit(any(noticed is None for noticed in found.values()))


if __name__ == "__main__":
    main()
