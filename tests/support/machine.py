"""How fast this machine is."""

from __future__ import annotations

import functools
import time
from typing import Final

__all__ = ["slowness"]

# CPU seconds of the loop below on the machine for which limits are written down.
_REFERENCE_SECONDS: Final = 0.075


@functools.cache
def slowness() -> float:
    """How many times as long as there a computation takes here; 1 on a faster machine."""
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        total = 0
        for number in range(1_000_000):
            total += number % 7
        best = min(best, time.process_time() - began)
    return max(1.0, best / _REFERENCE_SECONDS)
