"""The cell of a long text: a recipe of the parts that give the text when joined.

The first fields hold digits, ``-``, ``*`` and ``,`` only, and the last one is a JSON array, so that
SQL can take it apart::

    MARK kind | length | count | ids | [glue, tail, head]
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import sub
from typing import Final, Literal

__all__ = [
    "MARK",
    "NESTED",
    "TEXT",
    "Recipe",
    "decode",
    "is_recipe",
    "join",
    "length_of",
    "needs_cutting",
    "part_ids",
    "rebuild",
]

MARK: Final = "\x1d"

# The parts join to the text, or to the cell of another recipe that was too long to be stored.
TEXT: Final = "1"
NESTED: Final = "2"

# Shorter texts shrink little (to 0.8-1.0 of their bytes) and cost up to 60 us per KB to cut.
_CUT_FROM: Final = 4096
_MOST_BYTES_A_CHARACTER: Final = 4

_JSON: Final = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to join a text from its parts.

    Attributes:
        kind: ``TEXT``, or ``NESTED`` if the parts join to another recipe's cell.
        length: UTF-8 bytes of the whole text, also for a nested recipe.
        count: Number of elements if the text is a JSON array.
        glue: The separator in front of every part that is marked as glued.
        codes: For each part twice its id, plus 1 if it is glued.
        tail: The end of the text, too short for a part.
        head: A JSON object of the first short entries if the text is a JSON object, else empty.
    """

    kind: Literal["1", "2"]
    length: int
    count: int | None
    glue: str
    codes: tuple[int, ...]
    tail: str
    head: str

    def encode(self) -> str:
        """The cell to store."""
        count = "" if self.count is None else self.count
        glue = json.dumps(self.glue, ensure_ascii=False)
        tail = json.dumps(self.tail, ensure_ascii=False)
        ids = _pack(self.codes)
        head = self.head or "null"
        return f"{MARK}{self.kind}|{self.length}|{count}|{ids}|[{glue},{tail},{head}]"


def is_recipe(cell: str) -> bool:
    """Whether a cell holds a recipe; any other cell is the text itself."""
    return cell.startswith(MARK)


def needs_cutting(text: str) -> bool:
    """Whether a text must not be stored as it is.

    Texts of 4,096 bytes or more are cut, and so is any text that could be mistaken for a recipe.
    """
    if text.startswith(MARK) or len(text) >= _CUT_FROM:
        return True
    if len(text) * _MOST_BYTES_A_CHARACTER < _CUT_FROM or text.isascii():
        return False
    return len(text.encode()) >= _CUT_FROM


def decode(cell: str) -> Recipe:
    """Read a cell.

    Raises:
        ValueError: The cell is not a valid recipe.
    """
    fields = cell.split("|", 4)
    if len(fields) != 5 or not is_recipe(cell):
        raise ValueError("not a recipe")
    mark, length_text, count, ids, rest = fields
    if not rest.startswith("["):
        raise ValueError("a recipe with missing fields")
    glue, end = _JSON.raw_decode(rest, 1)
    tail, head_at = _JSON.raw_decode(rest, end + 1)
    if rest[end : end + 1] + rest[head_at : head_at + 1] + rest[-1:] != ",,]":
        raise ValueError("a recipe with missing fields")
    head = rest[head_at + 1 : -1]
    if not isinstance(glue, str) or not isinstance(tail, str):
        raise ValueError("a recipe whose glue or tail is not text")
    kind: Literal["1", "2"]
    if mark[1:] == TEXT:
        kind = TEXT
    elif mark[1:] == NESTED:
        kind = NESTED
    else:
        raise ValueError(f"unknown kind of recipe: {mark[1:]!r}")
    length = int(length_text)
    return Recipe(
        kind=kind,
        length=length,
        count=int(count) if count else None,
        glue=glue,
        codes=_unpack(ids, most=length),
        tail=tail,
        head="" if head == "null" else head,
    )


def length_of(cell: str) -> int:
    """UTF-8 bytes of the text that a cell stands for."""
    return int(cell.split("|", 2)[1]) if is_recipe(cell) else len(cell.encode())


def part_ids(recipe: Recipe) -> list[int]:
    """The distinct ids of the parts, in order of first use."""
    return list(dict.fromkeys(code >> 1 for code in recipe.codes))


def join(recipe: Recipe, texts: Mapping[int, str]) -> str:
    """Join the parts: to the text, or to the next cell if the recipe is nested.

    Raises:
        KeyError: ``texts`` lacks a part.
    """
    glue = recipe.glue
    pieces: list[str] = []
    for code in recipe.codes:
        if code & 1:
            pieces.append(glue)
        pieces.append(texts[code >> 1])
    pieces.append(recipe.tail)
    return "".join(pieces)


def rebuild(
    cells: Sequence[str | None], load: Callable[[Collection[int]], Mapping[int, str]]
) -> list[str | None]:
    """The whole text of every cell; None stays None.

    Args:
        cells: The stored cells.
        load: Returns the texts of parts by id. Called once, and once more for each level of
            nested recipes.

    Raises:
        KeyError: ``load`` did not return a part.
        ValueError: A cell is not a valid recipe.
    """
    wholes: dict[str, str] = {}
    waiting = {cell: decode(cell) for cell in cells if cell is not None and is_recipe(cell)}
    while waiting:
        ids = {code >> 1 for recipe in waiting.values() for code in recipe.codes}
        texts = load(ids) if ids else {}
        nested: dict[str, Recipe] = {}
        for cell, recipe in waiting.items():
            whole = join(recipe, texts)
            if recipe.kind == NESTED:
                nested[cell] = decode(whole)
            else:
                wholes[cell] = whole
        waiting = nested
    return [cell if cell is None else wholes.get(cell, cell) for cell in cells]


def _pack(codes: Sequence[int]) -> str:
    """Differences from one code to the next, runs of equal ones as ``n*d``.

    New parts have consecutive ids, so even a new text of 100 MB has a short recipe.
    """
    return ",".join(_runs(map(sub, codes, chain((0,), codes))))


def _runs(differences: Iterable[int]) -> Iterable[str]:
    for difference, run in groupby(differences):
        times = sum(1 for _ in run)
        yield str(difference) if times == 1 else f"{times}*{difference}"


def _unpack(ids: str, most: int) -> tuple[int, ...]:
    """The codes. More than ``most`` are an error: no part is empty."""
    codes: list[int] = []
    code = 0
    for item in ids.split(",") if ids else ():
        times, star, difference = item.rpartition("*")
        step = int(difference)
        if not star:
            code += step
            codes.append(code)
            continue
        number = int(times)
        if not 0 < number <= most - len(codes):
            raise ValueError("a recipe with an invalid run of parts")
        last = code + number * step
        codes.extend(range(code + step, last + step, step) if step else [code] * number)
        code = last
    return tuple(codes)
