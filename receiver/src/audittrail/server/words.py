"""Words around numbers."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, what: str) -> str:
    """``1 span``, ``1,200 spans``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
