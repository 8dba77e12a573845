"""Shapley and Owen values by their definition: the mean gain over all orders."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from audittrail.attribution import Mask, Study

__all__ = ["finished", "owen", "shapley"]


def shapley(values: Sequence[float]) -> list[float]:
    """Over all orders of the players."""
    players = range(len(values).bit_length() - 1)
    return owen(values, [[player] for player in players])


def owen(values: Sequence[float], blocks: Sequence[Sequence[int]]) -> list[float]:
    """Over all orders in which the players of a block follow each other."""
    total = [0.0] * sum(map(len, blocks))
    orders = 0
    for outer in itertools.permutations(blocks):
        for inner in itertools.product(*map(list, map(itertools.permutations, outer))):
            orders += 1
            mask = 0
            for player in itertools.chain(*inner):
                total[player] += values[mask | 1 << player] - values[mask]
                mask |= 1 << player
    return [each / orders for each in total]


def finished(study: Study, value: object, limit: int | None = None) -> dict[Mask, list[float]]:
    """What is observed when all is measured that the study asks for, or so many masks."""
    observed: dict[Mask, list[float]] = {}
    while (limit is None or len(observed) < limit) and (wanted := study.next(observed)):
        for mask in wanted:
            observed[mask] = [value(mask)]  # type: ignore[operator]  # a function or a list's
    return observed
