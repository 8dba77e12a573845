"""What was measured of each mask."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from audittrail.attribution.coalitions import Presence
from audittrail.attribution.errors import AttributionError
from audittrail.attribution.players import Mask
from audittrail.attribution.surrogate import Measured

__all__ = ["Observations", "presence"]


class Observations:
    """The samples of each mask, in the order of the masks, so that nothing depends on when they
    came.

    Attributes:
        means: the mean of each mask's samples.
        samples: how many there are of all masks.
        spread, freedom: the sum of squared deviations from the means, and its degrees of freedom.
        sigma: the standard deviation of one sample, pooled over all masks that have several.
    """

    def __init__(self, observed: Mapping[Mask, Sequence[float]], full: Mask) -> None:
        """
        Args:
            observed: one value or more for each mask; masks without any are left out.
            full: the mask of all players.

        Raises:
            AttributionError: if a mask has players that do not exist, or a value is not finite.
        """
        self._samples: dict[Mask, list[float]] = {}
        for mask in sorted(observed):
            if not 0 <= mask <= full:
                raise AttributionError(
                    f"The mask {mask} has players that this study does not know; masks go from 0 "
                    f"to {full}."
                )
            values = [float(value) for value in observed[mask]]
            if not all(map(math.isfinite, values)):
                raise AttributionError(
                    f"A value of the mask {mask} is not a finite number. What could not be "
                    "measured is left out, not passed as NaN."
                )
            if values:
                self._samples[mask] = sorted(values)
        self.means = {mask: math.fsum(v) / len(v) for mask, v in self._samples.items()}
        self.samples = sum(map(len, self._samples.values()))
        self.freedom = self.samples - len(self._samples)
        self.spread = math.fsum(
            (value - self.means[mask]) ** 2
            for mask, values in self._samples.items()
            for value in values
        )
        if self.spread < 1e-18:
            self.spread = 0.0
        self.sigma = math.sqrt(self.spread / self.freedom) if self.freedom else 0.0

    def __len__(self) -> int:
        return len(self._samples)

    def __contains__(self, mask: Mask) -> bool:
        return mask in self._samples

    def seen_by(self, units: Sequence[Mask], fits: Callable[[Mask], bool]) -> Measured:
        """The observations of the masks that fit, as arrays.

        Args:
            units: for each unit the mask of its players.
            fits: whether each unit is in a mask as a whole or not at all.
        """
        masks = [mask for mask in self._samples if fits(mask)]
        return Measured(
            presence(masks, units),
            np.array([self.means[mask] for mask in masks]),
            np.array([float(len(self._samples[mask])) for mask in masks]),
            self.spread,
            self.freedom,
        )


def presence(masks: Sequence[Mask], units: Sequence[Mask]) -> Presence:
    """(masks, units), whether a mask has a unit."""
    return np.array([[mask & unit == unit for unit in units] for mask in masks], dtype=bool)
