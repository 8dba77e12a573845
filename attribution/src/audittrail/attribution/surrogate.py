"""A Gaussian process over masks, which predicts what was not measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from audittrail.attribution.coalitions import Floats, Presence
from audittrail.attribution.kernels import Kernel

__all__ = ["JITTER", "Measured", "Surrogate"]

JITTER: Final = 1e-9
"""What is added to the diagonal of a kernel of unit amplitude, so that it can be factored."""
_LEAST: Final = 1e-10
"""So that a value that never changed has not no variance at all, and masks can be compared."""


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

    @property
    def differ(self) -> Floats:
        """(U, N, N), 1.0 where a unit is in one of two masks only."""
        across = self.masks.T
        return np.asarray(across[:, :, None] != across[:, None, :], dtype=np.float64)


class Surrogate:
    """A Gaussian process with the kernel s2 k(S, T) and an unknown constant mean, given
    observations (Rasmussen and Williams 2006, chapter 2).

    Attributes:
        kernel: without the amplitude.
        amplitude: s2, in squared units of the value.
        ratio: the variance of one sample's noise, in units of s2; at least a jitter.
    """

    def __init__(self, measured: Measured, kernel: Kernel, ratio: float) -> None:
        """
        Args:
            ratio: the variance of one sample's noise, in units of s2; 0 without noise.
        """
        self.measured = measured
        self.kernel = kernel
        self.ratio = ratio + JITTER
        n = len(measured.means)
        gram = kernel.between(measured.masks, measured.masks)
        gram[np.diag_indices(n)] += ratio / measured.counts + JITTER
        self._inverse = np.linalg.inv(gram)
        self._whitener = np.linalg.inv(np.linalg.cholesky(gram))
        ones = self._inverse.sum(1)
        self._mean = float(ones @ measured.means / ones.sum())
        centred = measured.means - self._mean
        self._weights = self._inverse @ centred
        total = float(centred @ self._weights) + (measured.spread / ratio if ratio else 0.0)
        self.amplitude = max(total / (n + (measured.freedom if ratio else 0)), _LEAST)

    def predicted(self, kernel: Floats) -> Floats:
        """(M,), the posterior mean of masks with this kernel (N, M) towards the measured ones."""
        return self._mean + self._weights @ kernel

    def variance(self, kernel: Floats) -> float:
        """The posterior variance of a mask with this kernel (N,) towards the measured ones."""
        return max(1.0 - float(kernel @ self._inverse @ kernel), 0.0) * self.amplitude

    def applied(self, columns: Floats) -> Floats:
        """The posterior mean of linear functionals that are 0 for constants.

        Args:
            columns: (functionals, N), each applied to the kernel towards each measured mask.
        """
        return columns @ self._weights

    def variances(self, columns: Floats, prior: Floats) -> Floats:
        """Their posterior variances; ``prior``: (functionals,), without the amplitude."""
        explained = ((columns @ self._inverse) * columns).sum(1)
        return np.asarray(np.maximum(prior - explained, 0.0) * self.amplitude, dtype=np.float64)

    def whitened(self, columns: Floats) -> Floats:
        """L**-1 columns, for (N, k) columns, with L the Cholesky factor of the kernel."""
        return self._whitener @ columns

    def left_out(self) -> Floats:
        """(N,), how far each mean is from what the others predict (Rasmussen and Williams 2006,
        equation 5.12)."""
        return self._weights / np.diag(self._inverse)
