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
    text: str, written: Sequence[Written], kinds: Sequence[str], call_id: str | None = None
) -> Written | None:
    """Who wrote this whole text: by the tool call's id, else word for word, the newest first."""
    if call_id is not None:
        for each in written:
            if each.call_id == call_id and each.kind in kinds:
                return each
    wanted = text.strip()
    return next(
        (each for each in written if each.kind in kinds and wanted and each.text.strip() == wanted),
        None,
    )
