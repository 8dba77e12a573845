"""Counting what became of spans."""

from __future__ import annotations

import threading

from audittrail.otel_exporter.delivery.statistics import Statistics

__all__ = ["Tally"]


class Tally:
    """Counters that any thread may add to."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal handler may come in between
        self.delivered = 0
        self.rejected = 0
        self.refused = 0
        self.dropped = 0

    @property
    def lost(self) -> int:
        """Those that will never be acknowledged."""
        return self.rejected + self.refused + self.dropped

    def snapshot(self, *, waiting: int, waiting_requests: int, spooled: int) -> Statistics:
        return Statistics(
            delivered=self.delivered,
            rejected=self.rejected,
            refused=self.refused,
            dropped=self.dropped,
            waiting=waiting,
            waiting_requests=waiting_requests,
            spooled=spooled,
        )

    def add(
        self, *, delivered: int = 0, rejected: int = 0, refused: int = 0, dropped: int = 0
    ) -> None:
        with self._lock:
            self.delivered += delivered
            self.rejected += rejected
            self.refused += refused
            self.dropped += dropped
