"""Which DuckDB these tests run on."""

from __future__ import annotations

import os

import duckdb


def test_the_engine_is_the_one_meant() -> None:
    """The pinned version, or the one that the environment says to try."""
    assert duckdb.__version__ == os.environ.get("AUDITTRAIL_EXPECT_DUCKDB", "1.5.5")
