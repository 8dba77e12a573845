"""Texts that were never sent before, written as fast as memory is copied."""

from __future__ import annotations

import random
from typing import Final

import numpy as np

__all__ = ["COMMON_WORD", "Texts"]

COMMON_WORD: Final = "climate"
"""What one in ``_COMMON`` texts begins with."""

_COMMON: Final = 16
# Random pieces of 8 characters out of so many: zstd takes them to 0.38 of their size, random words
# of a vocabulary of 5,000 to 0.37.
_PIECES: Final = 16_384
_WIDTH: Final = 8
_WORDS: Final = 5_000


class Texts:
    """Endless text of lower-case letters and spaces: nothing in it is escaped in JSON."""

    def __init__(self, word: str = "") -> None:
        """Every text begins with ``word``, if there is one."""
        rnd = random.Random(_WORDS)
        letters = "abcdefghijklmnopqrstuvwxyz"
        words = ["".join(rnd.choices(letters, k=rnd.randint(3, 9))) for _ in range(_WORDS)]
        stream = " ".join(rnd.choices(words, k=_PIECES * _WIDTH // 4))[: _PIECES * _WIDTH]
        self._pieces = np.frombuffer(stream.encode(), np.uint64)
        self._random = np.random.default_rng()
        self._word = word.encode()

    def write(self, lengths: list[int]) -> list[memoryview]:
        """New texts of these lengths."""
        count = sum(lengths) // _WIDTH + 1
        chosen = self._pieces[self._random.integers(0, _PIECES, count, np.uint16)]
        fresh = memoryview(bytearray(chosen.tobytes()))
        texts = []
        at = 0
        for number, length in enumerate(lengths):
            text = fresh[at : at + length]
            word = self._word or (COMMON_WORD.encode() if number % _COMMON == 0 else b"")
            if word and length > len(word):
                text[: len(word) + 1] = word + b" "
            texts.append(text)
            at += length
        return texts
