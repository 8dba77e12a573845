"""Sending one request: whole if the server takes it so, else in parts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from audittrail.otel_exporter.delivery.splitting import Request, count_spans, first_span, halve
from audittrail.otel_exporter.delivery.tally import Tally
from audittrail.otel_exporter.delivery.transport import (
    Delivered,
    Refused,
    Retry,
    TooLarge,
    Transport,
)
from audittrail.otel_exporter.notices import Notices
from audittrail.otel_exporter.settings import Settings

__all__ = ["Attempts"]


class Attempts:
    """Remembers which parts of a request arrived, so that the next attempt sends the rest."""

    def __init__(self, settings: Settings, tally: Tally, notices: Notices) -> None:
        self._settings = settings
        self._tally = tally
        self._notices = notices
        self._key: object = None
        self._parts: deque[Request] = deque()

    def send(
        self,
        transport: Transport,
        key: object,
        request: Request,
        timeout: Callable[[], float],
    ) -> Retry | None:
        """None once all of it is settled. ``key`` is the same in each attempt for one request."""
        if self._key != key:
            self._key, self._parts = key, deque([request])
        while self._parts:
            part = self._parts[0]
            try:
                outcome = transport.send(part.body, timeout())
            except Exception as error:
                self._notices.exception("Sending spans to %s failed", self._settings.endpoint)
                return Retry(f"{type(error).__name__}: {error}")
            match outcome:
                case Retry():
                    return outcome
                case Delivered():
                    self._delivered(outcome, part.spans)
                case TooLarge():
                    halves = _halves(part)
                    if halves:
                        self._parts.popleft()
                        self._parts.extendleft(reversed(halves))
                        continue
                    self._refused_for_size(outcome, part)
                case Refused():
                    self._refused(outcome, part.spans)
            self._parts.popleft()
        self._key = None
        return None

    def _delivered(self, outcome: Delivered, spans: int) -> None:
        rejected = min(max(outcome.rejected, 0), spans)
        self._tally.add(delivered=spans - rejected, rejected=rejected)
        if rejected:
            self._notices.warning(
                "%s left out %d of %d spans: %s",
                self._settings.endpoint,
                rejected,
                spans,
                outcome.message or "it did not say why",
            )
        elif outcome.message:
            self._notices.warning("%s says of spans: %s", self._settings.endpoint, outcome.message)

    def _refused(self, outcome: Refused, spans: int) -> None:
        self._tally.add(refused=spans)
        self._notices.error(
            "%s refused %d spans, which are lost: %s",
            self._settings.endpoint,
            spans,
            outcome.reason,
        )

    def _refused_for_size(self, outcome: TooLarge, part: Request) -> None:
        span = first_span(part.body)
        self._tally.add(refused=part.spans)
        self._notices.error(
            "The span %r has %d bytes, which is more than %s takes (%s); it is lost. Raise the "
            "server's limit, or shorten what the span records.",
            span.name if span else "",
            len(part.body),
            self._settings.endpoint,
            outcome.reason,
        )


def _halves(part: Request) -> list[Request]:
    """None where there is nothing to split."""
    try:
        message = ExportTraceServiceRequest.FromString(part.body)
    except DecodeError:
        return []
    spans = count_spans(message)
    if spans < 2:
        return []
    first, second = halve(message, spans)
    return [
        Request(first.SerializeToString(), spans // 2),
        Request(second.SerializeToString(), spans - spans // 2),
    ]
