"""What agents send, by the size of what they repeat."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["PLAIN", "SHAPES", "Shape"]

# What waits in a server's queue is limited; a trace of 150 turns is 24 MB.
_MOST_IN_FLIGHT: Final = 64_000_000


class Shape(NamedTuple):
    """``turns`` is None for calls that carry no history, 512 of them in a request."""

    name: str
    turns: int | None
    request_bytes: int
    spans: int
    """Enough for steady figures within a minute on two cores."""

    @property
    def per_request(self) -> int:
        return self.turns + 1 if self.turns else 512

    def options(self, flights: int) -> dict[str, int]:
        """How sender.py is told."""
        fits = max(1, min(flights, _MOST_IN_FLIGHT // self.request_bytes))
        return {"flights": fits} | ({"turns": self.turns} if self.turns else {})


PLAIN: Final = Shape("2.4 KB", None, 1_260_000, 100_000)
SHAPES: Final = {
    "2.4": PLAIN,
    "10": Shape("10 turns", 10, 131_000, 11_000),
    "50": Shape("50 turns", 50, 2_780_000, 9_000),
    "150": Shape("150 turns", 150, 24_300_000, 6_000),
}
