"""What is done to the file between groups: checkpoints, and summaries folded."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import duckdb
import structlog

from audittrail.storage.duckdb.database import Database
from audittrail.storage.duckdb.knowledge import Knowledge
from audittrail.storage.duckdb.recovery import Recovery

__all__ = ["Upkeep"]

log = structlog.get_logger(__name__)

# A checkpoint holds up what comes after it, the longer the more there is to do; it rewrites the
# last row group, so that many are more work (docs/adr/002-row-groups-and-checkpoints.md).
_CHECKPOINT_BYTES: Final = 64 * 2**20
_IDLE_CHECKPOINT_BYTES: Final = 8 * 2**20
# Rows of trace_updates that readers have to look through before they are folded into traces.
_FOLD_AT: Final = 16_384


class Upkeep:
    """Nothing here raises: what fails is recovered from.

    Attributes:
        postponed: A checkpoint met somebody else who wrote. Under load the one who prepares the
            next group may do so each time, until nobody of the writer does anything else.
    """

    def __init__(
        self,
        database: Database,
        knowledge: Knowledge,
        recovery: Recovery,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._knowledge = knowledge
        self._recovery = recovery
        self._wake = wake
        self._failure: BaseException | None = None
        self.postponed = False

    def checkpoint(self, cursor: duckdb.DuckDBPyConnection, *, idle: bool = False) -> None:
        """Write the write-ahead log into the file if it is large. From either thread: ``heed`` does
        something about a failure."""
        started = time.perf_counter()
        try:
            if self._database.wal_bytes < (_IDLE_CHECKPOINT_BYTES if idle else _CHECKPOINT_BYTES):
                return
            self.postponed = not self._database.checkpoint(cursor)
        except BaseException as error:
            self._failure = error
            self._wake()
        else:
            took = round(time.perf_counter() - started, 3)
            log.debug("checkpoint", s=took, postponed=self.postponed)

    def heed(self) -> bool:
        """A checkpoint that failed leaves a database that does nothing more: whether one did. For
        the writer's thread, while no commit is under way."""
        error, self._failure = self._failure, None
        if error is None:
            return False
        self._recovery.fault(error)
        return True

    def must_fold(self, *, idle: bool = False) -> bool:
        """Whether there are many ``trace_updates``."""
        return self._knowledge.unfolded >= (_FOLD_AT // 8 if idle else _FOLD_AT)

    def fold(self) -> None:
        """Move ``trace_updates`` into ``traces``. For the writer's thread, while no commit is under
        way."""
        rows = self._knowledge.unfolded
        if not rows:
            return
        started = time.perf_counter()
        try:
            self._recovery.ensure()
            cursor = self._recovery.preparing
            cursor.begin()
            cursor.execute(self._database.queries.fold_summaries)
            cursor.commit()
        except BaseException as error:
            if self._recovery.fault(error) is None:
                log.exception("summaries cannot be folded")
        else:
            log.debug("summaries folded", rows=rows, s=time.perf_counter() - started)
            self._knowledge.unfolded = 0
            self._recovery.last_error = None
