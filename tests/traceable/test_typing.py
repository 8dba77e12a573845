"""Decorated functions keep their types for those who use a type checker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHECKERS = [
    ["mypy", "--strict", "--warn-unused-ignores", "--cache-dir={tmp}"],
    ["pyright"],
]


@pytest.mark.parametrize("checker", CHECKERS, ids=["mypy", "pyright"])
def test_types_are_kept(checker: list[str], tmp_path: Path) -> None:
    """Parameters and results, of functions of every kind and of methods."""
    name, *arguments = [part.format(tmp=tmp_path) for part in checker]
    program = Path(sys.executable).with_name(name)
    code = Path(__file__).with_name("typed.py")
    ran = subprocess.run(
        [program, *arguments, code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
