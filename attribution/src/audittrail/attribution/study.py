"""A study: which masks to measure, and what the measurements mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from audittrail.attribution.players import Mask, Player, checked
from audittrail.attribution.results import Attribution, Method

__all__ = ["Study"]


class Study:
    """What to measure, and what the measurements mean.

    It keeps nothing between calls. All follows from what was observed, so a study can be resumed
    at any time, and asked for a partial result.

    Attributes:
        n: how many players there are.
        full, empty: the masks of all and of none of them.
        method: "exact" up to 5 players, "adaptive" up to 12, "grouped" above.
        masks: how many distinct masks are measured at most, full and empty included.
    """

    n: int
    full: Mask
    empty: Mask
    method: Method
    masks: int

    def __init__(
        self,
        players: Sequence[Player],
        *,
        mode: Literal["quick", "standard"] = "standard",
        seed: int = 0,
    ) -> None:
        """
        Args:
            players: the sources; bit i of a mask is the i-th of them.
            mode: "quick" measures fewer masks.
            seed: decides between masks that promise the same.

        Raises:
            AttributionError: if there are no players, or two of them have one id.
        """
        self.players = checked(players)
        self.n = len(self.players)
        self.full = (1 << self.n) - 1
        self.empty = 0
        self.method = "exact" if self.n <= 5 else "adaptive" if self.n <= 12 else "grouped"
        self.masks = 2**self.n

    def fixed(self) -> list[Mask]:
        """The masks that are known beforehand, in the order to measure them: full, empty, ..."""
        raise NotImplementedError

    def next(self, observed: Mapping[Mask, Sequence[float]]) -> list[Mask]:
        """The masks to measure now, none of which is in ``observed``; [] when all is done.

        Args:
            observed: for each mask that was measured, one value or more.

        Returns:
            what is left of ``fixed()``, and then batches of up to 4.
        """
        raise NotImplementedError

    def attribute(self, observed: Mapping[Mask, Sequence[float]]) -> Attribution:
        """The attribution as far as it is known.

        Args:
            observed: for each mask that was measured, one value or more. Values of the same mask
                are averaged, and their spread tells the noise.

        Raises:
            AttributionError: if full or empty was not measured, or a value is not a number.
        """
        raise NotImplementedError
