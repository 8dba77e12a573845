"""Packages that pages ask to install and that the project does not need itself.

They are installed once, into ``.cache``, from a file of this folder's ``packages`` that fixes their
versions: ``<name>.json`` is a package.json, ``<name>.txt`` is a list for pip.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.docs.blocks import ROOT
from tests.support.tools import lacking, need

_LISTS: Final = Path(__file__).parent / "packages"
_CACHE: Final = ROOT / ".cache"
_QUIET: Final = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
# A stand-in for npm: `npm install` only says whether what it names is here.
_NPM: Final = """#!/bin/sh
set -eu
[ "$1" = install ]
shift
for package; do
  [ -d "node_modules/$package" ] || { echo "npm has no $package for this test" >&2; exit 1; }
done
"""


def node_packages(name: str, folder: Path) -> None:
    """The packages are found in the folder, and ``npm`` says whether they are, in ``bin``."""
    need("node", "nodejs")
    npm = need("npm", "npm")
    wanted = (_LISTS / f"{name}.json").read_bytes()

    def install(home: Path) -> None:
        (home / "package.json").write_bytes(wanted)
        _run([npm, "install", *_QUIET], home)

    home = _once(f"docs-node-{name}", wanted, install)
    (folder / "node_modules").symlink_to(home / "node_modules")
    stand_in = folder / "bin" / "npm"
    stand_in.parent.mkdir(exist_ok=True)
    stand_in.write_text(_NPM)
    stand_in.chmod(0o755)


def python_packages(name: str) -> Path:
    """The folder of an environment's programs; AuditTrail's client is installed in it, too."""
    wanted = (_LISTS / f"{name}.txt").read_bytes()
    with (ROOT / "pyproject.toml").open("rb") as file:
        client = repr(tomllib.load(file)["project"]["dependencies"]).encode()

    def install(home: Path) -> None:
        _run([sys.executable, "-m", "venv", str(home)], home)
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        _run([*pip, "-r", str(_LISTS / f"{name}.txt"), "-e", str(ROOT)], home)

    return _once(f"docs-python-{name}", wanted + client, install, in_place=True) / "bin"


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=900, check=False
    )
    if done.returncode != 0:
        lacking(f"{' '.join(command)}: {done.stderr[-2000:]}")


def _once(
    name: str, wanted: bytes, install: Callable[[Path], None], *, in_place: bool = False
) -> Path:
    """The folder that ``install`` has filled for this content, now or in an earlier run. One that
    cannot be moved is filled ``in_place``, and is whole when its mark is there."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(wanted + version.encode()).hexdigest()[:12]
    home = _CACHE / f"{name}-{digest}"
    mark = home / ".whole"
    if mark.is_file():
        return home
    _CACHE.mkdir(exist_ok=True)
    if in_place:
        shutil.rmtree(home, ignore_errors=True)  # half of an earlier run
        home.mkdir()
        install(home)
        mark.touch()
        return home
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=_CACHE) as made:
        fresh = Path(made) / "fresh"
        fresh.mkdir()
        install(fresh)
        (fresh / mark.name).touch()
        try:
            fresh.rename(home)
        except OSError:
            assert mark.is_file()  # another test run was faster
    return home
