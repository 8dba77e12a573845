"""Places to cut a text, chosen so that resent text gives the same parts as before.

Cuts lie between the objects of an array, nested and escaped ones included, and around attributes
with numbered keys (``"llm.input_messages.3.message.role":``). Stretches without such places are
cut by content: where a hash of the last 8 bytes begins with zeros. Nothing is parsed, so any text
will do, and each byte is examined a bounded number of times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import numpy as np

__all__ = ["LEAST", "LONGEST", "Places", "character_start", "chunk_ends"]

LEAST: Final = 128
LONGEST: Final = 8000

# Repetitions are bounded, and none of the patterns can begin within a key: no quadratic search.
_OBJECT_END: Final = re.compile(rb"\}(?=\s{0,40}(?:,\s{0,40}\{|\]))")
_KEY: Final = re.compile(rb',"([A-Za-z_][\w.\-]{0,80})":')
_FIRST_KEY: Final = re.compile(rb'[{,]?"([A-Za-z_][\w.\-]{0,80})":')
_NUMBER: Final = re.compile(rb"\.\d{1,6}\.")

# Content-defined cuts: one place in 2,048 has a hash whose top bits are zero.
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_SHIFT: Final = np.uint64(64 - 11)
_HASHED: Final = 8
_LEAST_CHUNK: Final = 512
_WINDOW: Final = 1 << 16  # hashes of it stay in the processor's cache

_CONTINUES: Final = 0x80  # a byte within a character: 10xxxxxx
_TOP_BITS: Final = 0xC0


class Places:
    """The places to cut one text, from its beginning to its end.

    Attributes:
        numbered: Whether the text has numbered keys; detected by the first number, ``.0.``.
    """

    __slots__ = ("_data", "_key_at", "_key_numbered", "_object_end", "numbered")

    def __init__(self, data: bytes, start: int, numbered: bool) -> None:
        self._data = data
        self.numbered = numbered or data.find(b".0.", start) >= 0
        self._object_end = -1
        self._key_at = -1
        self._key_numbered = False

    def part_end(self, start: int, short: bool) -> int:
        """The end of the part that begins at ``start``; the end of the text if no place follows.

        Args:
            start: Not less than in the call before.
            short: Whether the part may have fewer than ``LEAST`` bytes, if numbered keys begin or
                end there.
        """
        near = start + LEAST
        end = self._object_end_from(near)
        if self.numbered:
            first = _FIRST_KEY.match(self._data, start)
            numbered = first is not None and _NUMBER.search(first[1]) is not None
            self._find_key(start + 1)
            while self._key_at < end:
                far = self._key_at >= near
                differs = self._key_numbered != numbered and (far or short)
                if differs or (far and self._key_numbered):
                    return self._key_at
                self._find_key(self._key_at + 1)
        return end

    def _object_end_from(self, start: int) -> int:
        if self._object_end < start:
            found = _OBJECT_END.search(self._data, start - 1)
            self._object_end = len(self._data) if found is None else found.end()
        return self._object_end

    def _find_key(self, start: int) -> None:
        if self._key_at < start:
            found = _KEY.search(self._data, start)
            if found is None:
                self._key_at = len(self._data)
            else:
                self._key_at = found.start()
                self._key_numbered = _NUMBER.search(found[1]) is not None


def character_start(data: bytes, at: int) -> int:
    """The start of the character that the byte at ``at`` belongs to."""
    while at < len(data) and data[at] & _TOP_BITS == _CONTINUES:
        at -= 1
    return at


def chunk_ends(data: bytes, start: int, end: int) -> list[int]:
    """Cut a stretch by its content: the ends of chunks of 512 to 8,000 bytes; the last is ``end``.

    The same content gives the same cuts, soon after a change as well. Cuts are between characters.
    """
    ends: list[int] = []
    last = start
    for place in _hashed_places(data, start, end):
        while place - last > LONGEST:
            last = character_start(data, last + LONGEST)
            ends.append(last)
        if place - last >= _LEAST_CHUNK:
            last = place
            ends.append(last)
    while end - last > LONGEST:
        last = character_start(data, last + LONGEST)
        ends.append(last)
    ends.append(end)
    return ends


def _hashed_places(data: bytes, start: int, end: int) -> Iterator[int]:
    # Window by window: in a text of one letter every place may have such a hash.
    octets = np.frombuffer(data, np.uint8)
    for base in range(start, end - _HASHED, _WINDOW):
        size = min(_WINDOW, end - _HASHED - base)
        words = np.ndarray((size,), "<u8", data, base, (1,))
        found = np.flatnonzero((words * _MULTIPLIER >> _SHIFT) == 0) + (base + _HASHED)
        found = found[(octets[found] & _TOP_BITS) != _CONTINUES]
        yield from found.tolist()
