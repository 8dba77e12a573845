"""Building OTLP requests."""

from __future__ import annotations

import base64
import itertools
import json
import os
import time
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

_clock = itertools.count(time.time_ns(), 1_000_000)


def new_trace_id() -> str:
    return os.urandom(16).hex()


def new_span_id() -> str:
    return os.urandom(8).hex()


def set_value(value: AnyValue, plain: Any) -> None:
    """Put a Python value into an AnyValue."""
    if plain is None:
        return
    if isinstance(plain, bool):
        value.bool_value = plain
    elif isinstance(plain, int):
        value.int_value = plain
    elif isinstance(plain, float):
        value.double_value = plain
    elif isinstance(plain, str):
        value.string_value = plain
    elif isinstance(plain, bytes):
        value.bytes_value = plain
    elif isinstance(plain, list):
        value.array_value.SetInParent()
        for item in plain:
            set_value(value.array_value.values.add(), item)
    else:
        value.kvlist_value.SetInParent()
        set_attributes(value.kvlist_value.values, plain)


def set_attributes(pairs: Any, attributes: dict[str, Any]) -> None:
    for key, plain in attributes.items():
        pair = pairs.add()
        pair.key = key
        set_value(pair.value, plain)


def span(
    trace_id: str,
    span_id: str | None = None,
    parent: str | None = None,
    *,
    name: str = "step",
    start_ns: int | None = None,
    end_ns: int | None = None,
    status: int = 0,
    attributes: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A span as ``traces_request`` takes it; it ends a second after it starts unless told."""
    start = next(_clock) if start_ns is None else start_ns
    return {
        "trace_id": trace_id,
        "span_id": span_id or new_span_id(),
        "parent": parent,
        "name": name,
        "start": start,
        "end": start + 10**9 if end_ns is None else end_ns,
        "status": status,
        "attributes": attributes or {},
        **more,
    }


def traces_message(
    *spans: dict[str, Any], scope: str = "tests", resource: dict[str, Any] | None = None
) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    holder = request.resource_spans.add()
    set_attributes(holder.resource.attributes, resource or {"service.name": "tests"})
    scoped = holder.scope_spans.add()
    scoped.scope.name = scope
    for each in spans:
        made = scoped.spans.add()
        made.trace_id = bytes.fromhex(each["trace_id"])
        made.span_id = bytes.fromhex(each["span_id"])
        if each["parent"]:
            made.parent_span_id = bytes.fromhex(each["parent"])
        made.name = each["name"]
        made.start_time_unix_nano = each["start"]
        made.end_time_unix_nano = each["end"]
        made.status.code = each["status"]
        made.status.message = each.get("message", "")
        made.flags = each.get("flags", 0)
        set_attributes(made.attributes, each["attributes"])
        for event in each.get("events", ()):
            added = made.events.add()
            added.name = event["name"]
            added.time_unix_nano = event.get("time", each["start"])
            set_attributes(added.attributes, event.get("attributes", {}))
        for link in each.get("links", ()):
            linked = made.links.add()
            linked.trace_id = bytes.fromhex(link["trace_id"])
            linked.span_id = bytes.fromhex(link["span_id"])
            set_attributes(linked.attributes, link.get("attributes", {}))
    return request


def traces_request(*spans: dict[str, Any], **how: Any) -> bytes:
    return traces_message(*spans, **how).SerializeToString()


def logs_request(*records: dict[str, Any], scope: str = "tests") -> bytes:
    """Records are dictionaries with trace_id, span_id, event, body, attributes, time."""
    request = ExportLogsServiceRequest()
    scoped = request.resource_logs.add().scope_logs.add()
    scoped.scope.name = scope
    for each in records:
        made = scoped.log_records.add()
        made.trace_id = bytes.fromhex(each.get("trace_id") or "")
        made.span_id = bytes.fromhex(each.get("span_id") or "")
        made.time_unix_nano = each.get("time") or next(_clock)
        made.event_name = each.get("event", "")
        set_value(made.body, each.get("body"))
        set_attributes(made.attributes, each.get("attributes", {}))
    return request.SerializeToString()


def as_json(request: Message) -> bytes:
    """OTLP/JSON of a message: like protobuf's JSON, but with ids in hex."""
    body = MessageToDict(request, use_integers_for_enums=True)

    def with_hex_ids(part: Any) -> Any:
        if isinstance(part, list):
            return [with_hex_ids(each) for each in part]
        if not isinstance(part, dict):
            return part
        return {
            key: base64.b64decode(value).hex().upper()
            if key in ("traceId", "spanId", "parentSpanId")
            else with_hex_ids(value)
            for key, value in part.items()
        }

    return json.dumps(with_hex_ids(body)).encode()
