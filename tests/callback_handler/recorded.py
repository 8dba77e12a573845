"""Spans in memory, and trees of them."""

from __future__ import annotations

import json
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

from audittrail.callback_handler import AuditTrailCallbackHandler
from audittrail.testing import CapturedSpan, Spans


class Recorded(SpanProcessor):
    """A provider of its own and what its spans were at their start and at their end."""

    def __init__(self) -> None:
        self.provider = TracerProvider()
        self.provider.add_span_processor(self)
        self.spans = Spans()
        self.started: dict[str, dict[str, Any]] = {}

    def on_start(self, span: ReadableSpan, parent_context: object = None) -> None:
        self.started[span.name] = dict(span.attributes or {})

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.add(span)

    def handler(self, trace_id: str | None = None, **how: Any) -> AuditTrailCallbackHandler:
        return AuditTrailCallbackHandler(trace_id, tracer_provider=self.provider, **how)

    def config(self, **more: Any) -> Any:
        return {"callbacks": [self.handler()], **more}

    @property
    def tracer(self) -> Any:
        """For spans of the user's own."""
        return self.provider.get_tracer("user")

    def __getitem__(self, name: str) -> CapturedSpan:
        return self.spans[name]

    def tree(self, *, sort: bool = False) -> list[str]:
        """A line for each span: its name, type, and status unless it is ok. Siblings come in the
        order in which they started, or by name: parallel ones start in any order."""
        return [line for root in self.spans.roots for line in self._lines(root, 0, sort)]

    def _lines(self, span: CapturedSpan, depth: int, sort: bool) -> list[str]:
        status = "" if span.status == "ok" else f" {span.status}"
        lines = [f"{'  ' * depth}{span.name} [{span.type}]{status}"]
        below = [self._lines(child, depth + 1, sort) for child in self.spans.children(span)]
        for inner in sorted(below) if sort else below:
            lines += inner
        return lines


def parsed(text: Any) -> Any:
    assert isinstance(text, str), text
    return json.loads(text)


def event(span: CapturedSpan, name: str) -> dict[str, Any]:
    """The attributes of the one event of that name."""
    found = [each["attributes"] for each in span.events if each["name"] == name]
    assert len(found) == 1, span.events
    return found[0]
