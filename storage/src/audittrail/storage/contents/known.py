"""A bounded memory of recently stored parts, used to recognise text that is sent again.

It only saves space: a forgotten part is stored once more, under another id. Ids stay valid as long
as nothing is deleted; after a deletion or a failed commit, call ``clear()``. Not thread-safe.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

__all__ = ["BEGINNING", "Known", "Part", "Series"]

# Bytes at the start of a text by which its first part is looked up.
BEGINNING: Final = 96

_DEFAULT_LIMIT: Final = 64 << 20

# A series larger than this share of the limit would evict too much of the other series.
_LONGEST_SERIES: Final = 8

# Bytes of Python's objects per entry, measured by tracemalloc; a code is an int in a list.
_PART_OVERHEAD: Final = 560
_ROOT_OVERHEAD: Final = 480
_SERIES_OVERHEAD: Final = 520
_CODE_OVERHEAD: Final = 40


class Part:
    """A stored part of one owner's texts.

    Attributes:
        owner: The owner.
        id: Its id in the store.
        lead: The text in front of it, if stored with it.
        text: UTF-8.
        follower: Id of the part that followed it most recently.
    """

    __slots__ = ("follower", "id", "lead", "owner", "text")

    def __init__(self, owner: str, part_id: int, lead: bytes | None, text: bytes) -> None:
        self.owner = owner
        self.id = part_id
        self.lead = lead
        self.text = text
        self.follower: int | None = None

    @property
    def size(self) -> int:
        return _PART_OVERHEAD + len(self.text) + len(self.lead or b"")


class Series:
    """The last text of a series, without its tail.

    Attributes:
        text: UTF-8.
        codes: The parts that join to it: see ``Recipe``.
        glue: The separator; None if there was none.
        numbered: Whether the text has numbered keys; None if not searched for them.
        last: Id of the last part.
    """

    __slots__ = ("codes", "glue", "last", "numbered", "text")

    def __init__(
        self,
        text: bytes,
        codes: list[int],
        glue: bytes | None,
        numbered: bool | None,
        last: int,
    ) -> None:
        self.text = text
        self.codes = codes
        self.glue = glue
        self.numbered = numbered
        self.last = last

    @property
    def size(self) -> int:
        return _SERIES_OVERHEAD + len(self.text) + _CODE_OVERHEAD * len(self.codes)


class _Root:
    """The first part of the texts with one beginning."""

    __slots__ = ("part_id",)

    size: Final = _ROOT_OVERHEAD + BEGINNING

    def __init__(self, part_id: int) -> None:
        self.part_id = part_id


# A part is kept under its id, a series under owner and name, a root under owner, text and None.
_Key = int | tuple[str, Hashable] | tuple[str, bytes, None]


class Known:
    """Parts, series and beginnings of all owners; nothing is shared between owners.

    Above the limit, the least recently used entries are evicted. Links to a part hold only its
    id, so they keep no evicted part in memory.

    Args:
        limit: Maximum size of all entries in bytes, Python's overhead included.
    """

    def __init__(self, limit: int = _DEFAULT_LIMIT) -> None:
        self.limit = limit
        self.size = 0
        self._kept: OrderedDict[_Key, Part | Series | _Root] = OrderedDict()
        self._ids: dict[tuple[str, bytes | None, bytes], int] = {}

    def part(self, owner: str, part_id: int | None) -> Part | None:
        """The part with an id."""
        part = None if part_id is None else self._kept.get(part_id)
        if part_id is None or not isinstance(part, Part) or part.owner != owner:
            return None
        self._kept.move_to_end(part_id)
        return part

    def find(self, owner: str, lead: bytes | None, text: bytes) -> Part | None:
        """The part with this text behind this lead."""
        return self.part(owner, self._ids.get((owner, lead, text)))

    def add(self, part: Part) -> None:
        """Remember a part."""
        self._ids[part.owner, part.lead, part.text] = part.id
        self._put(part.id, part)

    def first_part(self, owner: str, beginning: bytes) -> Part | None:
        """The first part of the last text with this beginning."""
        key = (owner, beginning, None)
        root = self._kept.get(key)
        if not isinstance(root, _Root):
            return None
        self._kept.move_to_end(key)
        return self.part(owner, root.part_id)

    def set_first_part(self, owner: str, beginning: bytes, part_id: int) -> None:
        """Remember the first part of texts with this beginning."""
        self._put((owner, beginning, None), _Root(part_id))

    def series(self, owner: str, name: Hashable) -> Series | None:
        """The last text of a series."""
        key = (owner, name)
        series = self._kept.get(key)
        if not isinstance(series, Series):
            return None
        self._kept.move_to_end(key)
        return series

    def set_series(self, owner: str, name: Hashable, series: Series) -> None:
        """Remember the last text of a series; if it is too large the previous one stays."""
        if series.size <= self.limit // _LONGEST_SERIES:
            self._put((owner, name), series)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._ids.clear()
        self.size = 0

    def _put(self, key: _Key, entry: Part | Series | _Root) -> None:
        former = self._kept.pop(key, None)
        if former is not None:
            self.size -= former.size
        self._kept[key] = entry
        self.size += entry.size
        while self.size > self.limit:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        _, entry = self._kept.popitem(last=False)
        self.size -= entry.size
        if isinstance(entry, Part):
            self._ids.pop((entry.owner, entry.lead, entry.text), None)
