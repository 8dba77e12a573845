"""Slowing down those who guess passwords."""

from __future__ import annotations

import math
import time
from typing import Final

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from audittrail.errors import AuditTrailError

__all__ = ["LoginThrottle", "TooManyAttempts"]

# Per address and account, per account from anywhere, and per address to any account.
_PAIR: Final = "10 per minute"
_ACCOUNT: Final = "100 per hour"
_ADDRESS: Final = "60 per minute"


class TooManyAttempts(AuditTrailError):
    """Too many attempts to log in or register; ``retry_after`` is in seconds (HTTP 429)."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"Too many attempts. Try again in {math.ceil(retry_after)} s.")
        self.retry_after = retry_after


class LoginThrottle:
    """Counts attempts within moving windows, in memory."""

    def __init__(self, pair: str = _PAIR, account: str = _ACCOUNT, address: str = _ADDRESS) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._pair, self._account, self._address = parse(pair), parse(account), parse(address)

    def attempt(self, address: str, email: str) -> None:
        """Count an attempt. Raises TooManyAttempts when there were too many."""
        email = email.lower()
        counted: tuple[tuple[RateLimitItem, tuple[str, ...]], ...] = (
            (self._pair, ("pair", address, email)),
            (self._account, ("account", email)),
            (self._address, ("address", address)),
        )
        for limit, names in counted:
            self._count(limit, *names)

    def visit(self, address: str) -> None:
        """Count a look at the demonstration, which has no account."""
        self._count(self._address, "demo", address)

    def _count(self, limit: RateLimitItem, *names: str) -> None:
        if not self._limiter.hit(limit, *names):
            reset = self._limiter.get_window_stats(limit, *names).reset_time
            raise TooManyAttempts(max(reset - time.time(), 1.0))
