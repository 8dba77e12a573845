"""What the writer knows of the file, so that it need not ask."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import duckdb

from audittrail.storage.contents.known import Known
from audittrail.storage.duckdb.group import Group, keys_of
from audittrail.storage.duckdb.queries import Queries
from audittrail.storage.duckdb.rollups import RollupCache
from audittrail.storage.interface import Batch

__all__ = ["Knowledge"]


class Knowledge:
    """Roll-ups, parts of texts and numbers. Of the writer's threads alone, but for ``last_seq``.

    Attributes:
        last_seq: The highest number that is stored.
        next_seq: The highest number that is given to a row, stored or not.
        unfolded: How many rows of ``trace_updates`` there are, about.
    """

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self.rollups = RollupCache(queries)
        self.parts = Known()
        self.last_seq = self.next_seq = 0
        self.unfolded = 0

    def load(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Learn everything from the file. If that fails, what was known before stays."""
        rollups = RollupCache(self._queries)
        rollups.learn_known(cursor)
        last_seq = _number(cursor, self._queries.last_seq)
        unfolded = _number(cursor, "SELECT count(*) FROM trace_updates")
        self.rollups = rollups
        self.parts.clear()
        self.last_seq = self.next_seq = max(self.next_seq, last_seq)
        self.unfolded = unfolded

    def take_seq(self) -> int:
        """A number for a row."""
        self.next_seq += 1
        return self.next_seq

    def learn(self, group: Group) -> None:
        """A group is stored."""
        self.next_seq = max(self.next_seq, group.last_seq)
        self.unfolded += len(group.events)
        self.rollups.trim(group.keys)

    def forget(self, batches: Sequence[Batch]) -> None:
        """Roll-ups that hold what was not stored are loaded from the file the next time."""
        for batch in batches:
            # If they cannot be told, nothing was prepared either.
            with contextlib.suppress(Exception):
                self.rollups.forget(keys_of([batch]))
        self.rollups.recent_logs.clear()
        self.parts.clear()


def _number(cursor: duckdb.DuckDBPyConnection, sql: str) -> int:
    ((number,),) = cursor.execute(sql).fetchall()
    return int(number or 0)
