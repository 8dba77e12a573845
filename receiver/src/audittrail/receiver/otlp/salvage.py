"""Decoding a protobuf request of which some part is broken: the rest must not be lost.

The outer messages are taken apart on the wire, so that every span is decoded by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from audittrail.errors import Undecodable
from audittrail.receiver.otlp.decoded import (
    MAX_TIME_NS,
    DecodedSpans,
    Scope,
    check_ids,
    clamp_time,
    event_record,
    extra_record,
    group_rows,
    link_record,
    parent_of,
)
from audittrail.receiver.otlp.values import Attributes, value_of

__all__ = ["attributes_of", "decode_failure", "salvage_traces", "split_records"]

_VARINT: Final = 0
_FIXED64: Final = 1
_LENGTH: Final = 2
_FIXED32: Final = 5


def salvage_traces(body: bytes) -> DecodedSpans:
    """Raises Undecodable if not even the outer messages can be told apart."""
    decoded = DecodedSpans()
    attributes: list[Attributes] = []
    for scope, encoded in split_records(body):
        decoded.scopes.append(scope)
        for each in encoded:
            found = _add(decoded, each, len(decoded.scopes) - 1)
            if found is not None:
                attributes.append(found)
    decoded.groups = group_rows(decoded.scope, attributes)
    return decoded


def split_records(body: bytes) -> Iterator[tuple[Scope, list[bytes]]]:
    """The scopes of an export request, each with its still encoded spans or log records: both
    signals number their fields alike."""
    for resource_part in _fields(body, 1):
        resource = _first(Resource, _fields(resource_part, 1))
        resource_schema = _text(_fields(resource_part, 3))
        for scope_part in _fields(resource_part, 2):
            own = _first(InstrumentationScope, _fields(scope_part, 1))
            scope = Scope(
                resource=attributes_of(resource.attributes),
                name=own.name,
                version=own.version,
                attributes=attributes_of(own.attributes),
                resource_schema=resource_schema,
                schema=_text(_fields(scope_part, 3)),
                resource_dropped=resource.dropped_attributes_count,
                dropped=own.dropped_attributes_count,
            )
            yield scope, list(_fields(scope_part, 2))


def attributes_of(pairs: Iterable[KeyValue]) -> Attributes:
    return {pair.key: value_of(pair.value) for pair in pairs}


def _add(decoded: DecodedSpans, encoded: bytes, scope: int) -> Attributes | None:
    """Append a span and return its attributes; None if it is rejected."""
    try:
        span = Span.FromString(encoded)
    except DecodeError as error:
        decoded.rejected.append(f"span cannot be decoded: {decode_failure(error)}")
        return None
    trace_id, span_id = span.trace_id.hex(), span.span_id.hex()
    parent = span.parent_span_id.hex()
    reason = check_ids(trace_id, span_id, parent)
    if reason is not None:
        decoded.rejected.append(reason)
        return None
    attributes = attributes_of(span.attributes)
    flags = []
    if len(attributes) < len(span.attributes):
        flags.append("duplicate_attribute_keys")
    if max(span.start_time_unix_nano, span.end_time_unix_nano) > MAX_TIME_NS:
        flags.append("time_out_of_range")
    decoded.add(
        scope,
        trace_id,
        span_id,
        parent_of(parent),
        span.name,
        span.kind,
        clamp_time(span.start_time_unix_nano),
        clamp_time(span.end_time_unix_nano),
        span.status.code,
        span.status.message,
        span.flags,
        [
            event_record(
                event.name,
                event.time_unix_nano,
                attributes_of(event.attributes),
                event.dropped_attributes_count,
            )
            for event in span.events
        ]
        or None,
        [
            link_record(
                link.trace_id,
                link.span_id,
                link.trace_state,
                attributes_of(link.attributes),
                link.dropped_attributes_count,
                link.flags,
            )
            for link in span.links
        ]
        or None,
        extra_record(
            span.trace_state,
            span.dropped_attributes_count,
            span.dropped_events_count,
            span.dropped_links_count,
        ),
        flags or None,
    )
    return attributes


def decode_failure(error: DecodeError) -> str:
    """What broke a record, in words for its sender."""
    text = str(error)
    if "utf" in text.lower():
        return "a text is not UTF-8"
    return text


def _first(kind: Any, parts: Iterable[bytes]) -> Any:
    """The message that all parts together encode; an empty one if they are broken."""
    message = kind()
    for part in parts:
        try:
            message.MergeFromString(part)
        except DecodeError:
            return kind()
    return message


def _text(parts: Iterable[bytes]) -> str:
    text = ""
    for part in parts:
        text = part.decode("utf-8", "replace")
    return text


def _fields(message: bytes, wanted: int) -> Iterator[bytes]:
    """The contents of every length-delimited field of this number.

    https://protobuf.dev/programming-guides/encoding/
    """
    at, end = 0, len(message)
    while at < end:
        tag, at = _varint(message, at)
        number, wire = tag >> 3, tag & 7
        if number == 0:
            raise Undecodable("protobuf field number 0")
        if wire == _LENGTH:
            length, at = _varint(message, at)
            if at + length > end:
                raise Undecodable("the message is cut off")
            if number == wanted:
                yield message[at : at + length]
            at += length
        elif wire == _VARINT:
            _, at = _varint(message, at)
        elif wire in (_FIXED64, _FIXED32):
            at += 8 if wire == _FIXED64 else 4
            if at > end:
                raise Undecodable("the message is cut off")
        else:
            raise Undecodable(f"protobuf wire type {wire} does not occur in OTLP")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message):
            raise Undecodable("the message is cut off")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise Undecodable("protobuf number of more than 64 bits")
