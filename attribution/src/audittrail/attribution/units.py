"""What is present or absent as a whole: single players, or groups of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np

from audittrail.attribution.coalitions import Blocks
from audittrail.attribution.players import Mask, Player, mask_of

__all__ = ["Group", "Units", "grouped"]

MOST_GROUPS: Final = 12
_ENUMERATED: Final = 4096


class Group:
    """Players that are measured as one first. ``members``: their indices."""

    def __init__(self, name: str, members: Sequence[int]) -> None:
        self.name = name
        self.members = tuple(members)
        self.mask = mask_of(members)


def grouped(players: Sequence[Player]) -> list[Group]:
    """From 2 to 12 groups, in the order of their first players.

    A player without a group is its own. A group of more than 12 is cut into runs of at most 12
    neighbours. If there are more than 12 groups, the two neighbours that are the fewest together
    are merged, the earliest first, until there are 12.
    """
    by_name: dict[tuple[bool, str], list[int]] = {}
    for index, player in enumerate(players):
        key = (True, player.id) if player.group is None else (False, player.group)
        by_name.setdefault(key, []).append(index)
    groups: list[Group] = []
    for (_, name), members in by_name.items():
        runs = -(-len(members) // MOST_GROUPS)
        size = -(-len(members) // runs)
        for run in range(runs):
            part = members[run * size : (run + 1) * size]
            if part:
                groups.append(Group(name if runs == 1 else f"{name} ({run + 1})", part))
    while len(groups) > MOST_GROUPS:
        sizes = [len(a.members) + len(b.members) for a, b in pairwise(groups)]
        at = sizes.index(min(sizes))
        first, second = groups[at], groups[at + 1]
        name = f"{first.name.split(' … ')[0]} … {second.name.split(' … ')[-1]}"
        groups[at : at + 2] = [Group(name, first.members + second.members)]
    return groups


class Units:
    """Groups, some of them split into their players.

    Attributes:
        masks: for each unit the mask of its players.
        names: for each unit the id of its player, or the name of its group.
        blocks: the units of each group, for the Owen values.
    """

    def __init__(
        self, players: Sequence[Player], groups: Sequence[Group], split: Iterable[int]
    ) -> None:
        """
        Args:
            split: the indices of the groups that are split.
        """
        self.groups = list(groups)
        self.split = sorted(split)
        self.masks: list[Mask] = []
        self.names: list[str] = []
        self.members: list[tuple[str, ...]] = []
        blocks: list[list[int]] = []
        for place, group in enumerate(self.groups):
            parts = [(m,) for m in group.members] if place in self.split else [group.members]
            blocks.append(list(range(len(self.masks), len(self.masks) + len(parts))))
            for part in parts:
                ids = tuple(players[index].id for index in part)
                self.masks.append(mask_of(part))
                self.members.append(ids)
                self.names.append(ids[0] if len(ids) == 1 else group.name)
        self.blocks = Blocks(blocks)

    @cached_property
    def full(self) -> Mask:
        """The mask of all players."""
        mask = 0
        for unit in self.masks:
            mask |= unit
        return mask

    def fits(self, mask: Mask) -> bool:
        """Whether each unit is in the mask as a whole or not at all."""
        return all(mask & unit in (0, unit) for unit in self.masks)

    def start(self) -> list[Mask]:
        """The start design: full, empty, each unit left out, each unit alone. If groups are split,
        only for the players of those."""
        units = self.masks
        if self.split:
            members = {1 << m for place in self.split for m in self.groups[place].members}
            units = [unit for unit in units if unit in members]
        ordered = [self.full, 0, *(self.full & ~unit for unit in units), *units]
        return list(dict.fromkeys(ordered))

    def candidates(self, seed: int) -> list[Mask]:
        """The masks that the values are made of; if there are more than 4096, a part of them:
        any units of one split group, together with any whole groups."""
        if not self.split:
            return _unions(self.masks, np.random.default_rng(seed), _ENUMERATED)
        found: dict[Mask, None] = {}
        for place in self.split:
            others = [group.mask for at, group in enumerate(self.groups) if at != place]
            members = [1 << index for index in self.groups[place].members]
            rng = np.random.default_rng([seed, place])
            for mask in _unions(others + members, rng, _ENUMERATED // len(self.split)):
                found[mask] = None
        return list(found)


def _unions(parts: Sequence[Mask], rng: np.random.Generator, most: int) -> list[Mask]:
    """The unions of all subsets of disjoint parts, or ``most`` of them: of every size as many."""
    if 2 ** len(parts) <= most:
        unions = [0]
        for part in parts:
            unions += [union | part for union in unions]
        return unions
    found: dict[Mask, None] = {}
    for _ in range(most):
        size = int(rng.integers(1, len(parts)))
        found[sum(parts[int(at)] for at in rng.permutation(len(parts))[:size])] = None
    return list(found)
