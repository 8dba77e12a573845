"""From estimated values to what is reported of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from audittrail.attribution.coalitions import Floats
from audittrail.attribution.estimate import Estimate
from audittrail.attribution.observations import Observations
from audittrail.attribution.results import Attribution, Intervals, Pair, Share
from audittrail.attribution.units import Units

if TYPE_CHECKING:
    from audittrail.attribution.study import Study

__all__ = ["distinguishable", "reported"]

_NORMAL: Final = 1.96
_LEVEL: Final = 0.05
_ZERO: Final = 1e-9
_CLEAR: Final = 3.0
"""A pair is listed if its interaction is so many standard errors from 0; of 66 pairs without any,
one in five studies would list one."""
_WORTH: Final = 0.02
"""Smaller interactions are not listed, whatever is known of them."""


def reported(
    study: Study,
    seen: Observations,
    units: Units,
    estimate: Estimate,
    intervals: Intervals,
    complete: bool,
) -> Attribution:
    """The attribution of these values. What rounding leaves between their sum and the difference
    of full and empty is divided evenly."""
    v_full, v_empty = seen.means[study.full], estimate.empty
    values = estimate.values + (v_full - v_empty - estimate.values.sum()) / len(estimate.values)
    whole = max(v_empty, 0.0) + float(values[values > 0].sum())
    known = distinguishable(values, estimate.errors)
    shares = []
    for place, (name, unit) in enumerate(zip(units.names, units.masks, strict=True)):
        phi, width = float(values[place]), _NORMAL * float(estimate.errors[place])
        without, alone = seen.means.get(study.full & ~unit), seen.means.get(unit)
        shares.append(
            Share(
                player=name,
                phi=phi,
                low=phi - width,
                high=phi + width,
                share=max(phi, 0.0) / whole if whole > 0 else 0.0,
                necessity=None if without is None else v_full - without,
                sufficiency=None if alone is None else alone - seen.means[study.empty],
                distinguishable=known[place],
                members=units.members[place],
            )
        )
    return Attribution(
        method=study.method,
        shares=tuple(shares),
        pairs=_pairs(units, estimate),
        v_empty=v_empty,
        v_full=v_full,
        noise=seen.sigma,
        masks_measured=len(seen),
        samples=seen.samples,
        complete=complete,
        intervals=intervals,
    )


def distinguishable(values: Floats, errors: Floats) -> list[bool]:
    """Which values differ from 0, with a chance of 5 % that any of them does not (Holm 1979): the
    smallest p-value must be below 5 % / n, the next below 5 % / (n - 1), and so on until one is
    not. Without an error, those that are not 0."""
    chances = [
        math.erfc(abs(value) / error / math.sqrt(2)) if error > 0 else float(abs(value) <= _ZERO)
        for value, error in zip(values.tolist(), errors.tolist(), strict=True)
    ]
    found = [False] * len(chances)
    for rank, place in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        if chances[place] > _LEVEL / (len(chances) - rank):
            break
        found[place] = True
    return found


def _pairs(units: Units, estimate: Estimate) -> tuple[Pair, ...]:
    """The pairs that clearly interact, the strongest first."""
    least = np.maximum(_WORTH, _CLEAR * estimate.interaction_errors)
    clear = [
        (float(interaction), first, second)
        for interaction, bar, (first, second) in zip(
            estimate.interactions, least, units.blocks.pairs, strict=True
        )
        if abs(interaction) > bar
    ]
    return tuple(
        Pair(
            units.names[first],
            units.names[second],
            interaction,
            "redundant" if interaction < 0 else "complementary",
        )
        for interaction, first, second in sorted(clear, key=lambda each: -abs(each[0]))
    )
