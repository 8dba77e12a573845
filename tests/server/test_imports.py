"""Commands import what they use: counted in modules, as seconds depend on the machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.server.test_help import ALL

# A process of its own for each command, forked from one that has imported nothing but Python, so
# that no command sees what another one has imported.
_PROGRAM: Final = """
import json, os, sys

def modules(arguments):
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(readable)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        sys.argv = ["audittrail", *arguments]
        try:
            from audittrail.command import main
            main()
        except SystemExit:
            pass
        finally:
            with os.fdopen(writable, "w") as file:
                json.dump(sorted(sys.modules), file)
            os._exit(0)
    os.close(writable)
    with os.fdopen(readable) as file:
        found = json.load(file)
    os.waitpid(child, 0)
    return found

print(json.dumps([modules(each) for each in json.loads(sys.argv[1])]))
"""
_LIGHT: Final = 400
# Of libraries, or of ours, by what they are for.
_SERVER: Final = {"fastapi", "starlette", "uvicorn", "dash", "grpc", "websockets"}
_ARROW: Final = {"pyarrow", "numpy"}
_RULES: Final = {"sqlglot", "detect_secrets", "yaml", "py3langid"}
_HEAVY: Final = _SERVER | _ARROW | _RULES | {"duckdb", "pydantic", "httpx", "jwt", "argon2"}

# What commands at work import: at most so many modules, among them these, and none of those. In
# this order: the third uses the file that the first two made.
_AT_WORK: Final[dict[tuple[str, ...], tuple[int, set[str], set[str]]]] = {
    ("user", "add", "a@example.com", "--password", "correct horse battery"): (
        520,
        {"duckdb", "argon2", "pydantic_settings"},
        _SERVER | _ARROW | _RULES | {"httpx", "jwt"},
    ),
    ("key", "create", "--user", "a@example.com"): (
        490,
        {"duckdb", "pydantic_settings"},
        _SERVER | _ARROW | _RULES | {"httpx", "jwt", "argon2"},
    ),
    ("db", "check"): (
        700,
        {"duckdb", "pyarrow"},
        _SERVER | _RULES | {"httpx", "jwt", "argon2"},
    ),
    ("ablate", "0" * 32, "--endpoint", "http://127.0.0.1:9"): (
        520,
        {"httpx"},
        _SERVER | _ARROW | _RULES | {"duckdb", "jwt", "argon2"},
    ),
    ("rules", "schema"): (460, {"sqlglot"}, _SERVER | {"httpx", "detect_secrets", "jwt", "argon2"}),
    ("check", "none.json"): (
        1060,
        {"duckdb", "sqlglot"},
        _SERVER - {"grpc"} | {"dash", "jwt", "argon2"},
    ),
    ("doctor", "--endpoint", "http://127.0.0.1:9"): (
        640,
        {"httpx", "grpc"},
        (_SERVER - {"grpc"}) | _ARROW | _RULES | {"duckdb", "jwt", "argon2"},
    ),
}
_HELPED: Final = [*ALL, ("--version",)]


def _roots(modules: list[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], list[str]]:
    """The modules that each command has imported when it ends, by its arguments."""
    folder: Path = tmp_path_factory.mktemp("imports")
    helped = [path if path == ("--version",) else (*path, "--help") for path in _HELPED]
    asked = [*helped, *_AT_WORK]
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, json.dumps(asked)],
        env={**os.environ, "AUDITTRAIL_DATA_DIR": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return dict(zip(map(tuple, asked), json.loads(done.stdout), strict=True))


def _ids(paths: Any) -> Iterator[str]:
    return (" ".join(path[:2]) or "audittrail" for path in paths)


@pytest.mark.parametrize("path", _HELPED, ids=list(_ids(_HELPED)))
def test_help_imports_no_more_than_typer_and_rich(
    imported: dict[tuple[str, ...], list[str]], path: tuple[str, ...]
) -> None:
    """--help of every command, and --version, load no library that only work needs."""
    found = imported[path if path == ("--version",) else (*path, "--help")]
    assert _HEAVY & _roots(found) == set()
    assert len(found) <= _LIGHT


@pytest.mark.parametrize("command", _AT_WORK, ids=list(_ids(_AT_WORK)))
def test_commands_import_the_libraries_of_their_work(
    imported: dict[tuple[str, ...], list[str]], command: tuple[str, ...]
) -> None:
    """A command at work loads its own libraries, and none of a server or of another command."""
    most, needed, foreign = _AT_WORK[command]
    assert len(imported[command]) <= most
    roots = _roots(imported[command])
    assert needed <= roots
    assert foreign & roots == set()
