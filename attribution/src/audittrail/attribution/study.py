"""A study: which masks to measure, and what the measurements mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from audittrail.attribution.errors import AttributionError
from audittrail.attribution.estimate import enumerated, modelled
from audittrail.attribution.mixture import Mixture
from audittrail.attribution.observations import Observations, presence
from audittrail.attribution.players import Mask, Player, checked
from audittrail.attribution.report import reported
from audittrail.attribution.results import Attribution, Intervals, Method
from audittrail.attribution.units import Group, Units, grouped

__all__ = ["Study"]

_EXACT: Final = 5
_ADAPTIVE: Final = 12
_BATCH: Final = 4
_STANDARD: Final = {6: 48, 7: 48, 8: 48, 9: 64, 10: 64, 11: 96, 12: 96}
_QUICK: Final = {6: 32, 7: 32, 8: 32, 9: 48, 10: 48, 11: 64, 12: 64}
_GROUPED: Final = {"standard": 96, "quick": 64}
_FOR_MEMBERS: Final = 32
"""Of the masks of a grouped study, at least so many are kept for players within groups."""
_WORTH: Final = 0.02
"""A group with a smaller value is not split."""


class Study:
    """What to measure, and what the measurements mean.

    It keeps nothing between calls. All follows from what was observed, so a study can be resumed
    at any time, and asked for a partial result.

    Attributes:
        n: how many players there are.
        full, empty: the masks of all and of none of them.
        method: "exact" up to 5 players: all masks. "adaptive" up to 12: after a start design, the
            masks that a surrogate would learn most from. "grouped" above: first groups, then the
            players of those groups that matter most.
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
            seed: of the random starts of the surrogates' search.

        Raises:
            AttributionError: if there are no players, or two of them have one id.
        """
        self.players = checked(players)
        self.n = len(self.players)
        self.full = (1 << self.n) - 1
        self.empty = 0
        self._seed = seed
        budgets = _QUICK if mode == "quick" else _STANDARD
        self._groups = [Group(player.id, (i,)) for i, player in enumerate(self.players)]
        if self.n <= _EXACT:
            self.method, self.masks = "exact", 2**self.n
        elif self.n <= _ADAPTIVE:
            self.method, self.masks = "adaptive", budgets[self.n]
        else:
            self.method, self.masks = "grouped", _GROUPED[mode]
            self._groups = grouped(self.players)
        self._units = Units(self.players, self._groups, ())
        self._first = self.masks
        if self.method == "grouped":
            count = len(self._groups)
            first = 2**count if count <= _EXACT else budgets[count]
            self._first = min(first, self.masks - _FOR_MEMBERS)

    def fixed(self) -> list[Mask]:
        """The masks that are known beforehand, in the order to measure them: full, empty, each
        player (or group) left out, each alone; of an exact study then all others."""
        start = self._units.start()
        if len(self._groups) <= _EXACT:
            start += self._units.candidates(self._seed)
        return list(dict.fromkeys(start))

    def next(self, observed: Mapping[Mask, Sequence[float]]) -> list[Mask]:
        """The masks to measure now, none of which is in ``observed``; [] when all is done.

        Args:
            observed: for each mask that was measured, one value or more.

        Returns:
            what is left of ``fixed()``, and then batches of up to 4.

        Raises:
            AttributionError: if a mask has players that do not exist, or a value is not finite.
        """
        seen = Observations(observed, self.full)
        room = self.masks - len(seen)
        missing = [mask for mask in self.fixed() if mask not in seen]
        if missing or room <= 0 or self.method == "exact":
            return missing[: max(room, 0)]
        units = self._units
        if self.method == "grouped":
            room_of_groups = self._first - sum(map(units.fits, seen.means))
            if room_of_groups > 0 and len(self._groups) > _EXACT:
                return self._chosen(units, seen, min(room, room_of_groups))
            units = self._split(seen)
            if not units.split:
                return []
            missing = [mask for mask in units.start() if mask not in seen]
            if missing:
                return missing[:room]
        return self._chosen(units, seen, room)

    def attribute(self, observed: Mapping[Mask, Sequence[float]]) -> Attribution:
        """The attribution as far as it is known.

        Args:
            observed: for each mask that was measured, one value or more. Values of the same mask
                are averaged, and their spread tells the noise.

        Raises:
            AttributionError: if full or empty was not measured, a mask has players that do not
                exist, or a value is not finite.
        """
        seen = Observations(observed, self.full)
        if self.full not in seen or self.empty not in seen:
            lacking = "with all sources" if self.full not in seen else "without any source"
            raise AttributionError(
                f"The prompt {lacking} was not measured. Nothing can be said before both it and "
                "its opposite are."
            )
        units = self._split(seen) if self.method == "grouped" else self._units
        measured = seen.seen_by(units.masks, units.fits)
        if len(measured.means) == 2 ** len(units.masks):
            estimate = enumerated(measured, units.blocks)
            intervals: Intervals = "measured" if seen.spread else "exact"
            return reported(self, seen, units, estimate, intervals, not self.next(observed))
        estimate, _ = modelled(measured, units.blocks, self._seed)
        complete = len(seen) >= self.masks or not self.next(observed)
        return reported(self, seen, units, estimate, "model-based", complete)

    def _chosen(self, units: Units, seen: Observations, room: int) -> list[Mask]:
        """The masks from which most is to be learned."""
        candidates = [mask for mask in units.candidates(self._seed) if mask not in seen]
        if not candidates:
            return []
        measured = seen.seen_by(units.masks, units.fits)
        mixture = Mixture(measured, units.blocks, self._seed)
        picks = mixture.most_telling(presence(candidates, units.masks), min(_BATCH, room))
        return [candidates[pick] for pick in picks]

    def _split(self, seen: Observations) -> Units:
        """The units after the groups were measured: those with the largest values are split, as
        long as there is room for each of their players to be left out, and to be alone."""
        units = self._units
        measured = seen.seen_by(units.masks, units.fits)
        if self.full not in seen or self.empty not in seen:
            return units
        if len(measured.means) < min(self._first, 2 ** len(self._groups)):
            return units
        whole = len(measured.means) == 2 ** len(self._groups)
        estimate = (
            enumerated(measured, units.blocks)
            if whole
            else modelled(measured, units.blocks, self._seed)[0]
        )
        room = self.masks - len(measured.means)
        split = []
        for place in sorted(range(len(self._groups)), key=lambda at: -abs(estimate.values[at])):
            needs = 2 * len(self._groups[place].members)
            if needs > 2 and needs <= room and abs(estimate.values[place]) >= _WORTH:
                split.append(place)
                room -= needs
        return Units(self.players, self._groups, split)
