"""Where a prompt repeats, word for word, what an earlier span of the trace returned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from audittrail.ablation.history import Written

__all__ = ["FEWEST_CHARACTERS", "Quote", "quotes_in", "writer_of"]

# Shorter texts ("OK", a number, a name) stand in a prompt by chance.
FEWEST_CHARACTERS: Final = 24
_MOST_TEXTS: Final = 2000


class Quote(NamedTuple):
    """Characters ``start`` to ``end`` of a text are what was ``written``."""

    start: int
    end: int
    written: Written


def quotes_in(text: str, written: Sequence[Written]) -> list[Quote]:
    """Quotes that do not overlap, by their place. Of two in the same place the longer counts, and
    of the same text the one that comes first in ``written``."""
    found: list[Quote] = []
    seen: set[str] = set()
    for each in written[:_MOST_TEXTS]:
        wanted = each.text.strip()
        if len(wanted) < FEWEST_CHARACTERS or len(wanted) > len(text) or wanted in seen:
            continue
        seen.add(wanted)
        start = text.find(wanted)
        while start >= 0:
            found.append(Quote(start, start + len(wanted), each))
            start = text.find(wanted, start + len(wanted))
    kept: list[Quote] = []
    for quote in sorted(found, key=lambda each: (each.start - each.end, each.start)):
        if all(quote.end <= other.start or quote.start >= other.end for other in kept):
            kept.append(quote)
    return sorted(kept)


def writer_of(
    text: str,
    written: Sequence[Written],
    kinds: Sequence[str],
    call_id: str | None = None,
    tool: str | None = None,
) -> Written | None:
    """Who wrote this whole text: by the tool call's id, else word for word, the newest first; else,
    of the spans of this ``tool``, the one that holds the text, or the only one there is."""
    able = [each for each in written if each.kind in kinds]
    if call_id is not None:
        for each in able:
            if each.call_id == call_id:
                return each
    wanted = text.strip()
    same = (each for each in able if wanted and each.text.strip() == wanted)
    found = next(same, None)
    if found is not None or tool is None:
        return found
    # Conventions name such spans "execute_tool web_search", or "web_search.tool".
    named = [each for each in able if tool in (each.name, each.name.rpartition(" ")[2],
                                               each.name.removesuffix(".tool"))]  # fmt: skip
    holding = [each for each in named if wanted and wanted in each.text]
    if holding:
        return holding[0]
    return named[0] if len({each.span_id for each in named}) == 1 else None
