"""Which units do nothing, and which do the same."""

from __future__ import annotations

from typing import Final

import numpy as np

from audittrail.attribution import lengths
from audittrail.attribution.coalitions import Blocks, Floats
from audittrail.attribution.kernels import loosened
from audittrail.attribution.likelihood import (
    GRID,
    RATIOS,
    Candidate,
    Labels,
    Likelihood,
    best,
    prior,
)
from audittrail.attribution.surrogate import Measured

__all__ = ["searched"]

_COARSE: Final = np.array([0.02, 0.08, 0.3, 1.0, 2.5])
_ALIKE: Final = 0.6
_COST: Final = 1.5
"""What each class costs in the log of the prior: few are simpler than many."""
_LOOSE: Final = 0.02
"""Without noise a class might take a chance likeness for certain: so much of the variance is left
to differences within classes. With noise, that is a part of the noise."""
_SUBSETS: Final = 256
_KEPT: Final = 3
_FINAL: Final = 2
_SWEEPS: Final = 3
_GAIN: Final = 0.01
_NEAR: Final = 6.0
"""Candidates that are less likely than the best by more than this, in logs, are not kept."""
_CHAINS: Final = 2
_DRAWS: Final = 5


def searched(measured: Measured, blocks: Blocks, seed: int) -> list[Candidate]:
    """Candidates, the most likely first: those of ``lengths.searched``, and such that have classes
    of units.

    A threshold, a vote, or a fact that stands in several sources depends on how many of them are
    present, and most answers depend on few sources at all. That is assumed where it makes
    what was measured more likely: each unit in turn does nothing, is of its own, or joins a class;
    a search begins from the best of ``lengths.searched``, and from subsets of units that are all
    the same while the others do nothing. With noise, some rounds of Gibbs sampling (Geman and
    Geman 1984) go on from there, because many candidates are nearly as likely as the best.

    Units within larger blocks are all of their own, and so are all units until there are as many
    masks as a start design has: few masks look alike by chance.
    """
    units = measured.masks.shape[1]
    if np.ptp(measured.means) < 1e-12 and not measured.noisy:
        return [Candidate(np.full(units, GRID[0]), np.arange(units), 0.0, 0.0)]
    likelihood = Likelihood(measured)
    rng = np.random.default_rng(seed)
    alone = lengths.searched(likelihood, rng)
    if blocks.sizes.max() > 1 or len(measured.means) < 2 * units + 2:
        return alone
    alone = [each._replace(score=each.score - _COST * units) for each in alone]
    search = _Search(likelihood)
    for each in alone:
        search.keep(each)
    alike = search.alike(rng)
    racing = [search.swept(each) for each in alone[:_KEPT] + alike[:_KEPT]]
    for candidate in best(racing)[:_FINAL]:
        for _ in range(_SWEEPS):
            before, candidate = candidate, search.swept(candidate)
            if candidate.score <= before.score + _GAIN:
                break
    if measured.noisy:
        for candidate in best(list(search.found.values()))[:_CHAINS]:
            for _ in range(_DRAWS):
                candidate = search.swept(candidate, rng)
    return best(list(search.found.values()))


class _Search:
    """
    Attributes:
        found: what was kept, by its classes.
    """

    def __init__(self, likelihood: Likelihood) -> None:
        self._likelihood = likelihood
        self._masks = likelihood.measured.masks.astype(float)
        self._noisy = likelihood.measured.noisy
        self._loose = 0.0 if self._noisy else _LOOSE
        self._none = np.zeros((len(self._masks), len(self._masks)))
        self._differing = likelihood.differ.sum(0)
        self._top = -np.inf
        self.found: dict[object, Candidate] = {}

    def keep(self, candidate: Candidate) -> None:
        """The most likely of its classes, unless it is far less likely than the best."""
        self._top = max(self._top, candidate.score)
        if candidate.score < self._top - _NEAR:
            return
        key = candidate.key
        if key not in self.found or self.found[key].score < candidate.score:
            self.found[key] = candidate

    def alike(self, rng: np.random.Generator) -> list[Candidate]:
        """Of subsets of units that are all the same, the most likely first."""
        units = self._masks.shape[1]
        subsets = np.array([each for each in range(2**units) if each.bit_count() > 1])
        if len(subsets) > _SUBSETS:
            subsets = np.sort(rng.choice(subsets, _SUBSETS, replace=False))
        inside = (subsets[:, None] >> np.arange(units) & 1).astype(float)
        counts = inside @ self._masks.T
        apart = np.abs(counts[:, :, None] - counts[:, None, :])
        ratio = 0.01 if self._noisy else 0.0
        scores = self._scores(_ALIKE * apart, np.full(len(subsets), ratio))
        scores += float(prior(np.array([_ALIKE]), self._noisy)[0]) - _COST
        found = [
            self._candidate(members * _ALIKE, np.zeros(units, dtype=np.intp), ratio, score)
            for members, score in zip(inside, scores.tolist(), strict=True)
        ]
        for each in found:
            self.keep(each)
        return best(found)

    def swept(self, start: Candidate, rng: np.random.Generator | None = None) -> Candidate:
        """A better one, after each unit, the length scales of classes, and the noise had their
        turn; or a draw of each given the others."""
        scales, labels, ratio = start.lengths.copy(), start.labels.copy(), start.ratio
        score = start.score
        for unit in range(len(scales)):
            was = scales[unit]
            scales[unit] = 0.0
            classes = _classes(scales, labels)
            parts = [scales[members[0]] * self._apart(members) for members in classes]
            rest = sum(parts, self._none)
            free = int(labels.max()) + 1
            options = [(0.0, -1)]
            exponents, costs = [rest], [0.0]
            for step in dict.fromkeys([*_COARSE.tolist(), was] if was else _COARSE.tolist()):
                options.append((step, free))
                exponents.append(rest + step * self._likelihood.differ[unit])
                costs.append(float(prior(np.array([step]), self._noisy)[0]) - _COST)
            for members, part in zip(classes, parts, strict=True):
                step = float(scales[members[0]])
                options.append((step, int(labels[members[0]])))
                exponents.append(rest - part + step * self._apart(np.append(members, unit)))
                costs.append(0.0)
            scores = self._scores(np.array(exponents), np.full(len(options), ratio))
            scores += np.array(costs) + self._prior(scales, classes)
            pick = _picked(scores, rng)
            for at in np.flatnonzero(scores > max(scores.max(), self._top) - _NEAR):
                scales[unit], new = options[at]
                own = labels.copy()
                own[unit] = new
                self.keep(self._candidate(scales.copy(), own, ratio, float(scores[at])))
            scales[unit], labels[unit] = options[pick]
            score = float(scores[pick])
        classes = _classes(scales, labels)
        for members in classes:
            if len(members) == 1:
                continue
            others = [each for each in classes if each is not members]
            rest = sum((scales[each[0]] * self._apart(each) for each in others), self._none)
            scores = self._scores(
                rest + GRID[:, None, None] * self._apart(members), np.full(len(GRID), ratio)
            )
            scores += prior(GRID, self._noisy) - _COST + self._prior(scales, others)
            pick = _picked(scores, rng)
            scales[members], score = GRID[pick], float(scores[pick])
        if self._noisy:
            rest = sum((scales[each[0]] * self._apart(each) for each in classes), self._none)
            scores = self._scores(np.repeat(rest[None], len(RATIOS), 0), RATIOS)
            scores += self._prior(scales, classes)
            pick = _picked(scores, rng)
            ratio, score = float(RATIOS[pick]), float(scores[pick])
        found = self._candidate(scales, labels, ratio, score)
        self.keep(found)
        return found

    def _prior(self, scales: Floats, classes: list[Labels]) -> float:
        steps = np.array([scales[members[0]] for members in classes])
        return float((prior(steps, self._noisy) - _COST).sum())

    def _apart(self, members: Labels) -> Floats:
        """(N, N), by how many units of a class masks differ."""
        counts = self._masks[:, members].sum(1)
        return np.asarray(np.abs(counts[:, None] - counts), dtype=np.float64)

    def _scores(self, exponents: Floats, ratios: Floats) -> Floats:
        kernels = np.exp(-exponents)
        if self._loose:
            kernels = loosened(kernels, self._differing, self._loose)
        return self._likelihood.of(kernels, ratios)

    def _candidate(self, scales: Floats, labels: Labels, ratio: float, score: float) -> Candidate:
        return Candidate(scales, labels, ratio, score, self._loose)


def _classes(scales: Floats, labels: Labels) -> list[Labels]:
    """The units of each class, without those that do nothing."""
    active = np.flatnonzero(scales)
    return [active[labels[active] == label] for label in np.unique(labels[active])]


def _picked(scores: Floats, rng: np.random.Generator | None) -> int:
    """The largest, or one at random, each as often as it is likely."""
    return int(np.argmax(scores if rng is None else scores + rng.gumbel(size=len(scores))))
