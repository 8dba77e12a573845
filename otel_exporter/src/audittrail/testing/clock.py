"""A clock for spans that shows the same times in every run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from opentelemetry.sdk import trace as sdk

__all__ = ["SpanClock", "deterministic_clock"]

NEW_YEAR: Final = 1_767_225_600_000_000_000
"""2026-01-01T00:00:00Z"""


class SpanClock:
    """Each reading is ``step_ns`` later than the one before it."""

    def __init__(self, start_ns: int = NEW_YEAR, step_ns: int = 1_000_000) -> None:
        self._now = start_ns
        self._step = step_ns
        self._lock = threading.Lock()

    def __call__(self) -> int:
        with self._lock:
            now = self._now
            self._now += self._step
            return now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._now += round(seconds * 1_000_000_000)


@contextmanager
def deterministic_clock(start_ns: int = NEW_YEAR, step_ns: int = 1_000_000) -> Iterator[SpanClock]:
    """The starts, ends and events of all spans of this process are read from a ``SpanClock``."""
    clock = SpanClock(start_ns, step_ns)
    # The SDK has no clock to set. It reads this one name, for spans and for events.
    module: Any = sdk
    before = module.time_ns
    module.time_ns = clock
    try:
        yield clock
    finally:
        module.time_ns = before
