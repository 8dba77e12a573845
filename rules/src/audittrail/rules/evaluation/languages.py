"""What language a text is in, as far as it can be told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from py3langid.langid import MODEL_FILE, LanguageIdentifier

__all__ = ["language_of"]

# Below these the answers are guesses: py3langid is sure of nearly everything that is a sentence or
# two, and of nothing that is code or a few words.
_FEWEST_LETTERS: Final = 40
_LEAST_SURE: Final = 0.95
_LOOKED_AT: Final = 5_000
_FEWEST_WORDS: Final = 3


def language_of(text: str) -> str | None:
    """The ISO 639 code; None for few letters, for code, and wherever it is not sure. Of JSON the
    sentences in it count, not its keys."""
    words = " ".join(_sentences(text))[:_LOOKED_AT]
    if sum(letter.isalpha() for letter in words) < _FEWEST_LETTERS:
        return None
    language, sure = _identifier().classify(words)
    return str(language) if sure >= _LEAST_SURE else None


@cache
def _identifier() -> Any:
    """Loading takes a second, so only where a rule asks for it."""
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _sentences(text: str) -> Iterator[str]:
    if text[:1] not in ("{", "["):
        yield text
        return
    try:
        waiting = [json.loads(text)]
    except (ValueError, RecursionError):
        yield text
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += reversed(list(value.values()))
        elif isinstance(value, list):
            waiting += reversed(value)
        elif isinstance(value, str) and len(value.split()) >= _FEWEST_WORDS:
            yield value
