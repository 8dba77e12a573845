"""The length scales under which what was measured is likely."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from audittrail.attribution.coalitions import Floats
from audittrail.attribution.surrogate import JITTER, Measured

__all__ = ["Candidate", "searched"]

_GRID: Final = np.array([0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.0, 1.6, 2.5])
_RATIOS: Final = np.array([3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0])
_STARTS: Final = (0.1, 0.5, 1.5)
_SPARSE: Final = 8
_CENTRE: Final = 0.6
_WIDTH: Final = 2.0
_SWEEPS: Final = 5
_GAIN: Final = 0.01


class Candidate(NamedTuple):
    """Length scales (U,), the noise's variance in units of the amplitude, and how likely they are:
    a log posterior up to a constant."""

    lengths: Floats
    ratio: float
    score: float


def searched(measured: Measured, seed: int) -> list[Candidate]:
    """The local optima that coordinate searches find, the most likely first.

    Each search goes from unit to unit over a grid of length scales, and keeps the one with the
    highest marginal likelihood (Rasmussen and Williams 2006, equation 2.30) times a log-normal
    prior; and likewise the noise, if repeated samples differ. Mean and amplitude have their best
    values in closed form. The spread of repeated samples takes part with its degrees of freedom,
    so that three samples of one mask count as no more than they are. Searches begin from equal
    length scales, and from some where a random half of the units hardly matters: few measurements
    can be explained in several ways, and one of them alone would be believed too much.
    """
    units = measured.masks.shape[1]
    if np.ptp(measured.means) < 1e-12 and not measured.noisy:
        return [Candidate(np.full(units, _GRID[0]), 0.0, 0.0)]
    rng = np.random.default_rng(seed)
    starts = [np.full(units, start) for start in _STARTS]
    starts += [np.where(rng.random(units) < 0.5, 0.02, 1.0) for _ in range(_SPARSE)]
    search = _Search(measured)
    found: dict[bytes, Candidate] = {}
    for start in starts:
        candidate = search.climbed(start)
        found.setdefault(candidate.lengths.tobytes(), candidate)
    return sorted(found.values(), key=lambda each: -each.score)


def _prior(lengths: Floats) -> Floats:
    return -0.5 * (np.log(lengths / _CENTRE) / _WIDTH) ** 2


class _Search:
    def __init__(self, measured: Measured) -> None:
        self._measured = measured
        self._differ = measured.differ
        self._targets = np.stack([measured.means, np.ones(len(measured.means))])
        self._large = np.eye(2) * 1e3 * (1 + (self._targets**2).sum()) / JITTER
        self._on_grid = _prior(_GRID)

    def climbed(self, lengths: Floats) -> Candidate:
        """The optimum that is reached from these length scales."""
        lengths = lengths.copy()
        noisy = self._measured.noisy
        ratio = 0.01 if noisy else 0.0
        best = -np.inf
        for _ in range(_SWEEPS):
            before = best
            exponents = np.einsum("i,inm->nm", lengths, self._differ)
            for unit in range(len(lengths)):
                steps = (_GRID - lengths[unit])[:, None, None]
                tried = exponents + steps * self._differ[unit]
                scores = self._likelihoods(tried, np.full(len(_GRID), ratio)) + self._on_grid
                pick = int(np.argmax(scores))
                exponents, lengths[unit] = tried[pick], _GRID[pick]
                best = float(scores[pick] + _prior(np.delete(lengths, unit)).sum())
            if noisy:
                tried = np.repeat(exponents[None], len(_RATIOS), 0)
                scores = self._likelihoods(tried, _RATIOS)
                ratio = float(_RATIOS[int(np.argmax(scores))])
                best = float(scores.max() + _prior(lengths).sum())
            if best <= before + _GAIN:
                break
        return Candidate(lengths, ratio, best)

    def _likelihoods(self, exponents: Floats, ratios: Floats) -> Floats:
        """The log marginal likelihoods of kernels exp(-exponents) (G, N, N) with noise (G,)."""
        m = self._measured
        n = len(m.means)
        kernel = np.empty((len(exponents), n + 2, n + 2))
        np.exp(-exponents, out=kernel[:, :n, :n])
        kernel[:, np.arange(n), np.arange(n)] += ratios[:, None] / m.counts + JITTER
        # The last rows of the factor of [[K, Y], [Y', large]] are (L**-1 Y)', so that one call
        # does all; numpy has no triangular solve.
        kernel[:, n:, :n] = self._targets
        kernel[:, n:, n:] = self._large
        lower = np.linalg.cholesky(kernel)
        z, one = lower[:, n, :n], lower[:, n + 1, :n]
        mean = (z * one).sum(1) / (one * one).sum(1)
        residual = ((z - mean[:, None] * one) ** 2).sum(1)
        logs = 2 * np.log(np.diagonal(lower, axis1=1, axis2=2)[:, :n]).sum(1)
        if m.noisy:
            total = residual + m.spread / ratios
            free = n + m.freedom
            extra = m.freedom * np.log(ratios)
        else:
            total, free, extra = residual, n, np.zeros(len(ratios))
        scaled = np.maximum(total / free, 1e-18)
        return -0.5 * (free * np.log(scaled) + logs + extra)
