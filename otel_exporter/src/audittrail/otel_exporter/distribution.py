"""What this package says of itself in what it sends."""

from __future__ import annotations

import functools
import importlib.metadata
from typing import Final

__all__ = ["DISTRIBUTION", "version"]

DISTRIBUTION: Final = "audittrail-otel"


@functools.cache
def version() -> str:
    """Of the installed distribution; ``unknown`` where it runs from its sources alone."""
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
