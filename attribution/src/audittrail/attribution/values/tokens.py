"""Words of texts in any script, and how rare they are."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

__all__ = ["Rarity", "common", "folded", "tokens"]

# Scripts without spaces between words: each character is a token.
_ALONE: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
_TOKEN: Final = re.compile(rf"[{_ALONE}]|\d+(?:[.,:]\d+)*|(?:(?![{_ALONE}\d])[\w'])+")
_GROUPED: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_USUAL: Final = 0.05
"""The weight of a word that is in all texts. Words in half of 48 texts weigh 0.7, in one 3.2."""


def folded(text: str) -> str:
    """The text in one form of the same characters (NFKC), without case, with plain quotes."""
    return unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")


def number(text: str) -> str:
    """A number without thousands separators and zeros that mean nothing: 1,250.50 is 1250.5."""
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if re.fullmatch(r"\d+\.\d+", text):
        text = text.rstrip("0").rstrip(".")
    return text


def tokens(text: str) -> list[str]:
    """The words and numbers, folded; of scripts without spaces the characters."""
    found = (match[0].strip("'") for match in _TOKEN.finditer(folded(text)))
    return [number(token) if token[0].isdigit() else token for token in found if token]


class Rarity:
    """How much a word tells: its inverse document frequency over the texts of a run (Sparck Jones
    1972), log((N + 1) / (texts with it + 1)) + 0.05."""

    def __init__(self, texts: Iterable[Iterable[str]]) -> None:
        """
        Args:
            texts: the tokens of each text.
        """
        self._with: Counter[str] = Counter()
        self._texts = 0
        for words in texts:
            self._with.update(set(words))
            self._texts += 1

    def of(self, token: str) -> float:
        """The weight of one word, above 0."""
        return math.log((self._texts + 1) / (self._with[token] + 1)) + _USUAL

    def total(self, counts: Mapping[str, int]) -> float:
        """The weight of all words, each as often as it is there."""
        return math.fsum(count * self.of(token) for token, count in counts.items())


def common(rarity: Rarity, first: Counter[str], second: Counter[str]) -> float:
    """The weight of what two bags of words have in common."""
    return rarity.total(first & second)
