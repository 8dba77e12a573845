"""What a run may spend, charged before each call."""

from __future__ import annotations

from audittrail.errors import AuditTrailError

__all__ = ["Budget", "BudgetSpent"]


class BudgetSpent(AuditTrailError):
    """The next call could cost more than is left."""


class Budget:
    """``charge`` before a call with the most that it can cost, ``settle`` with what it did cost."""

    def __init__(self, max_calls: int | None, max_usd: float | None) -> None:
        self._max_calls = max_calls
        self._max_usd = max_usd
        self.calls = 0
        self.usd = 0.0

    def charge(self, usd: float | None) -> None:
        """Raises BudgetSpent, and charges nothing then."""
        if self._max_calls is not None and self.calls >= self._max_calls:
            raise BudgetSpent(f"The budget of {self._max_calls:,} calls is spent.")
        if self._max_usd is not None and self.usd + (usd or 0.0) > self._max_usd:
            raise BudgetSpent(
                f"The budget of {self._max_usd:g} USD is spent: {self.usd:.4g} USD so far, and the "
                f"next call may cost up to {usd or 0.0:.2g} USD."
            )
        self.calls += 1
        self.usd += usd or 0.0

    def settle(self, charged: float | None, actual: float | None) -> None:
        """``actual`` is None where nobody knows; then what was charged stays."""
        if actual is not None:
            self.usd += actual - (charged or 0.0)

    def release(self, charged: float | None) -> None:
        """A call that was not answered."""
        self.calls -= 1
        self.usd -= charged or 0.0
