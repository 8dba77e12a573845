"""How long to wait before the next attempt."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

__all__ = ["Backoff", "parse_retry_after"]

FIRST_SECONDS: Final = 0.5
MOST_SECONDS: Final = 30.0
# A server that asks for more is asked again after this.
MOST_ASKED_SECONDS: Final = 900.0


class Backoff:
    """Exponential with full jitter, so that agents do not all come back in one moment."""

    def __init__(self) -> None:
        self._attempts = 0
        self._random = random.Random()  # noqa: S311  (no secret depends on it)

    def reset(self) -> None:
        self._attempts = 0

    def next(self, asked: float | None = None) -> float:
        """Seconds until the next attempt; what the server asked for, where it did."""
        most = min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** min(self._attempts, 16))
        self._attempts += 1
        jitter = self._random.uniform(0, most)
        if not asked:
            return jitter
        return min(asked, MOST_ASKED_SECONDS) + min(jitter, asked / 10)


def parse_retry_after(text: str | None, now: datetime | None = None) -> float | None:
    """Seconds, from a number or a date; None where it is neither."""
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - (now or datetime.now(UTC))).total_seconds())
