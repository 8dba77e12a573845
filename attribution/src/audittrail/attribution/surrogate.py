"""A Gaussian process over masks, which predicts what was not measured."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Final

import numpy as np

from audittrail.attribution.coalitions import Floats, Presence

__all__ = ["Measured", "Surrogate"]

_LENGTHS: Final = np.array([0, 0.002, 0.008, 0.03, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0])
_STARTS: Final = (0.1, 0.5)
_NOISES: Final = np.array([3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0])
_JITTER: Final = 1e-9
_SWEEPS: Final = 6


@dataclass(frozen=True)
class Measured:
    """Observations of N masks over U units: ``masks`` (N, U), ``means`` (N,), ``counts`` (N,)
    samples of each, ``spread`` the sum of squared deviations of samples from their mask's mean and
    ``freedom`` its degrees of freedom, samples less masks."""

    masks: Presence
    means: Floats
    counts: Floats
    spread: float
    freedom: int

    @property
    def noisy(self) -> bool:
        """Whether repeated samples of a mask differ."""
        return self.spread > 1e-18


class Surrogate:
    """A Gaussian process with the kernel s2 exp(-sum_i l_i [i in S xor T]) and an unknown constant
    mean, fitted to observations (Rasmussen and Williams 2006, chapters 2 and 5).

    The length scales l, and the noise if repeated samples differ, are those of the highest
    marginal likelihood that a coordinate search over a grid finds; mean and amplitude have their
    best values in closed form. l_i = 0 is on the grid: a unit that does nothing gets exactly 0.
    The spread of repeated samples takes part in the likelihood with its degrees of freedom, so
    that three samples of one mask count as no more than they are.

    Attributes:
        kept: (U,), exp(-l_i).
        amplitude: s2, in squared units of the value.
        noise: the standard deviation of one sample, in units of the value.
    """

    def __init__(self, measured: Measured) -> None:
        self.measured = measured
        masks = measured.masks
        self._differ = (masks[:, None, :] != masks[None, :, :]).transpose(2, 0, 1).astype(float)
        units = masks.shape[1]
        self._targets = np.stack([measured.means, np.ones(len(masks))])
        self._large = np.eye(2) * 1e3 * (1 + (self._targets**2).sum()) / _JITTER
        self._ratio = 0.0
        constant = np.ptp(measured.means) < 1e-12 and not measured.noisy
        lengths = np.zeros(units) if constant else self._searched(units)
        self.kept = np.exp(-lengths)
        self._factor(lengths)

    def bolder(self, least: float) -> Surrogate:
        """The same with no length scale below ``least``: one that does not believe yet that some
        units do nothing."""
        other = copy.copy(self)
        lengths = np.maximum(-np.log(self.kept), least)
        other.kept = np.exp(-lengths)
        other._factor(lengths)
        return other

    def _searched(self, units: int) -> Floats:
        best, found = -np.inf, np.zeros(units)
        ratio = 0.0
        for start in _STARTS:
            lengths = np.full(units, start)
            self._ratio = 1e-2 if self.measured.noisy else 0.0
            value = -np.inf
            for _ in range(_SWEEPS):
                before = value
                base = np.einsum("i,inm->nm", lengths, self._differ)
                for unit in range(units):
                    exponents = base + (_LENGTHS[:, None, None] - lengths[unit]) * self._differ[unit]
                    scores = self._likelihoods(
                        exponents, np.full(len(_LENGTHS), self._ratio)
                    ) + self._prior(_LENGTHS)
                    pick = int(np.argmax(scores))
                    base = exponents[pick]
                    lengths[unit] = _LENGTHS[pick]
                    value = float(scores[pick]) + self._prior(np.delete(lengths, unit)).sum()
                if self.measured.noisy:
                    scores = self._likelihoods(np.repeat(base[None], len(_NOISES), 0), _NOISES)
                    self._ratio = float(_NOISES[int(np.argmax(scores))])
                    value = float(scores.max()) + self._prior(lengths).sum()
                if value <= before + 1e-3:
                    break
            if value > best:
                best, found, ratio = value, lengths.copy(), self._ratio
        self._ratio = ratio
        return found

    @staticmethod
    def _prior(lengths: Floats) -> Floats:
        return np.zeros(len(lengths))

    def _likelihoods(self, exponents: Floats, ratios: Floats) -> Floats:
        """The log marginal likelihoods of kernels (G, N, N) with noise s2 * ratio (G,)."""
        m = self.measured
        n = len(m.means)
        kernel = np.empty((len(exponents), n + 2, n + 2))
        np.exp(-exponents, out=kernel[:, :n, :n])
        kernel[:, np.arange(n), np.arange(n)] += ratios[:, None] / m.counts + _JITTER
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

    def _factor(self, lengths: Floats) -> None:
        m = self.measured
        n = len(m.means)
        kernel = np.exp(-np.einsum("i,inm->nm", lengths, self._differ))
        kernel[np.diag_indices(n)] += self._ratio / m.counts + _JITTER
        self._lower = np.linalg.cholesky(kernel)
        self._inverse = np.linalg.inv(kernel)
        ones = self._inverse.sum(1)
        self._mean = float(ones @ m.means / ones.sum())
        self._weights = self._inverse @ (m.means - self._mean)
        residual = float((m.means - self._mean) @ self._weights)
        total = residual + (m.spread / self._ratio if self._ratio else 0.0)
        self.amplitude = total / (n + (m.freedom if self._ratio else 0))
        self.noise = float(np.sqrt(self._ratio * self.amplitude))

    @property
    def ratio(self) -> float:
        """The variance of one sample's noise, in units of the amplitude; at least a jitter."""
        return self._ratio + _JITTER

    def kernel(self, masks: Presence, others: Presence) -> Floats:
        """(masks, others), without the amplitude."""
        signs, towards = 1.0 - 2.0 * masks, 1.0 - 2.0 * others
        lengths = -np.log(self.kept)
        return np.exp(-((lengths * signs) @ -towards.T + lengths.sum()) / 2)

    def factors(self, masks: Presence) -> tuple[Floats, Floats]:
        """The kernel towards each mask as a product function: its factors (masks, units) without
        and with each unit."""
        return np.where(masks, self.kept, 1.0), np.where(masks, 1.0, self.kept)

    def mean_at_measured(self) -> Floats:
        """(N,), the posterior mean of the measured masks."""
        return self._mean + self.kernel(self.measured.masks, self.measured.masks) @ self._weights

    def applied(self, columns: Floats) -> Floats:
        """The posterior mean of linear functionals that are 0 for constants.

        Args:
            columns: (functionals, N), each applied to the kernel towards each measured mask.
        """
        return columns @ self._weights

    def deviations(self, columns: Floats, prior: Floats) -> Floats:
        """Their posterior standard deviations; ``prior``: (functionals,) variances before."""
        explained = ((columns @ self._inverse) * columns).sum(1)
        return np.sqrt(np.maximum(prior - explained, 0.0) * self.amplitude)

    def whitened(self, columns: Floats) -> Floats:
        """L**-1 columns, for (N, k) columns."""
        return np.linalg.solve(self._lower, columns)

    def left_out(self) -> Floats:
        """(N,), how far each mean is from what the others predict (Rasmussen and Williams 2006,
        equation 5.12)."""
        return self._weights / np.diag(self._inverse)
