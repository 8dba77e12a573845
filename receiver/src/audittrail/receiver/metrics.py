"""What the server counts of itself (Prometheus)."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

__all__ = ["ReceiverMetrics"]

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class ReceiverMetrics:
    """The counters of one server; ``registry`` holds them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "audittrail_ingest_requests",
            "Export requests by door, signal and outcome.",
            ("door", "signal", "outcome"),
            registry=self.registry,
        )
        self.items = Counter(
            "audittrail_ingest_items",
            "Spans and log records by signal and what became of them.",
            ("signal", "outcome"),
            registry=self.registry,
        )
        self.bytes = Counter(
            "audittrail_ingest_bytes",
            "Bytes of request bodies, uncompressed.",
            ("signal",),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "audittrail_ingest_seconds",
            "From a request's body to its durable commit.",
            ("signal",),
            buckets=_SECONDS,
            registry=self.registry,
        )
