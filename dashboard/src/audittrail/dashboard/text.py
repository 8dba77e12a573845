"""Numbers as people read them. Unknown is ``--``, never 0."""

from __future__ import annotations

from typing import Final

__all__ = ["cost", "count", "duration"]

_UNKNOWN: Final = "--"
_BADGES: Final = {
    "agent": "Agent",
    "estimated": "Estimated",
    "default": "Default rate",
    "mixed": "Mixed",
}
_SECOND_MS: Final = 1000
_MINUTE_MS: Final = 60_000


def duration(milliseconds: float | None) -> str:
    if milliseconds is None:
        return _UNKNOWN
    if milliseconds < _SECOND_MS:
        return f"{milliseconds:.0f} ms"
    if milliseconds < _MINUTE_MS:
        return f"{milliseconds / _SECOND_MS:.1f} s"
    minutes, rest = divmod(milliseconds, _MINUTE_MS)
    return f"{minutes:.0f} min {rest / _SECOND_MS:.0f} s"


def count(value: int | None) -> str:
    return _UNKNOWN if value is None else f"{value:,}"


def cost(value: float | None, source: str | None, unpriced: int = 0) -> str:
    """USD to two digits or better, with where it is from."""
    if value is None:
        return "-- (Unpriced)" if source == "unpriced" else _UNKNOWN
    digits = 2
    while value and digits < 8 and round(value, digits) < value * 0.95:
        digits += 1
    at_least = ">= " if unpriced else ""
    return f"{at_least}${value:.{digits}f} ({_BADGES.get(source or '', source)})"
