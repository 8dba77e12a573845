"""Long texts in blocks, so that what was looked through before is known by its block.

An agent resends its history with each call, so a text begins like the one before. Blocks are
counted from the beginning: those of what was sent before are the same texts again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

__all__ = ["BLOCKS_KEPT", "blocks"]

# For the caches of those who look through blocks: with 13 KB each, 13 MB.
BLOCKS_KEPT: Final = 1024

_STRIDE: Final = 12_288
# What is looked for may have blanks in it, within so many characters.
_OVERLAP: Final = 1024
# What has none, such as a token, is in one block whole, up to this length.
_LONGEST_RUN: Final = 65_536
_BLANK: Final = re.compile(r"[\s\"'`<>(){}\\,]")


def blocks(text: str) -> Iterator[tuple[int, str]]:
    """(where it begins, the block), in order. A word that is not longer than 65,536 characters, and
    anything of up to 1,024, is whole in one of them, with the same character before and behind
    it, as far as that is part of a word."""
    start = begin = 0
    while len(text) - start > _STRIDE + _OVERLAP:
        start += _STRIDE
        yield begin, text[begin : _before_blank(text, start + _OVERLAP)]
        begin = _after_blank(text, start)
    yield begin, text[begin:]


def _before_blank(text: str, place: int) -> int:
    """Where the word at this place ends."""
    last = min(place + _LONGEST_RUN, len(text))
    blank = _BLANK.search(text, place, last)
    if blank is not None:
        return blank.start()
    return last if last == len(text) else place


def _after_blank(text: str, place: int) -> int:
    """Where the word at this place begins."""
    for reach in (256, _LONGEST_RUN):
        first = max(0, place - reach)
        found = [blank.end() for blank in _BLANK.finditer(text, first, place)]
        if found or not first:
            return found[-1] if found else 0
    return place
