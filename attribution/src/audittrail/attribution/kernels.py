"""What masks have in common: kernels that depend on how many units of each class are present."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audittrail.attribution.coalitions import Blocks, Floats, Presence, nodes

__all__ = ["Kernel", "loosened"]

_BASE: Final = 0.5
"""The length scale of the part of a kernel that knows no classes."""


def loosened(kernel: Floats, differing: Floats, loose: float) -> Floats:
    """A kernel of which a part knows no classes; ``differing``: by how many units masks differ."""
    return (1 - loose) * kernel + loose * np.exp(-_BASE * differing)


class Kernel:
    """(1 - e) exp(-sum_g l_g |s_g - t_g|) + e exp(-|S xor T| / 2), s_g being how many units of the
    class g a mask has.

    Units of one class are the same to such a function, apart from e: it depends on their number
    only. With classes of one unit it is the product kernel exp(-sum_i l_i [i in S xor T]). A unit
    of length 0 does nothing.

    All is linear in the kernel, and it is a sum of products over classes, so that Shapley values
    have closed forms as in ``Blocks``: the mean over t of a product of what each class has, if each
    unit is present with the chance t.

    Attributes:
        lengths: (U,), l, equal for all units of a class.
        classes: the units of each class, without those of length 0.
    """

    def __init__(self, lengths: Floats, labels: NDArray[np.intp], loose: float = 0.0) -> None:
        """
        Args:
            lengths: (U,), l.
            labels: (U,), which class each unit is of. Classes of several units are for blocks of
                one unit only.
            loose: e.
        """
        self.lengths = lengths
        active = np.flatnonzero(lengths)
        self.classes = [active[labels[active] == label] for label in np.unique(labels[active])]
        self._steps = [float(lengths[units[0]]) for units in self.classes]
        self._loose = loose
        units = len(lengths)
        self._rest = Kernel(np.full(units, _BASE), np.arange(units)) if loose else None

    def between(self, masks: Presence, others: Presence) -> Floats:
        """(masks, others)."""
        if self._alone:
            signs, towards = 1.0 - 2.0 * masks, 1.0 - 2.0 * others
            exponents = ((self.lengths * signs) @ towards.T - self.lengths.sum()) / 2
        else:
            exponents = np.zeros((len(masks), len(others)))
            for units, step in zip(self.classes, self._steps, strict=True):
                here, there = masks[:, units].sum(1), others[:, units].sum(1)
                exponents -= step * np.abs(here[:, None] - there)
        kernel = np.asarray(np.exp(exponents), dtype=np.float64)
        if self._rest is None:
            return kernel
        return (1 - self._loose) * kernel + self._loose * self._rest.between(masks, others)

    def functionals(
        self, blocks: Blocks, masks: Presence, *, pairs: bool = True
    ) -> tuple[Floats, Floats]:
        """The values and interactions of the kernel towards each mask.

        Returns:
            (units, masks) and (pairs, masks); none of the latter without ``pairs``.
        """
        if self._alone:
            kept = np.exp(-self.lengths)
            absent, present = np.where(masks, kept, 1.0), np.where(masks, 1.0, kept)
            own = blocks.of_products(absent, present, pairs=pairs)
        else:
            at, weights = nodes(blocks.units - 1)
            orders = [
                [(table @ chances)[masks[:, units].sum(1)] for chances in _chances(len(units), at)]
                for units, table in zip(self.classes, self._tables, strict=True)
            ]
            own = self._combined(blocks, orders, weights, (len(masks),), pairs=pairs)
        if self._rest is None:
            return own
        return self._mixed(own, self._rest.functionals(blocks, masks, pairs=pairs))

    def prior_variances(self, blocks: Blocks) -> tuple[Floats, Floats]:
        """The variances that a Gaussian process of unit amplitude gives the values (units,), and
        the interactions (pairs,)."""
        if self._alone:
            own = blocks.prior_variances(np.exp(-self.lengths))
        else:
            at, weights = nodes(blocks.units - 1)
            orders = [
                [(chances.T @ table @ chances).ravel() for chances in _chances(len(units), at)]
                for units, table in zip(self.classes, self._tables, strict=True)
            ]
            own = self._combined(blocks, orders, np.outer(weights, weights).ravel(), ())
        if self._rest is None:
            return own
        return self._mixed(own, self._rest.prior_variances(blocks))

    @cached_property
    def _alone(self) -> bool:
        return all(len(units) == 1 for units in self.classes)

    @cached_property
    def _tables(self) -> list[Floats]:
        """Of each class its factor of the kernel, between any two numbers of its units."""
        sizes = [np.arange(len(units) + 1) for units in self.classes]
        return [
            np.exp(-step * np.abs(size[:, None] - size))
            for size, step in zip(sizes, self._steps, strict=True)
        ]

    def _mixed(
        self, own: tuple[Floats, Floats], rest: tuple[Floats, Floats]
    ) -> tuple[Floats, Floats]:
        values, both = (
            (1 - self._loose) * mine + self._loose * other
            for mine, other in zip(own, rest, strict=True)
        )
        return values, both

    def _combined(
        self,
        blocks: Blocks,
        orders: list[list[Floats]],
        weights: Floats,
        shape: tuple[int, ...],
        *,
        pairs: bool = True,
    ) -> tuple[Floats, Floats]:
        """Integrals of products over classes.

        Args:
            orders: of each class its mean, its gain by one unit, and by two; (*shape, nodes).
            weights: of the nodes.

        Returns:
            (units, *shape) and (pairs, *shape).
        """
        whole = np.prod([order[0] for order in orders], 0)
        around = [whole / order[0] for order in orders]
        values = np.zeros((blocks.units, *shape))
        class_of = np.full(blocks.units, -1)
        for place, units in enumerate(self.classes):
            values[units] = (orders[place][1] * around[place]) @ weights
            class_of[units] = place
        both = np.zeros((len(blocks.pairs) if pairs else 0, *shape))
        known: dict[tuple[int, int], Floats] = {}
        for index, (i, j) in enumerate(blocks.pairs if pairs else []):
            k, m = sorted((int(class_of[i]), int(class_of[j])))
            if k < 0:
                continue
            if (k, m) not in known:
                gain = orders[k][2] if k == m else orders[k][1] * orders[m][1] / orders[m][0]
                known[k, m] = (gain * around[k]) @ weights
            both[index] = known[k, m]
        return values, both


def _chances(units: int, at: Floats) -> list[Floats]:
    """What a function of the number of present units, (units + 1,), counts for in its mean if each
    is present with the chance t; in the mean gain by one unit; and in that by two, if there are
    two. Each (units + 1, len(at))."""
    found = []
    for order in range(min(units, 2) + 1):
        rest = units - order
        size = np.arange(rest + 1)[:, None]
        ways = np.array([[math.comb(rest, chosen)] for chosen in range(rest + 1)])
        chances = ways * at**size * (1 - at) ** (rest - size)
        for _ in range(order):
            edge = np.zeros((1, len(at)))
            chances = np.concatenate([edge, chances]) - np.concatenate([chances, edge])
        found.append(chances)
    return found
