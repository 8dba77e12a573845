"""What a query is given costs no search for pandas."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from audittrail.storage.duckdb.store import DuckDBStore


class _Asked:
    """A finder behind all others, which notes what was asked for and not found."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        self.names.append(name)


def test_values_of_queries_look_for_no_pandas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a store open, DuckDB's wish for pandas ends before the path is searched, and whoever
    imports it hears that it is not there."""
    if importlib.util.find_spec("pandas") is not None:
        pytest.skip("pandas is installed here")
    store = DuckDBStore(tmp_path / "test.duckdb")
    assert importlib.util.find_spec("pandas") is None
    asked = _Asked()
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, asked])
    for value in ("text", 3, ["a", "b"]):
        assert duckdb.execute("SELECT $value", {"value": value}).fetchall() == [(value,)]
    assert "pandas" not in asked.names
    with pytest.raises(ModuleNotFoundError, match="pandas"):
        importlib.import_module("pandas")
    store.close()
