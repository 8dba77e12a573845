"""What objects of the Python SDK say, in the names of the API."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, format_span_id, format_trace_id

from tests.clients.told import Told, told_status, without_nothing

_TAGS = {"bytesValue", "doubleValue", "kvlistValue"}
_KNOWN_WHERE = 0x100  # OTLP span flags: it is known whether the context is remote
_REMOTE = 0x200


def told_value(value: Any) -> Any:
    """An attribute's value as the API writes it."""
    if isinstance(value, float) and not math.isfinite(value):
        name = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return {"doubleValue": name}
    if isinstance(value, bytes):
        return {"bytesValue": base64.b64encode(value).decode()}
    if isinstance(value, Mapping):
        items = told_attributes(value)
        return {"kvlistValue": items} if len(items) == 1 and _TAGS & set(items) else items
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [told_value(item) for item in value]
    return value


def told_attributes(attributes: Mapping[str, Any] | None) -> Told:
    return {key: told_value(value) for key, value in (attributes or {}).items()}


def told_span(span: ReadableSpan) -> Told:
    context, parent = span.get_span_context(), span.parent
    assert context is not None
    return {
        "trace_id": format_trace_id(context.trace_id),
        "span_id": format_span_id(context.span_id),
        "parent_span_id": None if parent is None else format_span_id(parent.span_id),
        "remote_parent": parent is not None and parent.is_remote,
        "name": span.name,
        "kind": span.kind.value + 1,  # OTLP has "unspecified" before the kinds of the SDK
        **told_status(span.status.status_code.value, span.status.description),
        "start_time_unix_nano": str(span.start_time),
        "end_time_unix_nano": str(span.end_time),
        "trace_flags": _flags(parent),
        "attributes": told_attributes(span.attributes),
        "events": [_event(event) for event in span.events],
        "links": [_link(link) for link in span.links],
        "resource": told_resource(span.resource),
        "scope": told_scope(span.instrumentation_scope),
        "extra": without_nothing(
            trace_state=context.trace_state.to_header(),
            dropped_attributes_count=span.dropped_attributes,
            dropped_events_count=span.dropped_events,
            dropped_links_count=span.dropped_links,
        ),
    }


def told_log(record: ReadableLogRecord) -> Told:
    said = record.log_record
    return {
        "time_unix_nano": _nano(said.timestamp),
        "observed_time_unix_nano": _nano(said.observed_timestamp),
        "span_id": format_span_id(said.span_id) if said.span_id else None,
        "event_name": said.event_name or None,
        "severity": said.severity_number.value if said.severity_number else 0,
        "severity_text": said.severity_text or None,
        "body": told_value(said.body),
        "attributes": told_attributes(said.attributes),
        "trace_flags": int(said.trace_flags or 0),
        "resource": told_resource(record.resource),
        "scope": told_scope(record.instrumentation_scope),
    }


def _nano(time_ns: int | None) -> str | None:
    return str(time_ns) if time_ns else None


def told_resource(resource: Resource) -> Told:
    return {
        "attributes": told_attributes(resource.attributes),
        **without_nothing(schema_url=resource.schema_url),
    }


def told_scope(scope: InstrumentationScope | None) -> Told:
    assert scope is not None
    return {
        "name": scope.name,
        "version": scope.version or "",
        **without_nothing(
            attributes=told_attributes(scope.attributes), schema_url=scope.schema_url
        ),
    }


def _flags(context: SpanContext | None) -> int:
    """This exporter tells where a context is from, and not the flags of W3C trace context."""
    return _KNOWN_WHERE | (_REMOTE if context is not None and context.is_remote else 0)


def _event(event: Event) -> Told:
    return {
        "name": event.name,
        "time_unix_nano": str(event.timestamp),
        "attributes": told_attributes(event.attributes),
        **without_nothing(dropped_attributes_count=event.dropped_attributes),
    }


def _link(link: Link) -> Told:
    """Nor does this exporter send the trace state of a link."""
    return {
        "trace_id": format_trace_id(link.context.trace_id),
        "span_id": format_span_id(link.context.span_id),
        "flags": _flags(link.context),
        "attributes": told_attributes(link.attributes),
        **without_nothing(dropped_attributes_count=link.dropped_attributes),
    }
