"""The spread of repeated samples of a mask."""

from __future__ import annotations

import math

__all__ = ["samples_for"]

_MARGIN = 0.1
"""How far the mean of a mask may be from the truth, 19 times of 20."""
_MOST = 5


def samples_for(sigma: float) -> int:
    """How often each mask is to be sampled if one sample has the standard deviation ``sigma``.

    K = ceil((1.96 sigma / 0.1)**2), from 1 to 5: so many that the mean of a mask is within 0.1 of
    the truth at 95 %, unless that takes more than 5.

    Raises:
        ValueError: if sigma is negative or not a number.
    """
    if not sigma >= 0:
        raise ValueError(f"A standard deviation is 0 or more, not {sigma}.")
    if not math.isfinite(sigma):
        return _MOST
    return min(max(math.ceil((1.96 * sigma / _MARGIN) ** 2), 1), _MOST)
