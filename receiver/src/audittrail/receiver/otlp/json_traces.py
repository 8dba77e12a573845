"""OTLP traces in JSON."""

from __future__ import annotations

from typing import Any

from audittrail.receiver.otlp.decoded import (
    MAX_TIME_NS,
    DecodedSpans,
    check_ids,
    clamp_time,
    event_record,
    extra_record,
    group_rows,
    link_record,
    parent_of,
)
from audittrail.receiver.otlp.json_reader import (
    BadRecord,
    attributes_in,
    count_in,
    enum_in,
    hex_in,
    items_in,
    parse_object,
    scoped_records,
    text_in,
    time_in,
)
from audittrail.receiver.otlp.values import Attributes

__all__ = ["decode_traces_json"]


def decode_traces_json(body: bytes) -> DecodedSpans:
    """Raises Undecodable if the body is not an ExportTraceServiceRequest in JSON."""
    decoded = DecodedSpans()
    attributes: list[Attributes] = []
    request = parse_object(body)
    for scope, records in scoped_records(request, "resourceSpans", "scopeSpans", "spans"):
        decoded.scopes.append(scope)
        for record in records:
            try:
                attributes.append(_add(decoded, record, len(decoded.scopes) - 1))
            except BadRecord as error:
                decoded.rejected.append(str(error))
    decoded.groups = group_rows(decoded.scope, attributes)
    return decoded


def _add(decoded: DecodedSpans, span: Any, scope: int) -> Attributes:
    """Append a span and return its attributes. Raises BadRecord before anything is appended."""
    if not isinstance(span, dict):
        raise BadRecord("a span must be an object")
    ids = hex_in(span, "traceId"), hex_in(span, "spanId"), hex_in(span, "parentSpanId")
    reason = check_ids(*ids)
    if reason is not None:
        raise BadRecord(reason)
    status = span.get("status") or {}
    if not isinstance(status, dict):
        raise BadRecord("status must be an object")
    start, end = time_in(span, "startTimeUnixNano"), time_in(span, "endTimeUnixNano")
    attributes = attributes_in(span)
    flags = []
    if len(attributes) < len(items_in(span, "attributes")):
        flags.append("duplicate_attribute_keys")
    if max(start, end) > MAX_TIME_NS:
        flags.append("time_out_of_range")
    decoded.add(
        scope,
        ids[0],
        ids[1],
        parent_of(ids[2]),
        text_in(span, "name"),
        enum_in(span, "kind"),
        clamp_time(start),
        clamp_time(end),
        enum_in(status, "code"),
        text_in(status, "message"),
        count_in(span, "flags"),
        [_event(event) for event in items_in(span, "events")] or None,
        [_link(link) for link in items_in(span, "links")] or None,
        extra_record(
            text_in(span, "traceState"),
            count_in(span, "droppedAttributesCount"),
            count_in(span, "droppedEventsCount"),
            count_in(span, "droppedLinksCount"),
        ),
        flags or None,
    )
    return attributes


def _event(event: dict[str, Any]) -> dict[str, Any]:
    return event_record(
        text_in(event, "name"),
        time_in(event, "timeUnixNano"),
        attributes_in(event),
        count_in(event, "droppedAttributesCount"),
    )


def _link(link: dict[str, Any]) -> dict[str, Any]:
    return link_record(
        bytes.fromhex(hex_in(link, "traceId")),
        bytes.fromhex(hex_in(link, "spanId")),
        text_in(link, "traceState"),
        attributes_in(link),
        count_in(link, "droppedAttributesCount"),
        count_in(link, "flags"),
    )
