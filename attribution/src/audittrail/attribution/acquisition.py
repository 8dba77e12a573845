"""Which masks tell most about the values that are looked for."""

from __future__ import annotations

from typing import Final

import numpy as np

from audittrail.attribution.coalitions import Blocks, Floats, Presence
from audittrail.attribution.surrogate import Surrogate

__all__ = ["most_telling"]

_KNOWN: Final = 1e-7
"""A mask whose variance is below this part of the amplitude has nothing to tell."""


def most_telling(
    surrogate: Surrogate, blocks: Blocks, candidates: Presence, count: int
) -> list[int]:
    """The candidates that lower the variance of the values most, one after the other.

    Measuring S lowers the sum of the posterior variances of the values A v by
    |A Sigma_.S|**2 / (Sigma_SS + sigma**2), Sigma being the posterior covariance: the Bayesian
    A-optimal choice (Chaloner and Verdinelli 1995). After each choice Sigma is updated as if it had
    been measured, which needs no value; so a batch does not ask the same thing twice.

    Args:
        candidates: (C, units), masks that were not measured.

    Returns:
        indices of candidates, at most ``count`` of them.
    """
    measured = surrogate.measured.masks
    functional, _ = blocks.of_products(*surrogate.factors(candidates))
    at_measured, _ = blocks.of_products(*surrogate.factors(measured))
    whitened = surrogate.whitened(surrogate.kernel(measured, candidates))
    towards = functional - surrogate.whitened(at_measured.T).T @ whitened
    variance = 1.0 - (whitened**2).sum(0)
    chosen: list[int] = []
    rows: list[Floats] = []
    free = np.ones(len(candidates), dtype=bool)
    for _ in range(min(count, len(candidates))):
        gain = (towards**2).sum(0) / (np.maximum(variance, 0) + surrogate.ratio + _KNOWN)
        gain[~free] = -1.0
        pick = int(np.argmax(gain))
        chosen.append(pick)
        free[pick] = False
        row = surrogate.kernel(candidates[pick : pick + 1], candidates)[0]
        row = row - whitened[:, pick] @ whitened
        for earlier in rows:
            row = row - earlier[pick] * earlier
        scaled = row / np.sqrt(max(row[pick], 0.0) + surrogate.ratio + _KNOWN)
        towards = towards - np.outer(
            towards[:, pick] / np.sqrt(max(row[pick], 0.0) + surrogate.ratio + _KNOWN), scaled
        )
        variance = variance - scaled**2
        rows.append(scaled)
    return chosen
