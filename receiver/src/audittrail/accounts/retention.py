"""How long owners keep their traces."""

from __future__ import annotations

import time
from typing import Final

import structlog

from audittrail.storage import Store

__all__ = ["RETENTION", "cutoff_ns", "enforce", "retention_days"]

log = structlog.get_logger(__name__)

RETENTION: Final = "retention_days"
# Of one owner at a time, so that what is to be stored waits a moment only.
_AT_ONCE: Final = 500
_DAY_NS: Final = 86_400 * 10**9


def retention_days(store: Store, owner: str) -> int | None:
    """None keeps everything."""
    told = store.accounts.setting(owner, RETENTION)
    return None if told is None else int(told)


def cutoff_ns(days: int) -> int:
    """What has received nothing since is to go."""
    return time.time_ns() - days * _DAY_NS


def enforce(store: Store) -> int:
    """Delete the traces whose owner keeps them no longer; how many. Called again and again, it
    takes some of each owner's at a time, and goes on wherever it was interrupted."""
    deleted = 0
    for owner, days in store.accounts.owners_with(RETENTION).items():
        cutoff = cutoff_ns(int(days))
        with store.read(owner) as reader:
            old = reader.quiet_since(cutoff, _AT_ONCE)
        if old:
            gone = store.writer.delete_traces(owner, old, cutoff).result()
            log.info("retention", owner=owner, traces=gone)
            deleted += gone
    return deleted
