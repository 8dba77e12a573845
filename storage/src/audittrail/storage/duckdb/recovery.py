"""The writer's cursors, and what is done about them when something fails."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import structlog

from audittrail.errors import Unavailable
from audittrail.storage.duckdb.database import Database, roll_back
from audittrail.storage.duckdb.faults import Fault, fault_of, lacks_memory
from audittrail.storage.duckdb.knowledge import Knowledge

__all__ = ["Recovery"]

log = structlog.get_logger(__name__)

_EVERY_SECONDS: Final = 1.0
_RETRY_AFTER_SECONDS: Final = 5.0


class Recovery:
    """Holds two cursors and replaces them after faults, opens the file anew where that is what it
    takes, and says meanwhile why nothing can be stored.

    Everything but ``last_error`` is for the writer's thread, while no commit is under way.

    Attributes:
        preparing: The cursor that groups are prepared with and operations run on.
        committing: The cursor of the committing thread.
        last_error: Why the last thing failed that wrote; None since one succeeded.
    """

    def __init__(self, database: Database, knowledge: Knowledge) -> None:
        self._database = database
        self._knowledge = knowledge
        # While the file is closed, or what is known of it is not to be relied on: the fault that
        # led there, and why there is no way back yet.
        self._cause: BaseException | None = None
        self._obstacle: BaseException | None = None
        self._retry_at = 0.0
        self.last_error: str | None = None
        self.preparing = database.borrow()
        self.committing = database.borrow()
        knowledge.load(self.preparing)

    def fault(self, error: BaseException) -> Unavailable | None:
        """Do what helps after a failure, and return what it means for clients; None if what was to
        be stored was at fault. Never raises."""
        fault = fault_of(error)
        if fault is Fault.DATA:
            clean = [roll_back(cursor) for cursor in (self.preparing, self.committing)]
            if self._cause is None and not all(clean):
                self._renew(error)
            return error if isinstance(error, Unavailable) else None
        if fault is Fault.PASSING:
            self._renew(error)
        else:
            self._recover(error)
        self.last_error = str(error)
        log.error("commit failed", error=str(error))
        return self._unavailable(error)

    def ensure(self) -> None:
        """Raises Unavailable while nothing can be stored; tries to change that now and then."""
        if self._cause is not None:
            self._recover(self._cause)
        if self._cause is not None:
            raise self._unavailable(self._obstacle or self._cause)

    def heed(self) -> None:
        """Find out what nobody who writes has met: a reader's fault, or that the file could not be
        opened again before. Never raises."""
        met = self._database.met
        if met is not None:
            self.fault(met)
        elif self._cause is not None:
            self._recover(self._cause)

    def replace(self, file: Path) -> None:
        """Put another file with the same rows in the place of the database's. Raises what kept it
        from that; the store works on, with the file that is there then."""
        self.close()
        try:
            self._database.replace(file)
        finally:
            try:
                self._borrow()
                self._knowledge.load(self.preparing)
            except BaseException as error:
                self._recover(error)

    def distrust(self, error: BaseException) -> None:
        """What is known of the file may be wrong: learn it anew before anything is stored."""
        self._cause = self._cause or error
        self.last_error = str(error)

    def close(self) -> None:
        self._database.discard(self.preparing)
        self._database.discard(self.committing)

    def _unavailable(self, error: BaseException) -> Unavailable:
        return Unavailable(f"The store cannot write now: {error}", retry_after=_RETRY_AFTER_SECONDS)

    def _renew(self, error: BaseException) -> None:
        """A fault may have left a transaction open, in which nothing works any more."""
        self.close()
        try:
            if lacks_memory(error):
                self._database.give_more_memory()
            self._borrow()
        except BaseException as failure:
            self._recover(failure)

    def _recover(self, error: BaseException) -> None:
        """DuckDB refuses all work after some faults until its file is opened anew. If that fails
        as well (the disk is still full), it is tried again later."""
        self._cause = self._cause or error
        if time.monotonic() < self._retry_at:
            return
        try:
            self.close()
            self._database.reopen(more_memory=lacks_memory(self._cause) or lacks_memory(error))
            self._borrow()
            self._knowledge.load(self.preparing)
        except BaseException as failure:
            self._obstacle = failure
            self._retry_at = time.monotonic() + _EVERY_SECONDS
            self.last_error = str(failure)
            log.error("database could not be opened again", error=str(failure))
        else:
            self._cause = self._obstacle = None
            log.warning("database opened again after a fault")

    def _borrow(self) -> None:
        self.preparing = self._database.borrow()
        self.committing = self._database.borrow()
