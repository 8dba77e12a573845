"""Values of units, and how sure they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from audittrail.attribution.coalitions import Blocks, Floats
from audittrail.attribution.mixture import Mixture
from audittrail.attribution.surrogate import Measured

__all__ = ["Estimate", "enumerated", "modelled"]

_WIDENED: Final = 2.0
"""Surrogates are too sure of themselves: twice their deviation covers what 1 should."""
_RESOLUTION: Final = 1e-4
"""No modelled value is known better."""
_STUDENT: Final = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
"""97.5 % quantiles of Student's t for 1 to 10 degrees of freedom."""


@dataclass(frozen=True)
class Estimate:
    """``values`` and their standard ``errors`` (units,), ``interactions`` and their
    ``interaction_errors`` (pairs,). An interval of 95 % is the value +- 1.96 errors. ``empty``: the
    value of the empty mask."""

    values: Floats
    errors: Floats
    interactions: Floats
    interaction_errors: Floats
    empty: float


def enumerated(measured: Measured, blocks: Blocks) -> Estimate:
    """From all masks: no more than sums. The errors are those of the noise, whose deviation is
    known from few samples only: they are as much wider as Student's t is than the normal
    distribution."""
    values, both = blocks.coefficients(measured.masks)
    sigma = math.sqrt(measured.spread / measured.freedom) if measured.freedom else 0.0
    if measured.freedom:
        sigma *= _student(measured.freedom) / 1.96
    scaled = sigma / np.sqrt(measured.counts)
    return Estimate(
        values @ measured.means,
        np.sqrt(((values * scaled) ** 2).sum(1)),
        both @ measured.means,
        np.sqrt(((both * scaled) ** 2).sum(1)),
        float(measured.means[int(np.argmin(measured.masks.sum(1)))]),
    )


def modelled(measured: Measured, blocks: Blocks, seed: int) -> tuple[Estimate, Mixture]:
    """From some masks: A m, with the posterior mean m of a mixture of surrogates and the Shapley
    or Owen operator A, and measured values put back where there is no noise. With noise,
    they and the value of the empty mask, of which the surrogates know more than its own sample
    does, are made to sum to the measured value of the full one by what least changes those that
    are known well: in proportion to their variances.

    The error of a value is the larger of twice its posterior deviation and twice a floor: the
    leave-one-out error of the surrogates, as if each mask that was not measured were off by that.
    """
    mixture = Mixture(measured, blocks, seed)
    of_values, of_both = blocks.coefficients(measured.masks)
    residuals = measured.means - mixture.at_measured
    if measured.noisy:
        residuals = np.zeros(len(residuals))
    all_values, all_both = blocks.squared

    def errors(variances: Floats, squared: Floats, coefficients: Floats) -> Floats:
        rest = np.maximum(squared - (coefficients**2).sum(1), 0.0)
        floor = mixture.left_out * np.sqrt(rest)
        widened = _WIDENED * np.maximum(np.sqrt(variances), floor)
        return np.asarray(np.maximum(widened, _RESOLUTION), dtype=np.float64)

    values = mixture.values + of_values @ residuals
    present = measured.masks.sum(1)
    full, empty = int(np.argmax(present)), int(np.argmin(present))
    none, unsure_none = float(measured.means[empty]), 0.0
    if measured.noisy:
        none, unsure_none = mixture.empty, mixture.empty_variance
    gap = measured.means[full] - none - values.sum()
    unsure = mixture.variances + 1e-12
    share = gap / (unsure.sum() + unsure_none)
    estimate = Estimate(
        values + share * unsure,
        errors(mixture.variances, all_values, of_values),
        mixture.interactions + of_both @ residuals,
        errors(mixture.interaction_variances, all_both, of_both),
        float(none + share * unsure_none),
    )
    return estimate, mixture


def _student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t."""
    if freedom <= len(_STUDENT):
        return _STUDENT[freedom - 1]
    return 1.96 + 2.4 / freedom + 3.0 / freedom**2
