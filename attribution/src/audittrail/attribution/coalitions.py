"""Shapley and Owen values as linear functionals: of a table of values, and of product functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["Blocks", "Floats", "Presence", "nodes"]

Floats = NDArray[np.float64]
Presence = NDArray[np.bool_]


@cache
def nodes(degree: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes and weights on [0, 1], exact for polynomials of that degree."""
    points, weights = np.polynomial.legendre.leggauss(degree // 2 + 1)
    return (points + 1) / 2, weights / 2


def _mixed(absent: Floats, present: Floats, at: Floats) -> Floats:
    """(1 - t) f(0) + t f(1), along a new last axis for each t."""
    return absent[..., None] * (1 - at) + present[..., None] * at


class Blocks:
    """Units (bits of a mask) in blocks: with blocks of one unit the value of a unit is its Shapley
    value (Shapley 1953), otherwise its Owen value (Owen 1977): blocks join one after the other in
    any order, and the units of a block one after the other within it.

    A product function f(S) = prod_j f_j([j in S]) has these values in closed form: by the
    multilinear extension (Owen 1972) a Shapley value is the integral over t in [0, 1] of
    (f_i(1) - f_i(0)) prod_{j != i} ((1 - t) f_j(0) + t f_j(1)), a polynomial, for which
    Gauss-Legendre quadrature is exact. An Owen value is the product of two such integrals, one over
    the other units of the block and one over the other blocks. The kernel of the surrogate is a
    product, so nothing here ever lists all 2**n masks.

    ``pairs`` are the pairs of units that have a Shapley interaction index (Grabisch and Roubens
    1999): both alone in their blocks, or both of one block.
    """

    def __init__(self, blocks: Sequence[Sequence[int]]) -> None:
        """
        Args:
            blocks: the units of each block; together all units from 0 on.
        """
        self.blocks = [np.array(sorted(units), dtype=np.intp) for units in blocks]
        self.units = sum(len(units) for units in self.blocks)
        self.block_of = np.zeros(self.units, dtype=np.intp)
        for place, units in enumerate(self.blocks):
            self.block_of[units] = place
        self.sizes = np.array([len(self.blocks[place]) for place in self.block_of], dtype=np.intp)

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """Units (i, j), i < j."""
        alone = self.sizes == 1
        return [
            (i, j)
            for i in range(self.units)
            for j in range(i + 1, self.units)
            if self.block_of[i] == self.block_of[j] or (alone[i] and alone[j])
        ]

    def of_products(
        self, absent: Floats, present: Floats, *, pairs: bool = True
    ) -> tuple[Floats, Floats]:
        """The values of product functions.

        Args:
            absent, present: (functions, units), each factor without and with its unit; above 0.

        Returns:
            (units, functions) values of the units, (pairs, functions) interactions; none of the
            latter without ``pairs``.
        """
        steps = present - absent
        at, weights = nodes(max(len(self.blocks) - 1, 0))
        whole_absent = np.stack([absent[:, b].prod(1) for b in self.blocks], 1)
        whole_present = np.stack([present[:, b].prod(1) for b in self.blocks], 1)
        between = _mixed(whole_absent, whole_present, at)
        all_blocks = between.prod(1)
        values = np.empty((self.units, len(absent)))
        around = [(all_blocks / between[:, place]) @ weights for place in range(len(self.blocks))]
        inside: list[tuple[Floats, Floats, Floats]] = []
        for place, units in enumerate(self.blocks):
            within_at, within_weights = nodes(len(units) - 1)
            within = _mixed(absent[:, units], present[:, units], within_at)
            product = within.prod(1)
            inside.append((within, product, within_weights))
            for index, unit in enumerate(units):
                values[unit] = (
                    steps[:, unit] * ((product / within[:, index]) @ within_weights) * around[place]
                )
        wanted = self.pairs if pairs else []
        both = np.empty((len(wanted), len(absent)))
        for index, (i, j) in enumerate(wanted):
            k, m = self.block_of[i], self.block_of[j]
            if k == m:
                within, product, within_weights = inside[k]
                here, there = (int(np.searchsorted(self.blocks[k], u)) for u in (i, j))
                rest = (product / within[:, here] / within[:, there]) @ within_weights
                rest = rest * around[k]
            else:
                rest = (all_blocks / between[:, k] / between[:, m]) @ weights
            both[index] = steps[:, i] * steps[:, j] * rest
        return values, both

    def prior_variances(self, kept: Floats) -> tuple[Floats, Floats]:
        """The variances that a Gaussian process of unit amplitude gives the values.

        Args:
            kept: (units,), exp(-l_i): the correlation of two masks that differ in that unit only.

        Returns:
            (units,) of the values, (pairs,) of the interactions.
        """

        def agreeing(correlations: Floats, at: Floats) -> Floats:
            """(len, t, t'): the expected kernel of two units present with t and t'."""
            same = np.outer(at, at) + np.outer(1 - at, 1 - at)
            return same + correlations[:, None, None] * (1 - same)

        at, weights = nodes(max(len(self.blocks) - 1, 0))
        between = agreeing(np.array([kept[units].prod() for units in self.blocks]), at)
        all_blocks = between.prod(0)
        around = [weights @ (all_blocks / each) @ weights for each in between]
        values = np.empty(self.units)
        inside: list[tuple[Floats, Floats, Floats]] = []
        for place, units in enumerate(self.blocks):
            within_at, within_weights = nodes(len(units) - 1)
            within = agreeing(kept[units], within_at)
            product = within.prod(0)
            inside.append((within, product, within_weights))
            for index, unit in enumerate(units):
                inner = within_weights @ (product / within[index]) @ within_weights
                values[unit] = 2 * (1 - kept[unit]) * inner * around[place]
        both = np.empty(len(self.pairs))
        for index, (i, j) in enumerate(self.pairs):
            k, m = self.block_of[i], self.block_of[j]
            if k == m:
                within, product, within_weights = inside[k]
                here, there = (int(np.searchsorted(self.blocks[k], u)) for u in (i, j))
                rest = within_weights @ (product / within[here] / within[there]) @ within_weights
                rest = rest * around[k]
            else:
                rest = weights @ (all_blocks / between[k] / between[m]) @ weights
            both[index] = 4 * (1 - kept[i]) * (1 - kept[j]) * rest
        return values, both

    def coefficients(self, masks: Presence) -> tuple[Floats, Floats]:
        """What the value of each mask counts for: value_i = sum_S c_iS v(S).

        Args:
            masks: (masks, units), which units are present.

        Returns:
            (units, masks) for the values, (pairs, masks) for the interactions.
        """
        present = np.stack([masks[:, units].sum(1) for units in self.blocks], 1)
        size = np.array([len(units) for units in self.blocks])
        full, whole = present == size, (present == size) | (present == 0)
        count = len(self.blocks)
        values = np.zeros((self.units, len(masks)))
        for unit in range(self.units):
            k = self.block_of[unit]
            others = np.delete(full, k, 1).sum(1)
            fits = np.delete(whole, k, 1).all(1)
            inside = present[:, k] - masks[:, unit]
            weight = _weights(count)[others] * _weights(int(size[k]))[inside]
            values[unit] = np.where(fits, np.where(masks[:, unit], weight, -weight), 0.0)
        both = np.zeros((len(self.pairs), len(masks)))
        for index, (i, j) in enumerate(self.pairs):
            k, m = self.block_of[i], self.block_of[j]
            sign = np.where(masks[:, i] == masks[:, j], 1.0, -1.0)
            if k == m:
                others = np.delete(full, k, 1).sum(1)
                fits = np.delete(whole, k, 1).all(1)
                inside = present[:, k] - masks[:, i] - masks[:, j]
                weight = _weights(count)[others] * _pair_weights(int(size[k]))[inside]
            else:
                others = np.delete(full, [k, m], 1).sum(1)
                fits = np.delete(whole, [k, m], 1).all(1)
                weight = _pair_weights(count)[others]
            both[index] = np.where(fits, sign * weight, 0.0)
        return values, both

    @cached_property
    def squared(self) -> tuple[Floats, Floats]:
        """The sum of c_iS**2 over all masks S: (units,) and (pairs,)."""

        def total(weights: Floats) -> float:
            chosen = [math.comb(len(weights) - 1, s) for s in range(len(weights))]
            return float(weights**2 @ np.array(chosen, dtype=float))

        count = len(self.blocks)
        values = [2 * total(_weights(count)) * total(_weights(int(m))) for m in self.sizes]
        both = []
        for i, j in self.pairs:
            same = self.block_of[i] == self.block_of[j]
            outer = total(_weights(count)) if same else 1.0
            both.append(4 * outer * total(_pair_weights(int(self.sizes[i]) if same else count)))
        return np.array(values), np.array(both)


def _weights(n: int) -> Floats:
    """s! (n - 1 - s)! / n! for s = 0 .. n - 1 others."""
    return np.array([1 / (n * math.comb(n - 1, s)) for s in range(n)])


def _pair_weights(n: int) -> Floats:
    """s! (n - 2 - s)! / (n - 1)! for s = 0 .. n - 2 others."""
    return np.array([1 / ((n - 1) * math.comb(n - 2, s)) for s in range(n - 1)])
