"""A stand-in for pip: ``pip install`` only says whether what it names is installed, with all that
it requires. The real one takes a second to say so.

    python pip.py SITE_PACKAGES install REQUIREMENT...
"""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

__all__ = ["pip_of"]


def pip_of(programs: Path, folder: Path) -> None:
    """Put ``pip`` into the folder; it speaks for the environment that has these programs."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = programs.parent / "lib" / version / "site-packages"
    folder.mkdir(exist_ok=True)
    stand_in = folder / "pip"
    stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" "{packages}" "$@"\n')
    stand_in.chmod(0o755)


def _check(wanted: Requirement, packages: str, seen: set[tuple[str, str]]) -> None:
    """Ends the program if it is not there, in this version, with what it requires."""
    found = next(iter(metadata.distributions(name=wanted.name, path=[packages])), None)
    if found is None or not wanted.specifier.contains(found.version, prereleases=True):
        sys.exit(f"No matching distribution found for {wanted}")
    for extra in ("", *sorted(wanted.extras)):
        if (wanted.name, extra) in seen:
            continue
        seen.add((wanted.name, extra))
        for text in found.requires or ():
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                _check(needed, packages, seen)


def main() -> None:
    packages, command, *words = sys.argv[1:]
    if command != "install" or not words:
        sys.exit(f"pip {command} is not known here")
    seen: set[tuple[str, str]] = set()
    for word in words:
        _check(Requirement(word), packages, seen)


if __name__ == "__main__":
    main()
