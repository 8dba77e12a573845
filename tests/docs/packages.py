"""Packages that pages ask to install and that the project does not need itself.

They are installed once, into ``.cache``, from a file of this folder's ``packages`` that fixes their
versions: ``<name>.json`` is a package.json, ``<name>.txt`` is a list for pip. Those that this
environment has in the same version are linked from it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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
    pinned = (_LISTS / f"{name}.txt").read_text().split()
    linked, missing = dict[str, metadata.Distribution](), []
    for each in pinned:
        package, _, version = each.partition("==")
        own = next(iter(metadata.distributions(name=package)), None)
        if own is not None and own.version == version:
            linked[canonicalize_name(package)] = own
        else:
            missing.append(each)
    _with_all_it_requires("audittrail-otel", linked, {*map(_name, pinned)})

    def install(home: Path) -> None:
        _run([sys.executable, "-m", "venv", "--without-pip", str(home)], home)
        for each in linked.values():
            _link(each, home)
        pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "install"]
        _run([*pip, "--quiet", "--no-deps", "--no-compile", *missing], home)

    wanted = [sysconfig.get_path("purelib"), *missing]
    wanted += [f"{name}=={each.version}" for name, each in sorted(linked.items())]
    return _once(f"docs-python-{name}", "\n".join(wanted).encode(), install, in_place=True) / "bin"


def _name(requirement: str) -> str:
    return canonicalize_name(Requirement(requirement).name)


def _with_all_it_requires(
    name: str, found: dict[str, metadata.Distribution], others: set[str]
) -> None:
    """Add a distribution of this environment, and what it requires but for those others."""
    found[name] = metadata.distribution(name)
    for needed in map(Requirement, found[name].requires or ()):
        required = canonicalize_name(needed.name)
        applies = needed.marker is None or needed.marker.evaluate({"extra": ""})
        if applies and required not in {*found, *others}:
            _with_all_it_requires(required, found, others)


def _link(distribution: metadata.Distribution, home: Path) -> None:
    """Have an installed distribution in another environment as well."""
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(home)}))
    for file in distribution.files or ():
        here, there = Path(str(file.locate())), Path(os.path.normpath(packages / file))
        if not here.exists():
            continue
        there.parent.mkdir(parents=True, exist_ok=True)
        if there.parent == home / "bin":
            _, _, rest = here.read_text("utf-8").partition("\n")
            there.write_text(f"#!{home / 'bin' / 'python'}\n{rest}", "utf-8")
            there.chmod(0o755)
        else:
            there.symlink_to(here)


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
