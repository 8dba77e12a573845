"""Words that are looked for in texts, however JSON writes them there."""

from __future__ import annotations

import json
import re

__all__ = ["words_of"]


def words_of(text: str) -> dict[str, str]:
    """What ``says`` (macros.sql) looks for: the words, and a pattern (RE2), in lower case, of how
    JSON writes them if it may in another way: quotes and line ends always, and what is not ASCII,
    which many agents write as ``\\u00e9``; in any case."""
    written = "".join(map(_as_json, text))
    return {"words": text, "pattern": "" if written == re.escape(text.lower()) else written}


def _as_json(letter: str) -> str:
    if letter.isascii():
        return re.escape(json.dumps(letter)[1:-1].lower())
    forms = [form for form in (letter, letter.lower(), letter.upper()) if len(form) == 1]
    escaped = dict.fromkeys(json.dumps(form)[1:-1].lower() for form in forms)
    return f"(?:{'|'.join(map(re.escape, [*escaped, letter.lower()]))})"
