"""How long to wait before a request is made again."""

from __future__ import annotations

import email.utils
import random
import re
from datetime import UTC, datetime
from typing import Final, NamedTuple

__all__ = ["Backoff", "is_passing", "retry_after"]

_SECONDS: Final = re.compile(r"\d{1,9}(?:\.\d{1,9})?")


class Backoff(NamedTuple):
    """Twice as long each time, with jitter, so that calls that failed together do not come back
    together. What the server asks for counts instead, up to ``longest_asked``."""

    first: float = 0.5
    longest: float = 30.0
    longest_asked: float = 60.0

    def pause(self, retry: int, asked: float | None) -> float:
        """Seconds before the ``retry``-th retry, which counts from 0."""
        spread = random.random()  # noqa: S311 - it keeps no secret
        if asked:
            return min(asked, self.longest_asked) * (1 + spread / 4)
        # 2.0**1000 is still a float.
        return float(min(self.first * 2.0 ** min(retry, 1000), self.longest) * (0.5 + spread / 2))


def is_passing(status: int) -> bool:
    """Whether the same request may succeed later."""
    return status in (408, 429) or 500 <= status < 600


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks to wait (RFC 9110, 10.2.3): a number, or a date. None
    without one that can be read; 0.0 for a date that is over."""
    if value is None:
        return None
    if _SECONDS.fullmatch(value.strip()):
        return float(value)
    try:
        date = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - now).total_seconds())
