"""OTLP log records, in protobuf and JSON.

Agents send what models were asked and what they answered as log records as well as on spans.
There are few of them beside spans, so each is decoded by itself.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from audittrail.receiver.otlp.decoded import DecodedLogs, clamp_time
from audittrail.receiver.otlp.json_reader import (
    BadRecord,
    attributes_in,
    count_in,
    enum_in,
    hex_in,
    parse_object,
    scoped_records,
    text_in,
    time_in,
    value_in,
)
from audittrail.receiver.otlp.salvage import attributes_of, decode_failure, split_records
from audittrail.receiver.otlp.values import value_of

__all__ = ["decode_logs", "decode_logs_json"]


def decode_logs(body: bytes) -> DecodedLogs:
    """Raises Undecodable if the bytes are not an ExportLogsServiceRequest."""
    decoded = DecodedLogs()
    for scope, encoded in split_records(body):
        decoded.scopes.append(scope)
        for each in encoded:
            try:
                record = LogRecord.FromString(each)
            except DecodeError as error:
                decoded.rejected.append(f"log record cannot be decoded: {decode_failure(error)}")
                continue
            decoded.add(
                len(decoded.scopes) - 1,
                _id(record.trace_id.hex(), 32),
                _id(record.span_id.hex(), 16),
                clamp_time(record.time_unix_nano),
                clamp_time(record.observed_time_unix_nano),
                record.severity_number,
                record.severity_text,
                record.event_name,
                value_of(record.body),
                attributes_of(record.attributes),
                record.flags,
            )
    return decoded


def decode_logs_json(body: bytes) -> DecodedLogs:
    """Raises Undecodable if the body is not an ExportLogsServiceRequest in JSON."""
    decoded = DecodedLogs()
    request = parse_object(body)
    for scope, records in scoped_records(request, "resourceLogs", "scopeLogs", "logRecords"):
        decoded.scopes.append(scope)
        for record in records:
            try:
                decoded.add(*_row(record, len(decoded.scopes) - 1))
            except BadRecord as error:
                decoded.rejected.append(str(error))
    return decoded


def _row(record: Any, scope: int) -> tuple[Any, ...]:
    if not isinstance(record, dict):
        raise BadRecord("a log record must be an object")
    return (
        scope,
        _id(hex_in(record, "traceId"), 32),
        _id(hex_in(record, "spanId"), 16),
        clamp_time(time_in(record, "timeUnixNano")),
        clamp_time(time_in(record, "observedTimeUnixNano")),
        enum_in(record, "severityNumber"),
        text_in(record, "severityText"),
        text_in(record, "eventName"),
        value_in(record.get("body")),
        attributes_in(record),
        count_in(record, "flags"),
    )


def _id(text: str, digits: int) -> str | None:
    """A log record need not belong to a span: an id that is no id is none."""
    return text if len(text) == digits and text.strip("0") else None
