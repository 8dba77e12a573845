"""A stored span as OTLP/JSON again: posted to ``/v1/traces`` it is the same span.

Format: the JSON encoding of OTLP 1.x (opentelemetry-proto, ``trace/v1/trace.proto``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from audittrail import semconv
from audittrail.receiver.original import original_of
from audittrail.storage import PHASE_FINAL

__all__ = ["otlp_json"]

_TAGS: Final = ("bytesValue", "doubleValue")
_REMOTE_FLAGS: Final = 0x300
_EXTRA: Final = {
    "trace_state": "traceState",
    "dropped_attributes_count": "droppedAttributesCount",
    "dropped_events_count": "droppedEventsCount",
    "dropped_links_count": "droppedLinksCount",
    "flags": "flags",
}


def otlp_json(row: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """An export request of one span, from its row and from how the API presents it."""
    attributes = dict(shown["attributes"])
    if row["phase"] < PHASE_FINAL:
        attributes.setdefault(semconv.RUNNING, True)
    sent = original_of(row)
    status: dict[str, Any] = {"code": sent.status_code}
    if sent.status_message:
        status["message"] = sent.status_message
    span: dict[str, Any] = {
        "traceId": row["trace_id"],
        "spanId": sent.span_id,
        "name": sent.name,
        "kind": row["kind"] or 0,
        "startTimeUnixNano": str(row["start_ns"] or 0),
        "endTimeUnixNano": str(row["end_ns"] or 0),
        "attributes": _pairs(attributes),
        "events": [_event(each) for each in shown["events"]],
        "links": [_link(each) for each in shown["links"]],
        "status": status,
        "flags": (row["trace_flags"] or 0) | (_REMOTE_FLAGS if row["remote_parent"] else 0),
        **_renamed(shown["extra"]),
    }
    if sent.parent_span_id:
        span["parentSpanId"] = sent.parent_span_id
    resource, scope = shown["resource"] or {}, shown["scope"] or {}
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _pairs(resource.get("attributes") or {})},
                "schemaUrl": resource.get("schema_url") or "",
                "scopeSpans": [
                    {
                        "scope": {
                            "name": scope.get("name") or "",
                            "version": scope.get("version") or "",
                            "attributes": _pairs(scope.get("attributes") or {}),
                        },
                        "schemaUrl": scope.get("schema_url") or "",
                        "spans": [span],
                    }
                ],
            }
        ]
    }


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": event.get("name") or "",
        "timeUnixNano": event.get("time_unix_nano") or "0",
        "attributes": _pairs(event.get("attributes") or {}),
        **_renamed(event),
    }


def _link(link: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "traceId": link["trace_id"],
        "spanId": link["span_id"],
        "attributes": _pairs(link.get("attributes") or {}),
        **_renamed(link),
    }


def _renamed(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: record[key] for key, name in _EXTRA.items() if record.get(key)}


def _pairs(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _any(value)} for key, value in attributes.items()]


def _any(value: Any) -> dict[str, Any]:
    """An AnyValue. What JSON cannot say is stored under the name that OTLP/JSON has for it."""
    match value:
        case None:
            return {}
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case str():
            return {"stringValue": value}
        case list():
            return {"arrayValue": {"values": [_any(each) for each in value]}}
        case {"kvlistValue": dict(items)} if len(value) == 1:
            return {"kvlistValue": {"values": _pairs(items)}}
        case dict() if len(value) == 1 and next(iter(value)) in _TAGS:
            return dict(value)
        case dict():
            return {"kvlistValue": {"values": _pairs(value)}}
    raise TypeError(type(value).__name__)
