"""The roll-ups of the traces that are being written, loaded from the file when needed."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final, TypeAlias

import duckdb
import pyarrow as pa
from rbloom import Bloom

from audittrail.storage.duckdb.queries import Queries
from audittrail.storage.facts import FACT_FIELDS, SpanFacts
from audittrail.storage.rollup import TraceRollup
from audittrail.storage.summary import TraceRegistration

__all__ = ["RollupCache", "TraceKey"]

TraceKey: TypeAlias = tuple[str, str]

# About a kilobyte a span: 100 MB at most, unless single traces are larger.
_MAX_SPANS: Final = 100_000
_FALSE_POSITIVES: Final = 0.01

# The database keeps all facts but the last, the fingerprint. No received version has this one, so
# none is taken for a repeat.
_STORED_FACTS: Final = FACT_FIELDS[:-1]
_NO_VERSION: Final = -1


class RecentLogs:
    """Which log records came lately. A record has no id: the same content is the same record."""

    def __init__(self, size: int = 50_000) -> None:
        self._size = size
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()

    def is_new(self, owner: str, digest: str) -> bool:
        """True the first time."""
        key = (owner, digest)
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > self._size:
            self._seen.popitem(last=False)
        return True

    def clear(self) -> None:
        self._seen.clear()


class RollupCache:
    """Roll-ups by (owner, trace_id), the least recently used dropped first.

    Most traces that arrive are new, and asking the file about each would cost more the more
    traces it holds. A Bloom filter over all known traces answers "certainly new" from memory.
    """

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self.recent_logs = RecentLogs()
        self._rollups: OrderedDict[TraceKey, TraceRollup] = OrderedDict()
        self._spans = 0
        self._sizes: dict[TraceKey, int] = {}
        self._known = Bloom(1_000_000, _FALSE_POSITIVES)
        self._known_count = 0
        self._known_capacity = 1_000_000

    def learn_known(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Fill the filter from the file; it then has room for as many traces again."""
        ((known_count,),) = cursor.execute(
            f"SELECT count(*) FROM ({self._queries.known_traces})"  # noqa: S608 - our own text
        ).fetchall()
        capacity = max(1_000_000, 2 * known_count)
        known = Bloom(capacity, _FALSE_POSITIVES)
        result = cursor.execute(self._queries.known_traces)
        while rows := result.fetchmany(10_000):
            for row in rows:
                known.add(row)
        # All of it or, if reading fails, nothing: a trace that is missing would be taken for new.
        known.update(self._rollups)  # those that are not stored yet
        self._known, self._known_count, self._known_capacity = known, known_count, capacity

    def fetch(
        self, cursor: duckdb.DuckDBPyConnection, keys: Collection[TraceKey]
    ) -> dict[TraceKey, TraceRollup]:
        """The roll-ups of these traces, as the transaction of ``cursor`` sees them."""
        found: dict[TraceKey, TraceRollup] = {}
        unloaded = []
        for key in keys:
            rollup = self._rollups.get(key)
            if rollup is not None:
                self._rollups.move_to_end(key)
                found[key] = rollup
            elif key in self._known:
                unloaded.append(key)
            else:
                found[key] = self._admit(cursor, key, TraceRollup(*key))
        if unloaded:
            loaded = self.load(cursor, unloaded)
            for key in unloaded:
                found[key] = self._admit(cursor, key, loaded.get(key) or TraceRollup(*key))
        return found

    def _admit(
        self, cursor: duckdb.DuckDBPyConnection, key: TraceKey, rollup: TraceRollup
    ) -> TraceRollup:
        self._rollups[key] = rollup
        if key not in self._known:
            if self._known_count >= self._known_capacity:
                self.learn_known(cursor)
            self._known.add(key)
            self._known_count += 1
        return rollup

    def reload(
        self, cursor: duckdb.DuckDBPyConnection, keys: Collection[TraceKey]
    ) -> dict[TraceKey, TraceRollup]:
        """Build kept roll-ups anew from the rows that the transaction of ``cursor`` sees."""
        fresh = {key: self._rollups[key].emptied() for key in keys}
        if fresh:
            self._load_spans(cursor, fresh)
            self._rollups.update(fresh)
        return fresh

    def forget(self, keys: Iterable[TraceKey]) -> None:
        """Drop what may not be true any more; the file tells the next time."""
        for key in keys:
            self._rollups.pop(key, None)
            self._spans -= self._sizes.pop(key, 0)

    def trim(self, touched: Iterable[TraceKey]) -> None:
        """Note how large these have become and drop the oldest down to the limit."""
        for key in touched:
            rollup = self._rollups.get(key)
            if rollup is not None:
                size = len(rollup.spans) + 2
                self._spans += size - self._sizes.get(key, 0)
                self._sizes[key] = size
        while self._spans > _MAX_SPANS and len(self._rollups) > 1:
            key, _ = self._rollups.popitem(last=False)
            self._spans -= self._sizes.pop(key, 0)

    def load(
        self, cursor: duckdb.DuckDBPyConnection, keys: Collection[TraceKey]
    ) -> dict[TraceKey, TraceRollup]:
        """Build roll-ups from the file, without keeping them."""
        owners, traces = zip(*keys, strict=True)
        wanted = pa.table({"owner": pa.array(owners), "trace_id": pa.array(traces)})
        loaded: dict[TraceKey, TraceRollup] = {}
        with _wanting(cursor, wanted):
            rows = cursor.execute(self._queries.wanted_traces).fetchall()
            said = cursor.execute(self._queries.wanted_registrations).fetchall()
        for owner, trace_id, first_seq, seq, received, id_form, violations, has_logs in rows:
            rollup = loaded[owner, trace_id] = TraceRollup(owner, trace_id)
            rollup.touch(first_seq, received)
            rollup.touch(seq, received)
            rollup.id_form = id_form
            rollup.violation_count = violations
            rollup.has_logs = has_logs
        for owner, *words in said:
            rollup = loaded.get((owner, words[0])) or TraceRollup(owner, words[0])
            rollup.register(TraceRegistration._make(words))
        if loaded:
            self._load_spans(cursor, loaded)
        return loaded

    def _load_spans(
        self, cursor: duckdb.DuckDBPyConnection, loaded: dict[TraceKey, TraceRollup]
    ) -> None:
        rollups = list(loaded.values())
        wanted = pa.table(
            {
                "owner": [rollup.owner for rollup in rollups],
                "trace_id": [rollup.trace_id for rollup in rollups],
                "low": [rollup.first_seq for rollup in rollups],
                "high": [rollup.seq for rollup in rollups],
            }
        )
        low = min(rollup.first_seq for rollup in rollups)
        high = max(rollup.seq for rollup in rollups)
        with _wanting(cursor, wanted):
            result = cursor.execute(self._queries.current_facts, {"low": low, "high": high})
            names = [column[0] for column in result.description or ()]
            places = [names.index(name) for name in _STORED_FACTS]
            cost = FACT_FIELDS.index("cost")
            while rows := result.fetchmany(5_000):
                for row in rows:
                    facts: list[Any] = [row[place] for place in places]
                    facts[cost] = facts[cost]["usd"] if facts[cost] is not None else None
                    span = SpanFacts._make([*facts, _NO_VERSION])
                    loaded[row[0], span.trace_id].restore(span, row[1])


@contextlib.contextmanager
def _wanting(cursor: duckdb.DuckDBPyConnection, table: pa.Table) -> Iterator[None]:
    """Queries on this cursor see the table as ``wanted``."""
    cursor.register("wanted", table)
    try:
        yield
    finally:
        cursor.unregister("wanted")
