"""Captured spans, easy to look at."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, overload

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import format_span_id, format_trace_id

from audittrail import semconv

__all__ = ["CapturedSpan", "Spans"]

_INPUTS: Final = (semconv.INPUT, "gen_ai.input.messages", "gen_ai.tool.call.arguments")
_OUTPUTS: Final = (semconv.OUTPUT, "gen_ai.output.messages", "gen_ai.tool.call.result")
# A stack names files and lines, which differ between machines and versions.
_UNSTABLE: Final = frozenset({"exception.stacktrace"})


@dataclass(frozen=True)
class CapturedSpan:
    """One span. ``raw`` is the SDK's."""

    raw: ReadableSpan

    @property
    def name(self) -> str:
        return self.raw.name

    @property
    def trace_id(self) -> str:
        context = self.raw.get_span_context()
        return format_trace_id(context.trace_id if context else 0)

    @property
    def span_id(self) -> str:
        context = self.raw.get_span_context()
        return format_span_id(context.span_id if context else 0)

    @property
    def parent_id(self) -> str | None:
        return None if self.raw.parent is None else format_span_id(self.raw.parent.span_id)

    @property
    def attributes(self) -> dict[str, Any]:
        return dict(self.raw.attributes or {})

    @property
    def type(self) -> str | None:
        """What the step is: one of ``semconv.SPAN_TYPES``."""
        return self.attributes.get(semconv.SPAN_TYPE)

    @property
    def input(self) -> Any:
        """What the step was given; JSON is read."""
        return self._content(_INPUTS)

    @property
    def output(self) -> Any:
        """What the step returned; JSON is read."""
        return self._content(_OUTPUTS)

    @property
    def status(self) -> str:
        """ok, error or running."""
        if self.attributes.get(semconv.RUNNING):
            return "running"
        return "ok" if self.raw.status.is_ok else "error"

    @property
    def status_message(self) -> str | None:
        return self.raw.status.description

    @property
    def events(self) -> list[dict[str, Any]]:
        return [
            {"name": event.name, "attributes": dict(event.attributes or {})}
            for event in self.raw.events
        ]

    @property
    def duration_ms(self) -> float:
        return ((self.raw.end_time or 0) - (self.raw.start_time or 0)) / 1e6

    def __repr__(self) -> str:
        return f"<CapturedSpan {self.name!r} {self.type} {self.status}>"

    def _content(self, keys: Sequence[str]) -> Any:
        attributes = self.attributes
        text = next((attributes[key] for key in keys if key in attributes), None)
        if not isinstance(text, str):
            return text
        try:
            return json.loads(text)
        except ValueError:
            return text


class Spans(Sequence[CapturedSpan]):
    """In the order in which they started. ``running`` are the versions sent before the end."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int, CapturedSpan]] = []
        self._numbers = itertools.count()
        self.running: list[CapturedSpan] = []
        self._news = threading.Condition()

    def add(self, span: ReadableSpan) -> None:
        self._spans.append((span.start_time or 0, next(self._numbers), CapturedSpan(span)))

    def add_running(self, span: ReadableSpan) -> None:
        with self._news:
            self.running.append(CapturedSpan(span))
            self._news.notify_all()

    def wait_for_running(self, name: str, timeout: float = 10.0) -> CapturedSpan:
        """A running version of the span with this name; for captures that collect them."""
        with self._news:
            if not self._news.wait_for(lambda: self._running(name), timeout):
                raise TimeoutError(f"no span named {name!r} was seen running")
            return self._running(name)[0]

    def _running(self, name: str) -> list[CapturedSpan]:
        return [span for span in self.running if span.name == name]

    def _in_order(self) -> list[CapturedSpan]:
        # A parent starts before its children and ends after them: among those that start at
        # the same moment, the one that ended last is the outermost.
        ordered = sorted(self._spans, key=lambda each: (each[0], -each[1]))
        return [span for _, _, span in ordered]

    def __len__(self) -> int:
        return len(self._spans)

    def __iter__(self) -> Iterator[CapturedSpan]:
        return iter(self._in_order())

    @overload
    def __getitem__(self, key: int | str) -> CapturedSpan: ...
    @overload
    def __getitem__(self, key: slice) -> list[CapturedSpan]: ...
    def __getitem__(self, key: int | str | slice) -> CapturedSpan | list[CapturedSpan]:
        """By place, or by name. A name that is not there, or there more than once, is an error."""
        if not isinstance(key, str):
            return self._in_order()[key]
        found = self.named(key)
        if len(found) != 1:
            raise KeyError(f"{len(found)} spans are named {key!r}; there are {self.names}")
        return found[0]

    @property
    def names(self) -> list[str]:
        return [span.name for span in self]

    def named(self, name: str) -> list[CapturedSpan]:
        return [span for span in self if span.name == name]

    def children(self, span: CapturedSpan) -> list[CapturedSpan]:
        key = (span.trace_id, span.span_id)
        return [each for each in self if (each.trace_id, each.parent_id) == key]

    @property
    def roots(self) -> list[CapturedSpan]:
        """Those whose parent was not captured."""
        known = {(span.trace_id, span.span_id) for span in self}
        return [span for span in self if (span.trace_id, span.parent_id) not in known]

    def tree(self) -> str:
        """The names, a line each, children below their parents and two spaces further right."""
        lines = [
            "  " * depth + span.name for root in self.roots for depth, span in self._below(root, 0)
        ]
        return "\n".join(lines)

    def snapshot(self) -> list[dict[str, Any]]:
        """Plain data that is equal in every run: without ids, times and stacks, the children in
        their parents."""
        return [self._plain(root) for root in self.roots]

    def _below(self, span: CapturedSpan, depth: int) -> Iterator[tuple[int, CapturedSpan]]:
        yield depth, span
        for child in self.children(span):
            yield from self._below(child, depth + 1)

    def _plain(self, span: CapturedSpan) -> dict[str, Any]:
        plain: dict[str, Any] = {"name": span.name, "status": span.status}
        if span.status_message:
            plain["status_message"] = span.status_message
        plain["attributes"] = _stable(span.attributes)
        if span.events:
            plain["events"] = [
                {"name": event["name"], "attributes": _stable(event["attributes"])}
                for event in span.events
            ]
        if children := self.children(span):
            plain["children"] = [self._plain(child) for child in children]
        return plain


def _stable(attributes: dict[str, Any]) -> dict[str, Any]:
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in sorted(attributes.items())
        if key not in _UNSTABLE
    }
