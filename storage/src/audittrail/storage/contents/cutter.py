"""Cutting long texts of spans into parts that are stored once per owner."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Final, Literal, NamedTuple

import structlog

from audittrail.storage.contents.cutting import Cutting, NewPart, Pieces, plain_pieces
from audittrail.storage.contents.head import Outline, outline
from audittrail.storage.contents.known import Known
from audittrail.storage.contents.recipe import NESTED, TEXT, Recipe, decode

__all__ = ["Cut", "Cutter", "NewPart"]

log = structlog.get_logger(__name__)

# A longer recipe is itself cut; each level takes about one byte for 50 of the one below it.
_LONGEST_CELL: Final = 8000


class Cut(NamedTuple):
    """A text after cutting.

    Attributes:
        cell: The recipe to store in place of the text.
        new: Parts that are not stored yet.
        ids: Distinct ids of all parts that the cell needs, nested recipes included.
        added: The subset of ``ids`` that the previous text of the same series did not need.
    """

    cell: str
    new: list[NewPart]
    ids: list[int]
    added: list[int]


class Cutter:
    """Cuts texts, and recognises parts that it cut before. Not thread-safe.

    Args:
        known: The parts it recognises. Clear it after a failed commit and after a deletion.
        take_id: Returns a new id on each call.
    """

    def __init__(self, known: Known, take_id: Callable[[], int]) -> None:
        self._known = known
        self._take_id = take_id

    def cut(self, owner: str, text: str, series: Hashable) -> Cut:
        """Cut a text. The result has been checked: its parts join to exactly this text.

        Args:
            owner: The owner; only parts of this owner are reused.
            text: Any text that has a UTF-8 form.
            series: Identifies texts that are likely to begin like the previous one, such as one
                column of a trace.
        """
        data = text.encode()
        about = outline(data)
        level = self._cut_once(owner, data, series, TEXT, len(data), about)
        levels = [level]
        while len(level.cell.encode()) > _LONGEST_CELL:
            inner = replace(level.recipe, head="").encode().encode()
            series = (series, NESTED)
            level = self._cut_once(owner, inner, series, NESTED, len(data), about)
            levels.append(level)
        ids = list(dict.fromkeys(code >> 1 for each in levels for code in each.recipe.codes))
        former = {code >> 1 for each in levels for code in each.pieces.former}
        return Cut(
            cell=level.cell,
            new=[part for each in levels for part in each.pieces.new],
            ids=ids,
            added=[part_id for part_id in ids if part_id not in former],
        )

    def _cut_once(
        self,
        owner: str,
        data: bytes,
        series: Hashable,
        kind: Literal["1", "2"],
        length: int,
        about: Outline,
    ) -> _Level:
        try:
            cutting = Cutting(self._known, self._take_id, owner, data, series)
            cutting.run()
            level = _level(kind, length, about, cutting.pieces())
            if cutting.is_exact() and decode(level.cell) == level.recipe:
                cutting.remember()
                return level
            error = "the parts do not join to the text"
        except Exception as caught:
            error = repr(caught)
        # An error of the cutter costs space, never evidence.
        log.error("text cut into plain pieces", owner=owner, size=len(data), error=error)
        self._known.clear()
        return _level(kind, length, about, plain_pieces(data, self._take_id))


class _Level(NamedTuple):
    recipe: Recipe
    cell: str
    pieces: Pieces


def _level(kind: Literal["1", "2"], length: int, about: Outline, pieces: Pieces) -> _Level:
    recipe = Recipe(
        kind=kind,
        length=length,
        count=about.count,
        glue=pieces.glue,
        codes=pieces.codes,
        tail=pieces.tail,
        head=about.head,
    )
    return _Level(recipe, recipe.encode(), pieces)
