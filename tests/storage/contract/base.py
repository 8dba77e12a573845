"""How contract tests open a store, and look into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audittrail.storage import (
    Store,
    TraceQuery,
)

Row = dict[str, Any]


def spans_of(store: Store, owner: str, trace_id: str = "t") -> list[Row]:
    with store.read(owner) as reader:
        return list(reader.list_spans(trace_id, payload=True, limit=1_000_000, after=None).rows)


def trace_of(store: Store, owner: str, trace_id: str = "t") -> Row | None:
    with store.read(owner) as reader:
        return reader.get_trace(trace_id)


def traces_of(store: Store, owner: str, **query: Any) -> list[str]:
    with store.read(owner) as reader:
        return [row["trace_id"] for row in reader.list_traces(TraceQuery(**query)).rows]


class OpensStores:
    """The classes of contract tests share this; ``open_store`` is the implementation's."""

    def open_store(self, folder: Path, **limits: Any) -> Store:
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Any:
        opened = self.open_store(tmp_path)
        yield opened
        opened.close()
