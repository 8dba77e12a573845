"""What texts have in common, for when no model can be run again. None of it is a cause."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from audittrail.attribution.values.tokens import Rarity, tokens

__all__ = ["copies", "text_overlap"]

_SHINGLE: Final = 5
"""Words in a row. Two texts about the same thing seldom share five, a quotation shares most."""
_QUOTED: Final = 0.2


def text_overlap(sources: Sequence[str], answer: str) -> list[float]:
    """Which part of the answer's words each source has too. NOT causal: a source with the same
    words need not have been read, and one that was need not have left a word.

    Each word of the answer weighs by its inverse document frequency over the sources and the
    answer, and is divided evenly between the sources that have it.

    Returns:
        a share in [0, 1] for each source. Together they are at most 1; what is missing stands in
        no source.
    """
    wanted = Counter(tokens(answer))
    given = [set(tokens(source)) for source in sources]
    rarity = Rarity([*given, wanted])
    whole = rarity.total(wanted)
    shares = [0.0] * len(sources)
    for word, count in wanted.items():
        having = [place for place, words in enumerate(given) if word in words]
        for place in having:
            shares[place] += count * rarity.of(word) / len(having) / whole
    return [min(share, 1.0) for share in shares]


def copies(texts: Sequence[str]) -> list[tuple[int, int, float]]:
    """Which texts quote earlier ones, by their shingles (Broder 1997) of 5 words. A
    shorter text is one shingle, and only found as a whole text.

    Returns:
        (i, j, share) for each pair i < j where text j has ``share`` of the shingles of text i, at
        least 0.2; by j, then i.
    """
    shingles = [_shingles(text) for text in texts]
    where: dict[tuple[str, ...], list[int]] = defaultdict(list)
    found = []
    for later, own in enumerate(shingles):
        shared = Counter(earlier for shingle in own for earlier in where[shingle])
        for earlier, count in sorted(shared.items()):
            share = count / len(shingles[earlier])
            if share >= _QUOTED:
                found.append((earlier, later, share))
        for shingle in own:
            where[shingle].append(later)
    return found


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = tokens(text)
    if not words:
        return set()
    count = max(len(words) - _SHINGLE + 1, 1)
    return {tuple(words[start : start + _SHINGLE]) for start in range(count)}
