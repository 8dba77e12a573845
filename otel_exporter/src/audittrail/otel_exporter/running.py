"""Running versions: what a span that has not ended yet looks like, and when to send it."""

from __future__ import annotations

import logging
import time
import weakref
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from opentelemetry.sdk.trace import ReadableSpan

from audittrail import semconv
from audittrail.otel_exporter.notices import Notices

__all__ = ["Announcer", "LiveSpans", "running_version"]

_log = logging.getLogger(__name__)
_ATTEMPTS: Final = 5

# Weak, since a span that the agent has forgotten can never end.
LiveSpans = dict[int, "weakref.ref[ReadableSpan]"]


def running_version(span: ReadableSpan, now_ns: int, heartbeat: int = 0) -> ReadableSpan:
    """The span as it is now, as a span of its own that nobody changes any more.

    To other OTLP receivers it is a span that ends now. ``heartbeat`` counts the versions after
    the first.
    """
    attributes = _copied(span.attributes or {})
    attributes[semconv.RUNNING] = True
    if heartbeat:
        attributes[semconv.HEARTBEAT] = heartbeat
    return ReadableSpan(
        name=span.name,
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        events=span.events,
        links=span.links,
        kind=span.kind,
        status=span.status,
        start_time=span.start_time,
        end_time=max(now_ns, span.start_time or 0),
        instrumentation_scope=span.instrumentation_scope,
    )


def _copied(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy while other threads may set attributes. The SDK's own copy is one step; reading
    key by key fails where a key is being replaced."""
    copy = getattr(attributes, "copy", None)
    for _ in range(_ATTEMPTS):
        try:
            return dict(attributes if copy is None else copy())
        except (RuntimeError, KeyError):
            time.sleep(0)
    return {key: attributes[key] for key in list(attributes) if key in attributes}


class _Beat(NamedTuple):
    number: int
    next: float


class Announcer:
    """Decides which spans are due to be sent as running. Used by one thread."""

    def __init__(self, delay_millis: float, heartbeat_seconds: float) -> None:
        self._delay_ns = int(delay_millis * 1e6)
        self._heartbeat = heartbeat_seconds
        # In the order of their next beats.
        self._beats: dict[int, _Beat] = {}
        self._notices = Notices(_log)

    def due(self, live: LiveSpans, *, all_of_them: bool = False) -> list[ReadableSpan]:
        """The versions to send now; forgotten spans are taken out of ``live``."""
        for span_id in [each for each in self._beats if each not in live]:
            del self._beats[span_id]
        now, now_ns = time.monotonic(), time.time_ns()
        versions = []
        for span_id, reference in list(live.items()):
            span = reference()
            if span is None:
                live.pop(span_id, None)
            elif span.end_time is None and (
                all_of_them or self._is_due(span_id, span, now, now_ns)
            ):
                number = self._beat(span_id, now)
                try:
                    versions.append(running_version(span, now_ns, number))
                except Exception:
                    self._notices.exception("A running span could not be read; it is sent later")
        return versions

    def has_news(self, live: LiveSpans) -> bool:
        """Whether there are spans that were never announced."""
        return any(span_id not in self._beats for span_id in list(live))

    def next_beat(self) -> float | None:
        """When a heartbeat is due at the earliest, by the monotonic clock."""
        return next((beat.next for beat in self._beats.values()), None)

    def _is_due(self, span_id: int, span: ReadableSpan, now: float, now_ns: int) -> bool:
        beat = self._beats.get(span_id)
        if beat is None:
            return now_ns - (span.start_time or 0) >= self._delay_ns
        return beat.next <= now

    def _beat(self, span_id: int, now: float) -> int:
        before = self._beats.pop(span_id, None)
        number = 0 if before is None else before.number + 1
        self._beats[span_id] = _Beat(number, now + self._heartbeat)
        return number
