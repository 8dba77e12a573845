"""The length scales under which what was measured is likely."""

from __future__ import annotations

from typing import Final

import numpy as np

from audittrail.attribution.coalitions import Floats
from audittrail.attribution.likelihood import GRID, RATIOS, Candidate, Likelihood, best, prior

__all__ = ["searched"]

_QUIET: Final = np.array([1e-4, 1e-3])
_STARTS: Final = (0.03, 0.1, 0.5, 1.5)
_SPARSE: Final = 8
_KEPT: Final = 6
_SWEEPS: Final = 4
_GAIN: Final = 0.01


def searched(likelihood: Likelihood, rng: np.random.Generator) -> list[Candidate]:
    """The local optima that coordinate searches find, the most likely first; each unit is of a
    class of its own.

    Each search goes from unit to unit over a grid of length scales, and keeps the one with the
    highest marginal likelihood times a log-normal prior; and likewise the noise, if repeated
    samples differ. Searches begin from equal length scales, and from some where a random half of
    the units hardly matters: few measurements can be explained in several ways, and one of them
    alone would be believed too much.
    """
    units = likelihood.measured.masks.shape[1]
    starts = [np.full(units, start) for start in _STARTS]
    starts += [np.where(rng.random(units) < 0.5, 0.02, 1.0) for _ in range(_SPARSE)]
    ratio, alone = (0.01 if likelihood.measured.noisy else 0.0), np.arange(units)
    racing = best([_swept(likelihood, Candidate(each, alone, ratio, -np.inf)) for each in starts])
    done: list[Candidate] = []
    for candidate in racing[:_KEPT]:
        for _ in range(_SWEEPS):
            before, candidate = candidate, _swept(likelihood, candidate)
            if candidate.score <= before.score + _GAIN:
                break
        done.append(candidate)
    return best(done)


def _swept(likelihood: Likelihood, candidate: Candidate) -> Candidate:
    """A better one, after each of the length scales and the noise had its turn."""
    lengths, ratio, score = candidate.lengths.copy(), candidate.ratio, candidate.score
    noisy, differ = likelihood.measured.noisy, likelihood.differ
    # Noise can tell no 0.01 from less, and what does nothing should get nothing.
    grid: Floats = np.concatenate([_QUIET, GRID]) if noisy else GRID
    on_grid = prior(grid, noisy)
    exponents = np.einsum("i,inm->nm", lengths, differ)
    for unit in range(len(lengths)):
        kernels = np.exp(-exponents + lengths[unit] * differ[unit])[None]
        # A length scale is a factor where the unit differs.
        factors = (np.exp(-grid) - 1)[:, None, None] * differ[unit] + 1
        scores = likelihood.of(kernels * factors, np.full(len(grid), ratio)) + on_grid
        pick = int(np.argmax(scores))
        exponents += (grid[pick] - lengths[unit]) * differ[unit]
        lengths[unit] = grid[pick]
        score = float(scores[pick] + prior(np.delete(lengths, unit), noisy).sum())
    if noisy:
        kernels = np.repeat(np.exp(-exponents)[None], len(RATIOS), 0)
        scores = likelihood.of(kernels, RATIOS)
        ratio = float(RATIOS[int(np.argmax(scores))])
        score = float(scores.max() + prior(lengths, noisy).sum())
    return Candidate(lengths, candidate.labels, ratio, score)
