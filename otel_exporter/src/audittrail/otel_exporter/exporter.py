"""The exporter: hands spans over to a thread of its own and never waits."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from audittrail.otel_exporter.delivery.delivery import Delivery
from audittrail.otel_exporter.delivery.encoding import encode
from audittrail.otel_exporter.delivery.statistics import Statistics
from audittrail.otel_exporter.notices import Notices
from audittrail.otel_exporter.settings import Compression, Protocol, Settings

__all__ = ["AuditTrailSpanExporter"]

_log = logging.getLogger(__name__)


class AuditTrailSpanExporter(SpanExporter):
    """Sends spans to AuditTrail, or to any other OTLP receiver.

    Arguments win over the variables of the environment. ``endpoint`` is a base URL;
    ``/v1/traces`` is appended for HTTP. ``timeout`` is in seconds, for one request. An empty
    ``spool_dir`` means that nothing is kept on disk while the server is away.
    """

    def __init__(
        self,
        endpoint: str | None = None,
        api_key: str | None = None,
        *,
        protocol: Protocol | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        compression: Compression | None = None,
        max_request_bytes: int | None = None,
        spool_dir: str | os.PathLike[str] | None = None,
        spool_max_bytes: int | None = None,
        settings: Settings | None = None,
    ) -> None:
        """``settings`` are used as they are, in place of the rest."""
        self._settings = settings or Settings.read(
            endpoint,
            api_key,
            protocol=protocol,
            headers=headers,
            timeout=timeout,
            compression=compression,
            max_request_bytes=max_request_bytes,
            spool_dir=spool_dir,
            spool_max_bytes=spool_max_bytes,
        )
        self._notices = Notices(_log)
        self._delivery = Delivery(self._settings)

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def statistics(self) -> Statistics:
        return self._delivery.statistics

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Encode and hand over. FAILURE only where none of the spans could be kept."""
        try:
            return self._export(spans)
        except Exception:
            self._notices.exception("Spans could not be handed over; they are lost")
            self._delivery.count_dropped(len(spans))
            return SpanExportResult.FAILURE

    def _export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self._delivery.closed:
            self._notices.warning(
                "Spans came after the exporter was shut down; they are lost. End them before."
            )
            self._delivery.count_dropped(len(spans))
            return SpanExportResult.FAILURE
        requests, bad = encode(spans, self._settings.max_request_bytes, self._notices)
        if bad:
            self._delivery.count_dropped(bad)
        kept = [self._delivery.hand_over(request) for request in requests]
        return SpanExportResult.SUCCESS if any(kept) or not spans else SpanExportResult.FAILURE

    def force_flush(self, timeout_millis: float = 30_000) -> bool:
        """True once all that was handed over so far is acknowledged by the server."""
        return self._delivery.flush(timeout_millis / 1000)

    def shutdown(self, timeout_millis: float = 5_000) -> None:
        """Send what can be sent in this time; the rest goes to the spool."""
        self._delivery.close(timeout_millis / 1000)
