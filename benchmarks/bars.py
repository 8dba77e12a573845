"""Bars that figures must hold."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Bar"]


class Bar(NamedTuple):
    """``value`` must be at least ``least``, or at most ``most``."""

    what: str
    value: float
    least: float | None = None
    most: float | None = None

    @property
    def held(self) -> bool:
        return (self.least is None or self.value >= self.least) and (
            self.most is None or self.value <= self.most
        )
