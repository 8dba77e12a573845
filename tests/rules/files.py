"""Pricing files for tests."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from audittrail.rules.pricing import Pricer

__all__ = ["at", "pricer", "write"]

# Modification times that differ, however coarse the clock of the file system is.
_TICK = 1_000_000_000


def write(folder: Path, text: str) -> Path:
    """Write the pricing file of a rules folder, and make it look changed."""
    path = folder / "pricing.yaml"
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text, "utf-8")
    stamp = max(before + _TICK, path.stat().st_mtime_ns)
    os.utime(path, ns=(stamp, stamp))
    return path


def pricer(folder: Path, text: str) -> Pricer:
    write(folder, text)
    return Pricer(folder)


def at(day: str) -> int:
    """Midnight UTC, or another time of that day, in ns since the epoch."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 10**9
