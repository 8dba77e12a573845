"""Players, and the masks that say which of them are present."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audittrail.attribution.errors import AttributionError

__all__ = ["Mask", "Player", "checked", "mask_of"]

Mask = int
"""A set of players. Bit i is set if player i, in the order they were given, is present."""


@dataclass(frozen=True)
class Player:
    """A source that can be masked.

    ``group`` names what it belongs to, such as a turn or a tool. It matters if there are more than
    12 players, which are then measured by group first.
    """

    id: str
    group: str | None = None


def checked(players: Sequence[Player]) -> tuple[Player, ...]:
    """The players, at least one and each with an id of its own.

    Raises:
        AttributionError: if there is none, or two have the same id.
    """
    if not players:
        raise AttributionError("There is nothing to attribute to: a study needs at least 1 player.")
    seen: set[str] = set()
    for player in players:
        if player.id in seen:
            raise AttributionError(f"Two players have the id {player.id!r}; ids must differ.")
        seen.add(player.id)
    return tuple(players)


def mask_of(indices: Iterable[int]) -> Mask:
    """The mask in which the players of these indices are present."""
    mask = 0
    for index in indices:
        mask |= 1 << index
    return mask
