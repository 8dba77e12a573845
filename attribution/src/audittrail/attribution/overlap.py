"""What texts have in common, for when no model can be run again. None of it is a cause."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["copies", "text_overlap"]


def text_overlap(sources: Sequence[str], answer: str) -> list[float]:
    """Which part of the answer's words each source has too. NOT causal: a source with the same
    words need not have been read, and one that was need not have left a word.

    Returns:
        a share in [0, 1] for each source.
    """
    raise NotImplementedError


def copies(texts: Sequence[str]) -> list[tuple[int, int, float]]:
    """Which texts quote earlier ones.

    Returns:
        (i, j, share) for each pair i < j where text j quotes ``share`` of text i.
    """
    raise NotImplementedError
