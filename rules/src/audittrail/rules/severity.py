"""How severe a violation is."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

__all__ = ["SEVERITIES", "Severity", "at_least"]

Severity: TypeAlias = Literal["info", "low", "medium", "high", "critical"]

SEVERITIES: Final[tuple[Severity, ...]] = ("info", "low", "medium", "high", "critical")


def at_least(severity: str, least: str) -> bool:
    """Whether ``severity`` is ``least`` or higher."""
    return SEVERITIES.index(severity) >= SEVERITIES.index(least)
