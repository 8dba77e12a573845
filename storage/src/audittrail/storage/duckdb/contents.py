"""Long texts in rows that are stored: taken out, cut, and their parts collected.

A cell is a text or a recipe, never both. Parts and the rows that need them are stored in one
transaction, and are of one owner (docs/adr/013-contents-are-stored-once.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from audittrail.storage.contents.cutter import Cutter, NewPart
from audittrail.storage.contents.known import Known
from audittrail.storage.contents.recipe import MARK, needs_cutting

__all__ = ["CUT_LOG_FIELDS", "CUT_SPAN_FIELDS", "TextCutting"]

CUT_SPAN_FIELDS: Final = (
    *("status_message", "input", "output", "tool_calls", "attributes", "events", "links"),
    *("resource", "scope", "extra"),
)
CUT_LOG_FIELDS: Final = ("body", "attributes", "resource", "scope")

# No shorter text can be one that needs cutting (recipe.needs_cutting), but for its first character.
_SHORTEST: Final = 4096
(_MARK_BYTE,) = MARK.encode()


class TextCutting:
    """The long texts of one group. Not thread-safe.

    Args:
        known: Parts that were stored before; to be cleared if the group is not stored.
        take_id: Returns a new id on each call.
    """

    def __init__(self, known: Known, take_id: Callable[[], int]) -> None:
        self._cutter = Cutter(known, take_id)
        self._contents: list[tuple[str, NewPart]] = []
        self._uses: list[tuple[str, str, str, int]] = []

    def cut(self, owner: str, table: pa.Table, fields: Sequence[str]) -> pa.Table:
        """The table with recipes in the place of long texts. It has the column ``trace_id``."""
        traces: list[str | None] = table.column("trace_id").to_pylist()
        for name in fields:
            place = table.schema.get_field_index(name)
            column = table.column(place) if place >= 0 else None
            if column is None or column.null_count == len(column):
                continue
            coded = pa.types.is_dictionary(column.type)
            if coded:
                if not any(_long(chunk.dictionary) for chunk in column.chunks):
                    continue
                column = column.cast(pa.string())
            elif not _long(column):
                continue
            cells = [
                self._cell(owner, traces[row] or "", name, text)
                if text is not None and needs_cutting(text)
                else text
                for row, text in enumerate(column.to_pylist())
            ]
            texts: Any = pa.array(cells, pa.string())
            # Tables of other batches, with which this one is put together, have the same type.
            table = table.set_column(place, name, texts.dictionary_encode() if coded else texts)
        return table

    def _cell(self, owner: str, trace_id: str, field: str, text: str) -> str:
        cut = self._cutter.cut(owner, text, (trace_id, field))
        self._contents += [(owner, part) for part in cut.new]
        self._uses += [(owner, trace_id, field, part_id) for part_id in cut.added]
        return cut.cell

    def tables(self) -> tuple[pa.Table | None, pa.Table | None]:
        """The rows of ``contents`` and of ``uses`` to store with the group."""
        contents = uses = None
        if self._contents:
            contents = pa.table(
                {
                    "owner": pa.array([owner for owner, _ in self._contents], pa.string()),
                    "id": pa.array([part.id for _, part in self._contents], pa.int64()),
                    "lead": pa.array([part.lead for _, part in self._contents], pa.string()),
                    "text": pa.array([part.text for _, part in self._contents], pa.string()),
                }
            )
        if self._uses:
            owners, traces, fields, ids = zip(*self._uses, strict=True)
            uses = pa.table(
                {
                    "owner": pa.array(owners, pa.string()),
                    "trace_id": pa.array(traces, pa.string()),
                    "field": pa.array(fields, pa.string()),
                    "id": pa.array(ids, pa.int64()),
                }
            )
        return contents, uses


def _long(column: Any) -> bool:
    """Whether one of the texts may need cutting. Most have none, so this looks at nothing but
    their lengths and first bytes: Arrow's functions took a quarter of the writer's time."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    return any(map(_long_chunk, chunks))


def _long_chunk(texts: Any) -> bool:
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return False
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    lengths = np.diff(bounds)
    if int(lengths.max()) >= _SHORTEST:
        return True
    firsts = np.frombuffer(data, np.uint8)[bounds[:-1][lengths > 0]]
    return bool((firsts == _MARK_BYTE).any())
