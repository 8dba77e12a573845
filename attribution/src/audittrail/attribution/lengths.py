"""The length scales under which what was measured is likely."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from audittrail.attribution.coalitions import Floats
from audittrail.attribution.surrogate import JITTER, Measured

__all__ = ["Candidate", "searched"]

_QUIET: Final = np.array([1e-4, 1e-3])
_GRID: Final = np.array([0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.0, 1.6, 2.5])
_RATIOS: Final = np.array([3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0])
_STARTS: Final = (0.1, 0.5, 1.5)
_SPARSE: Final = 8
_CENTRE: Final = 0.6
_WIDTH: Final = 2.0
_KEPT: Final = 6
_SWEEPS: Final = 4
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
    ratio = 0.01 if measured.noisy else 0.0
    racing = _best([search.swept(Candidate(start, ratio, -np.inf)) for start in starts])
    done: list[Candidate] = []
    for candidate in racing[:_KEPT]:
        for _ in range(_SWEEPS):
            before, candidate = candidate, search.swept(candidate)
            if candidate.score <= before.score + _GAIN:
                break
        done.append(candidate)
    return _best(done)


def _best(candidates: list[Candidate]) -> list[Candidate]:
    """The different ones, the most likely first."""
    ordered = sorted(candidates, key=lambda each: -each.score)
    return list({each.lengths.tobytes(): each for each in ordered[::-1]}.values())[::-1]


def _prior(lengths: Floats) -> Floats:
    logs = np.log(np.maximum(lengths, _GRID[0]) / _CENTRE)
    return np.asarray(-0.5 * (logs / _WIDTH) ** 2, dtype=np.float64)


class _Search:
    def __init__(self, measured: Measured) -> None:
        self._measured = measured
        self._differ = measured.differ
        self._targets = np.stack([measured.means, np.ones(len(measured.means))])
        self._large = np.eye(2) * 1e3 * (1 + (self._targets**2).sum()) / JITTER
        # Noise can tell no 0.01 from less, and what does nothing should get nothing.
        self._grid = np.concatenate([_QUIET, _GRID]) if measured.noisy else _GRID
        self._on_grid = _prior(self._grid)

    def swept(self, candidate: Candidate) -> Candidate:
        """A better one, after each of the length scales and the noise had its turn."""
        lengths, ratio, score = candidate.lengths.copy(), candidate.ratio, candidate.score
        exponents = np.einsum("i,inm->nm", lengths, self._differ)
        for unit in range(len(lengths)):
            kernels = np.exp(-exponents + lengths[unit] * self._differ[unit])[None]
            # A length scale is a factor where the unit differs.
            factors = (np.exp(-self._grid) - 1)[:, None, None] * self._differ[unit] + 1
            scores = self._likelihoods(kernels * factors, np.full(len(self._grid), ratio))
            scores += self._on_grid
            pick = int(np.argmax(scores))
            exponents += (self._grid[pick] - lengths[unit]) * self._differ[unit]
            lengths[unit] = self._grid[pick]
            score = float(scores[pick] + _prior(np.delete(lengths, unit)).sum())
        if self._measured.noisy:
            kernels = np.repeat(np.exp(-exponents)[None], len(_RATIOS), 0)
            scores = self._likelihoods(kernels, _RATIOS)
            ratio = float(_RATIOS[int(np.argmax(scores))])
            score = float(scores.max() + _prior(lengths).sum())
        return Candidate(lengths, ratio, score)

    def _likelihoods(self, kernels: Floats, ratios: Floats) -> Floats:
        """The log marginal likelihoods of kernels (G, N, N) with noise (G,)."""
        m = self._measured
        n = len(m.means)
        kernel = np.empty((len(kernels), n + 2, n + 2))
        kernel[:, :n, :n] = kernels
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
        return np.asarray(-0.5 * (free * np.log(scaled) + logs + extra), dtype=np.float64)
