"""The sentences of a text."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["sentences"]

_ABBREVIATIONS: Final = frozenset(
    """
    mr mrs ms dr prof sr jr st vs etc e.g i.e eg ie cf fig no nr vol pp p ca approx dept inc ltd co
    corp jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun a.m p.m u.s
    u.k z.b d.h bzw usw ggf bspw m.e art al ed est gen col gov sen rep rev hon tel
    """.split()  # noqa: SIM905  # as a list it is a line for each word
)
_ITEM: Final = re.compile(
    r"[ \t]*(?:[-*+\u2022\u2013]|\(?(?:\d{1,3}|[a-zA-Z])[.)])[ \t]+|[ \t]*#{1,6} |[ \t]*\|"
)
_END: Final = re.compile(
    r"[.!?\u2026]+[\"'\u201d\u2019\u00bb)\]*_]*(?=\s|$)|[\u3002\uff01\uff1f]+[\u300d\u300f\u201d\uff09]*"
)


def sentences(text: str) -> list[str]:
    """The text's sentences, in order and without the space around them.

    A sentence ends with its mark and space, or with one of the marks of Chinese and Japanese; not
    within decimals, addresses, after initials and common abbreviations, or the number of an item.
    Items of lists, headings, rows of tables and paragraphs are sentences of their own; other line
    breaks are space.
    """
    found = []
    for block in _blocks(text):
        item = _ITEM.match(block)
        start, after = 0, item.end() if item else 0
        for match in _END.finditer(block):
            if match.start() < after or not _ends(block, match):
                continue
            found.append(block[start : match.end()])
            start = match.end()
        found.append(block[start:])
    return [stripped for each in found if (stripped := each.strip())]


def _blocks(text: str) -> list[str]:
    """Paragraphs and items, with their own line breaks."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        heading = bool(blocks[-1]) and blocks[-1][0].lstrip().startswith(("#", "|"))
        if not line.strip() or _ITEM.match(line) or heading:
            blocks.append([])
        if line.strip():
            blocks[-1].append(line)
    return ["\n".join(lines) for lines in blocks if lines]


def _ends(block: str, match: re.Match[str]) -> bool:
    """Whether a mark ends a sentence."""
    after = block[match.end() :].lstrip()
    if after and after[0].islower():
        return False
    if match[0][0] != ".":
        return True
    word = re.split(r"[\s(\[\"']", block[: match.start()])[-1].lower()
    if word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha()):
        return not after
    return True
