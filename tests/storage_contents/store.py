"""A store in memory: what a cutter gives is kept as a database would keep it, and read back."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from itertools import count
from typing import Final

from structlog.testing import capture_logs

from audittrail.storage.contents.cutter import Cut, Cutter
from audittrail.storage.contents.known import Known
from audittrail.storage.contents.recipe import rebuild

LONGEST: Final = 8000


class MemoryStore:
    """Parts by owner, with one sequence of ids for all."""

    def __init__(self, limit: int = 64 << 20) -> None:
        self.known = Known(limit)
        self.parts: dict[str, dict[int, str]] = {}
        self.leads: dict[int, str | None] = {}
        self._ids = count(1)
        self.expected_logs: list[str] = []
        self.cutter = Cutter(self.known, self.take_id)

    def take_id(self) -> int:
        return next(self._ids)

    def put(self, owner: str, text: str, series: Hashable) -> Cut:
        with capture_logs() as logs:
            cut = self.cutter.cut(owner, text, series)
        assert [entry["event"] for entry in logs] == self.expected_logs
        parts = self.parts.setdefault(owner, {})
        for part in cut.new:
            assert part.id not in parts
            assert len(part.text.encode()) <= LONGEST
            parts[part.id] = part.text
            self.leads[part.id] = part.lead
        assert len(cut.cell.encode()) <= LONGEST
        assert len(set(cut.ids)) == len(cut.ids)
        assert set(cut.added) <= set(cut.ids) <= set(parts)
        return cut

    def read(self, owner: str, cell: str) -> str | None:
        (text,) = rebuild([cell], lambda ids: self.load(owner, ids))
        return text

    def load(self, owner: str, ids: Collection[int]) -> Mapping[int, str]:
        return {part_id: self.parts[owner][part_id] for part_id in ids}

    @property
    def stored(self) -> int:
        """Bytes of the parts of all owners."""
        return sum(len(text.encode()) for parts in self.parts.values() for text in parts.values())
