"""Moments on the command line."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Final

from audittrail.errors import SettingsError

__all__ = ["since_ns", "since_text"]

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def since_ns(text: str) -> int:
    """``30m``, ``24h``, ``7d`` ago, ``all``, or ISO 8601; UTC ns. Raises SettingsError."""
    if text == "all":
        return 0
    match = re.fullmatch(r"(\d{1,6})([smhdw])", text)
    if match:
        return time.time_ns() - int(match[1]) * _UNITS[match[2]] * 10**9
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(
            f"{text!r} is no time: 30m, 24h, 7d, all, 2026-01-31 or 2026-01-31T12:00:00Z."
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * 10**9


def since_text(text: str) -> str:
    """The same for the API."""
    return datetime.fromtimestamp(since_ns(text) / 1e9, UTC).isoformat()
