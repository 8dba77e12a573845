"""Taking a request apart that is too large for its receiver."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

__all__ = ["Request", "count_spans", "first_span", "halve", "pieces"]


class Request(NamedTuple):
    """An ``ExportTraceServiceRequest`` as bytes, and how many spans are in it."""

    body: bytes
    spans: int


def count_spans(message: ExportTraceServiceRequest) -> int:
    return sum(
        len(scoped.spans) for holder in message.resource_spans for scoped in holder.scope_spans
    )


def first_span(body: bytes) -> Span | None:
    message = ExportTraceServiceRequest.FromString(body)
    return next(
        (
            span
            for holder in message.resource_spans
            for scoped in holder.scope_spans
            for span in scoped.spans
        ),
        None,
    )


def pieces(message: ExportTraceServiceRequest, spans: int, max_bytes: int) -> Iterator[Request]:
    """The request in pieces of at most ``max_bytes``, in order. A single span that is larger makes
    one that is too large."""
    body = message.SerializeToString()  # to ask for its size costs as much
    if spans <= 1 or len(body) <= max_bytes:
        yield Request(body, spans)
        return
    first, second = halve(message, spans)
    yield from pieces(first, spans // 2, max_bytes)
    yield from pieces(second, spans - spans // 2, max_bytes)


def halve(
    message: ExportTraceServiceRequest, spans: int
) -> tuple[ExportTraceServiceRequest, ExportTraceServiceRequest]:
    """The first half of the spans and the second, each with its resources and scopes."""
    halves = ExportTraceServiceRequest(), ExportTraceServiceRequest()
    left = spans // 2
    for holder in message.resource_spans:
        held = sum(len(scoped.spans) for scoped in holder.scope_spans)
        if left >= held or left == 0:  # it lies in one half
            halves[left == 0].resource_spans.append(holder)
            left -= min(left, held)
            continue
        holders = [half.resource_spans.add() for half in halves]
        for each in holders:
            each.resource.CopyFrom(holder.resource)
            each.schema_url = holder.schema_url
        for scoped in holder.scope_spans:
            if left >= len(scoped.spans) or left == 0:
                holders[left == 0].scope_spans.append(scoped)
                left -= min(left, len(scoped.spans))
                continue
            all_spans = iter(scoped.spans)
            for each, count in zip(holders, (left, None), strict=True):
                part = each.scope_spans.add()
                part.scope.CopyFrom(scoped.scope)
                part.schema_url = scoped.schema_url
                part.spans.extend(islice(all_spans, count))
            left = 0
    return halves
