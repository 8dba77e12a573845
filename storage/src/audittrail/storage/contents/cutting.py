"""Cutting one text: see ``Cutter``."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from typing import Final, NamedTuple

from audittrail.storage.contents.known import BEGINNING, Known, Part, Series
from audittrail.storage.contents.places import (
    LEAST,
    LONGEST,
    Places,
    character_start,
    chunk_ends,
)

__all__ = ["Cutting", "NewPart", "Pieces", "plain_pieces"]

# A shorter rest of a text is kept in the recipe: brackets, and numbers that change each time.
_LONGEST_TAIL: Final = 64

_LEAD_CHARACTERS: Final = 200
_MOST_LEAD_BYTES: Final = 4 * _LEAD_CHARACTERS

# One text may replace at most one half of the known parts.
_SHARE_OF_ONE_TEXT: Final = 2

_SEPARATOR: Final = re.compile(rb'\s{0,40},\s{0,40}(?=[{"])')
_BRACE: Final = ord("}")


class NewPart(NamedTuple):
    """A part to be stored, in the transaction that stores the cell.

    ``lead``: up to 200 characters in front of a part that was cut within a sentence, so that a
    search finds a phrase across the cut. None at a boundary of the format.
    """

    id: int
    lead: str | None
    text: str


class Pieces(NamedTuple):
    """A text after cutting: fields of ``Recipe``, and the new parts.

    ``former``: the codes of the previous text of the same series.
    """

    glue: str
    codes: tuple[int, ...]
    tail: str
    new: list[NewPart]
    former: Sequence[int]


class Cutting:
    """One text on its way through the cutter.

    If it begins with the previous text of its series, that beginning is reused at once. After it,
    each part's usual follower is tried; the text is searched for a place to cut only where the
    follower does not fit.
    """

    def __init__(
        self,
        known: Known,
        take_id: Callable[[], int],
        owner: str,
        data: bytes,
        series: Hashable,
    ) -> None:
        self._known = known
        self._take_id = take_id
        self._owner = owner
        self._data = data
        self._series = series
        self._former = known.series(owner, series)
        self._numbered: bool | None = None
        self._places: Places | None = None
        self._start = 0  # end of the reused beginning
        self._pos = 0
        self._glue: bytes | None = None
        self._glued = False
        self._previous: Part | None = None
        self._last_id: int | None = None
        self._short = True  # whether the next part may be short: never two in a row
        self._codes: list[int] = []
        self._new: list[NewPart] = []
        self._used: dict[int, bytes] = {}  # texts of parts that were known
        self._room = known.limit // _SHARE_OF_ONE_TEXT

    def run(self) -> None:
        """Cut the text."""
        self._take_over()
        size = len(self._data)
        while self._pos < size:
            part = self._expected()
            if part is not None:
                self._used[part.id] = part.text
                self._use(part)
            else:
                end = self._part_end()
                if end == size and size - self._pos < _LONGEST_TAIL and not self._glued:
                    break
                self._cut_until(end)
            self._skip_glue()

    def remember(self) -> None:
        """Make this the last text of its series."""
        if self._last_id is None:
            return
        series = Series(
            text=self._data[: self._pos],
            codes=self._codes,
            glue=self._glue,
            numbered=self._numbered,
            last=self._last_id,
        )
        self._known.set_series(self._owner, self._series, series)

    def pieces(self) -> Pieces:
        """The result."""
        return Pieces(
            glue=(self._glue or b"").decode(),
            codes=tuple(self._codes),
            tail=self._data[self._pos :].decode(),
            new=self._new,
            former=() if self._former is None else self._former.codes,
        )

    def is_exact(self) -> bool:
        """Whether the parts join to the text, and none is too long.

        The beginning was checked when the previous text was cut; it must be reused unchanged.
        """
        data, glue = self._data, self._glue or b""
        at, taken = 0, 0
        if self._start and self._former is not None:
            at, taken = len(self._former.text), len(self._former.codes)
            if self._former.glue not in (None, self._glue) or not data.startswith(
                self._former.text
            ):
                return False
            if self._codes[:taken] != self._former.codes:
                return False
        new = {part.id: part.text for part in self._new}
        for code in self._codes[taken:]:
            if code & 1:
                if not data.startswith(glue, at):
                    return False
                at += len(glue)
            stored = new.get(code >> 1)
            text = self._used[code >> 1] if stored is None else stored.encode()
            if not 0 < len(text) <= LONGEST or not data.startswith(text, at):
                return False
            at += len(text)
        return at == self._pos and not self._glued and len(data) - at < _LONGEST_TAIL

    def _take_over(self) -> None:
        former = self._former
        if former is None or not self._data.startswith(former.text):
            return
        self._codes = list(former.codes)
        self._start = self._pos = len(former.text)
        self._glue = former.glue
        self._numbered = former.numbered
        self._last_id = former.last
        self._previous = self._known.part(self._owner, former.last)
        self._skip_glue()

    def _expected(self) -> Part | None:
        """The part that came next the last time, if it fits here."""
        if self._pos == 0:
            part = self._known.first_part(self._owner, self._data[:BEGINNING])
        elif self._previous is not None:
            part = self._known.part(self._owner, self._previous.follower)
        else:
            return None
        if part is None or not self._data.startswith(part.text, self._pos):
            return None
        if part.lead is None:
            return None if self._in_a_sentence() else part
        before = self._pos - len(part.lead)
        return part if before >= 0 and self._data.startswith(part.lead, before) else None

    def _part_end(self) -> int:
        if self._places is None:
            # If the reused beginning has no numbered keys, only the rest is searched for them.
            start = 0 if self._numbered is None else self._start
            self._places = Places(self._data, start, self._numbered is True)
            self._numbered = self._places.numbered
        return self._places.part_end(self._pos, self._short)

    def _cut_until(self, end: int) -> None:
        data, start = self._data, self._pos
        lead = _lead(data, start) if self._in_a_sentence() else None
        ends = (end,) if end - start <= LONGEST else chunk_ends(data, start, end)
        for each in ends:
            text = data[start:each]
            part = self._known.find(self._owner, lead, text)
            if part is None:
                part = self._add(lead, text)
            else:
                self._used[part.id] = part.text
            self._use(part)
            if each < end:
                lead = _lead(data, each)
            start = each

    def _add(self, lead: bytes | None, text: bytes) -> Part:
        part = Part(self._owner, self._take_id(), lead, text)
        self._new.append(NewPart(part.id, None if lead is None else lead.decode(), text.decode()))
        self._room -= part.size
        if self._room >= 0:
            self._known.add(part)
        return part

    def _use(self, part: Part) -> None:
        if self._pos == 0:
            self._known.set_first_part(self._owner, self._data[:BEGINNING], part.id)
        elif self._previous is not None:
            self._previous.follower = part.id
        self._codes.append(2 * part.id + self._glued)
        self._previous = part
        self._last_id = part.id
        self._short = len(part.text) >= LEAST
        self._glued = False
        self._pos += len(part.text)

    def _skip_glue(self) -> None:
        """Skip the separator before the next part, unless it differs from the first one."""
        found = _SEPARATOR.match(self._data, self._pos)
        if found is None or found.end() == len(self._data):
            return
        if self._glue is None:
            self._glue = found[0]
        if self._glue == found[0]:
            self._glued = True
            self._pos = found.end()

    def _in_a_sentence(self) -> bool:
        """Whether this place is not a boundary of the format."""
        pos = self._pos
        if pos == 0 or self._glued or self._data[pos - 1] == _BRACE:
            return False
        return not self._data.startswith(b',"', pos)


def plain_pieces(data: bytes, take_id: Callable[[], int]) -> Pieces:
    """Cut a text into new parts of equal length."""
    new: list[NewPart] = []
    at = 0
    while at < len(data):
        end = min(character_start(data, at + LONGEST), len(data))
        lead = _lead(data, at).decode() if at else None
        new.append(NewPart(take_id(), lead, data[at:end].decode()))
        at = end
    return Pieces("", tuple(2 * part.id for part in new), "", new, ())


def _lead(data: bytes, at: int) -> bytes:
    """The 200 characters in front of a place."""
    before = data[max(at - _MOST_LEAD_BYTES, 0) : at].decode(errors="ignore")
    return before[-_LEAD_CHARACTERS:].encode()
