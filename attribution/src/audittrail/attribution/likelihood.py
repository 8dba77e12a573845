"""How likely kernels make what was measured."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from audittrail.attribution.coalitions import Floats
from audittrail.attribution.kernels import Kernel
from audittrail.attribution.surrogate import JITTER, Measured

__all__ = ["GRID", "RATIOS", "Candidate", "Labels", "Likelihood", "best", "prior"]

Labels = NDArray[np.intp]

GRID: Final = np.array([0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.0, 1.6, 2.5])
RATIOS: Final = np.array([3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0])
_CENTRE: Final = 0.6
_WIDTH: Final = 2.0
_WIDTH_OF_NOISY: Final = 4.0
"""Additive answers have small length scales only, and noise hides how small."""


class Candidate(NamedTuple):
    """A kernel, the noise's variance in units of the amplitude, and how likely they are: a log
    posterior up to a constant.

    ``lengths``, ``labels``, ``loose``: of the kernel.
    """

    lengths: Floats
    labels: Labels
    ratio: float
    score: float
    loose: float = 0.0

    @property
    def kernel(self) -> Kernel:
        """The kernel."""
        return Kernel(self.lengths, self.labels, self.loose)

    @property
    def key(self) -> tuple[bytes, tuple[int, ...]]:
        """Equal for those of the same classes; if each unit is of its own, of the same lengths."""
        seen: dict[int, int] = {}
        classes = tuple(
            seen.setdefault(label, len(seen)) if length else -1
            for label, length in zip(self.labels.tolist(), self.lengths.tolist(), strict=True)
        )
        alone = not self.loose and len(seen) + classes.count(-1) == len(classes)
        return self.lengths.tobytes() if alone else b"", classes


def best(candidates: list[Candidate]) -> list[Candidate]:
    """The different ones, the most likely first."""
    ordered = sorted(candidates, key=lambda each: -each.score)
    return list({each.key: each for each in ordered[::-1]}.values())[::-1]


def prior(lengths: Floats, noisy: bool) -> Floats:
    """The log-normal prior of length scales."""
    logs = np.log(np.maximum(lengths, GRID[0]) / _CENTRE)
    return np.asarray(-0.5 * (logs / (_WIDTH_OF_NOISY if noisy else _WIDTH)) ** 2, dtype=np.float64)


class Likelihood:
    """The marginal likelihood of what was measured (Rasmussen and Williams 2006, equation 2.30).

    Mean and amplitude have their best values in closed form. The spread of repeated samples takes
    part with its degrees of freedom, so that three samples of one mask count as no more than they
    are.

    Attributes:
        differ: (U, N, N), 1.0 where a unit is in one of two masks only.
    """

    def __init__(self, measured: Measured) -> None:
        self.measured = measured
        self.differ = measured.differ
        self._targets = np.stack([measured.means, np.ones(len(measured.means))])
        self._large = np.eye(2) * 1e3 * (1 + (self._targets**2).sum()) / JITTER

    def of(self, kernels: Floats, ratios: Floats) -> Floats:
        """The logs of kernels (G, N, N) with noise (G,)."""
        m = self.measured
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
