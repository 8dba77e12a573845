"""Several surrogates, each as likely as its length scales."""

from __future__ import annotations

from typing import Final

import numpy as np

from audittrail.attribution.classes import searched
from audittrail.attribution.coalitions import Blocks, Floats, Presence
from audittrail.attribution.surrogate import Measured, Surrogate

__all__ = ["Mixture"]

_MOST: Final = 24
_MOST_OF_NOISY: Final = 96
_TEMPER: Final = 2.0
_TEMPER_OF_NOISY: Final = 1.5
"""Likelihoods are taken to the power of 1 / this; without noise they are too sure of themselves."""
_PREDICTIONS: Final = 100_000
"""Of many candidates the less likely surrogates are not asked, so that a choice takes no longer."""
_KNOWN: Final = 1e-7
"""A mask whose variance is below this part of the amplitude has nothing to tell."""


class Mixture:
    """What is believed about all masks after some were measured.

    Attributes:
        values: (units,), the posterior means of the units' values.
        variances: (units,), their posterior variances.
        interactions, interaction_variances: (pairs,), the same of ``blocks.pairs``.
        empty, empty_variance: the same of the value of the empty mask.
        at_measured: (N,), the posterior means of the measured masks.
        left_out: the root mean square of how far each mean is from what the others predict.
    """

    def __init__(self, measured: Measured, blocks: Blocks, seed: int) -> None:
        self.measured = measured
        self._blocks = blocks
        candidates = searched(measured, blocks, seed)[: _MOST_OF_NOISY if measured.noisy else _MOST]
        scores = np.array([candidate.score for candidate in candidates])
        temper = _TEMPER_OF_NOISY if measured.noisy else _TEMPER
        weights = np.exp((scores - scores.max()) / temper)
        kept = weights > 1e-3 * weights.max()
        self._weights = weights[kept] / weights[kept].sum()
        self._models = [
            Surrogate(measured, candidate.kernel, candidate.ratio)
            for candidate, stays in zip(candidates, kept, strict=True)
            if stays
        ]
        masks = measured.masks
        self._columns = [model.kernel.functionals(blocks, masks) for model in self._models]
        pairs = list(zip(self._models, self._columns, strict=True))
        priors = [model.kernel.prior_variances(blocks) for model in self._models]
        self._each = np.array([model.applied(values) for model, (values, _) in pairs])
        each_both = np.array([model.applied(both) for model, (_, both) in pairs])
        self.values = self._weights @ self._each
        self.interactions = self._weights @ each_both
        within = np.array(
            [
                model.variances(values, prior)
                for (model, (values, _)), (prior, _) in zip(pairs, priors, strict=True)
            ]
        )
        within_both = np.array(
            [
                model.variances(both, prior)
                for (model, (_, both)), (_, prior) in zip(pairs, priors, strict=True)
            ]
        )
        self.variances = self._weights @ (within + (self._each - self.values) ** 2)
        self.interaction_variances = self._weights @ (
            within_both + (each_both - self.interactions) ** 2
        )
        predicted = [model.predicted(model.kernel.between(masks, masks)) for model in self._models]
        self.at_measured = self._weights @ np.array(predicted)
        towards = [
            model.kernel.between(masks, np.zeros((1, masks.shape[1]), dtype=bool))
            for model in self._models
        ]
        at_empty = [
            (float(model.predicted(each)[0]), model.variance(each[:, 0]))
            for model, each in zip(self._models, towards, strict=True)
        ]
        means, variances = np.array(at_empty).T
        self.empty = float(self._weights @ means)
        self.empty_variance = float(self._weights @ (variances + (means - self.empty) ** 2))
        squares = [float((model.left_out() ** 2).mean()) for model in self._models]
        self.left_out = float(np.sqrt(self._weights @ np.array(squares)))

    def most_telling(self, candidates: Presence, count: int) -> list[int]:
        """The candidates that lower the variance of the values most, one after the other.

        Measuring S lowers the sum of the posterior variances of the values A v by
        |A Sigma_.S|**2 / (Sigma_SS + sigma**2), Sigma being the posterior covariance: the Bayesian
        A-optimal choice (Chaloner and Verdinelli 1995). Sigma is that of the mixture, so that a
        mask about which the surrogates disagree is worth asking for. After each choice it is
        updated as if the mask had been measured, which needs no value; so a batch does not ask
        the same thing twice.

        Args:
            candidates: (C, units), masks that were not measured.

        Returns:
            indices of candidates, at most ``count`` of them.
        """
        measured = self.measured.masks
        most = -(-_PREDICTIONS // len(candidates))
        weights, models = self._weights[:most], self._models[:most]
        weights = weights / weights.sum()
        each = self._each[:most]
        towards = np.zeros((len(self.values), len(candidates)))
        variance = np.zeros(len(candidates))
        predictions, whites, noise = [], [], 0.0
        for weight, model, (columns, _) in zip(weights, models, self._columns[:most], strict=True):
            functional, _ = model.kernel.functionals(self._blocks, candidates, pairs=False)
            kernel = model.kernel.between(measured, candidates)
            white = model.whitened(kernel)
            own = functional - model.whitened(columns.T).T @ white
            scale = weight * model.amplitude
            towards += scale * own
            variance += scale * np.maximum(1.0 - (white**2).sum(0), 0.0)
            noise += scale * (model.ratio + _KNOWN)
            predictions.append(model.predicted(kernel))
            whites.append(white)
        noise += 1e-12
        centre = weights @ np.array(predictions)
        apart = [prediction - centre for prediction in predictions]
        values = weights @ each
        for weight, own, differs in zip(weights, each, apart, strict=True):
            towards += weight * np.outer(own - values, differs)
            variance += weight * differs**2
        chosen: list[int] = []
        rows: list[Floats] = []
        free = np.ones(len(candidates), dtype=bool)
        for _ in range(min(count, len(candidates))):
            gain = (towards**2).sum(0) / (np.maximum(variance, 0.0) + noise)
            gain[~free] = -1.0
            pick = int(np.argmax(gain))
            chosen.append(pick)
            free[pick] = False
            row = np.zeros(len(candidates))
            for weight, model, white, differs in zip(weights, models, whites, apart, strict=True):
                prior = model.kernel.between(candidates[pick : pick + 1], candidates)[0]
                own = model.amplitude * (prior - white[:, pick] @ white)
                row += weight * (own + differs[pick] * differs)
            for earlier in rows:
                row -= earlier[pick] * earlier
            root = np.sqrt(max(row[pick], 0.0) + noise)
            row /= root
            towards = towards - np.outer(towards[:, pick] / root, row)
            variance = variance - row**2
            rows.append(row)
        return chosen
