"""The sentences of a text."""

from __future__ import annotations

__all__ = ["sentences"]


def sentences(text: str) -> list[str]:
    """The text's sentences, in order and without the space around them."""
    raise NotImplementedError
