"""What traces are filtered by, without the language that it was written in.

All terms hold. Those of spans hold for one and the same span; a negated one of them for no span of
the trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["NUMBER_KEYS", "SPAN_KEYS", "TEXT_KEYS", "Range", "Term"]

# What a trace as a whole is asked for, and what one of its spans is. ``attr.<key>`` is one too.
NUMBER_KEYS: Final = (
    "cost",
    "duration",
    "tokens",
    "spans",
    "errors",
    "violations",
    "started",
)
TEXT_KEYS: Final = ("status", "service", "session", "user", "env", "id", "agent")
SPAN_KEYS: Final = (
    "type",
    "model",
    "tool",
    "name",
    "span.status",
    "span.duration",
    "input",
    "output",
    "has",
)


@dataclass(frozen=True, slots=True)
class Range:
    """A number between two bounds; None is no bound. Durations and times are in ns, costs in
    USD."""

    low: float | None = None
    high: float | None = None
    without_low: bool = False
    without_high: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """Any of these values. In texts ``*`` stands for anything; they are compared in any case.
    ``key`` is one of the keys above, ``attr.<key>``, or empty for a text to be found anywhere."""

    key: str
    negated: bool = False
    texts: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()

    @property
    def of_span(self) -> bool:
        return self.key in SPAN_KEYS or self.key.startswith("attr.")
