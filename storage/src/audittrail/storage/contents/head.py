"""The outline of a JSON text, kept in its recipe so that SQL need not join the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import orjson

__all__ = ["Outline", "outline"]

_LONGEST_ENTRY: Final = 256
_LONGEST_HEAD: Final = 2000

# A parsed value takes up to 100 bytes of memory for its 2 bytes of text ("[{},{},"). Texts
# up to the first number of bytes are parsed without counting their values.
_SURELY_FEW: Final = 1 << 20
_MOST_VALUES: Final = 1_000_000

# From here on a float may have been an integer that orjson could not hold.
_INEXACT_FROM: Final = 2.0**63


@dataclass(frozen=True, slots=True)
class Outline:
    """The count and the head of a recipe."""

    count: int | None
    head: str


_NOTHING: Final = Outline(None, "")


def outline(text: bytes) -> Outline:
    """Count the elements of an array, or gather the first short entries of an object.

    Text that is not JSON has neither, nor has JSON of more than a million values.
    """
    if text.lstrip(b" \t\r\n")[:1] not in (b"{", b"["):
        return _NOTHING
    if len(text) > _SURELY_FEW:
        values = text.count(b",") + text.count(b"[") + text.count(b"{")
        if values > _MOST_VALUES:
            return _NOTHING
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return _NOTHING
    if isinstance(value, list):
        return Outline(len(value), "")
    return Outline(None, _head(value))


def _head(entries: dict[str, object]) -> str:
    pieces: list[bytes] = []
    room = _LONGEST_HEAD - 2  # the braces
    for key, value in entries.items():
        piece = _short_entry(key, value)
        if piece is None:
            continue
        room -= len(piece) + 1
        if room < 0:
            break
        pieces.append(piece)
    return (b"{" + b",".join(pieces) + b"}").decode()


def _short_entry(key: str, value: object) -> bytes | None:
    # An element takes at least two bytes; deeper nesting is measured once serialized.
    if isinstance(value, (str, list, dict)) and len(value) > _LONGEST_ENTRY:
        return None
    try:
        piece = orjson.dumps({key: value})[1:-1]
    except TypeError:  # nested too deeply for orjson to write
        return None
    return piece if len(piece) <= _LONGEST_ENTRY and _is_exact(value) else None


def _is_exact(value: object) -> bool:
    if isinstance(value, float):
        return abs(value) < _INEXACT_FROM
    if isinstance(value, list):
        return all(map(_is_exact, value))
    if isinstance(value, dict):
        return all(map(_is_exact, value.values()))
    return True
