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
_MAX_DIGITS: Final = 10
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
    """USD to a cent, or to 2% where that is finer, with where it is from."""
    if value is None:
        return "-- (Unpriced)" if source == "unpriced" else _UNKNOWN
    digits = 2
    while digits < _MAX_DIGITS and abs(round(value, digits) - value) > value * 0.02:
        digits += 1
    at_least = ">= " if unpriced else ""
    shown = f"{at_least}${value:.{digits}f}"
    if 0 < value < 10**-_MAX_DIGITS:
        shown = f"< ${10**-_MAX_DIGITS:.{_MAX_DIGITS}f}"
    return f"{shown} ({_BADGES.get(source or '', source)})"
