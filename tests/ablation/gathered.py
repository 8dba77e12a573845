"""Traces of captured agents in a store, without a server."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path

from audittrail.receiver.pipeline import Pipeline
from audittrail.rules.pricing import Pricer
from audittrail.rules.shipped import default_rules_dir
from audittrail.server.gate.gathering import OWNER, Gathering
from audittrail.storage import Row, TraceQuery, TraceReader
from audittrail.storage.duckdb.store import DuckDBStore


@functools.cache
def _pricer() -> Pricer:
    return Pricer(default_rules_dir())


@contextlib.contextmanager
def gathered(*files: Path) -> Iterator[TraceReader]:
    """A reader of what these files hold."""
    with tempfile.TemporaryDirectory() as folder:
        store = DuckDBStore(Path(folder) / "gathered.duckdb")
        pipeline = Pipeline(store.writer, _pricer())
        try:
            gathering = Gathering(store, pipeline)
            for file in files:
                gathering.add_file(file)
            with store.read(OWNER) as reader:
                yield reader
        finally:
            pipeline.close()
            store.close()


def traces_in(reader: TraceReader) -> list[Row]:
    rows = reader.list_traces(TraceQuery(limit=1000)).rows
    found = [reader.get_trace(row["trace_id"]) for row in rows]
    return sorted(
        (row for row in found if row is not None), key=lambda row: (row["start_ns"], row["name"])
    )
