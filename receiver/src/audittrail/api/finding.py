"""Finding what an address names. What cannot be an id is an id that nobody has."""

from __future__ import annotations

from typing import Final

from audittrail.errors import InvalidInput, NotFound
from audittrail.receiver.ids import parse_span_id, parse_trace_id
from audittrail.storage import Row, TraceReader

__all__ = ["NO_TRACE", "hex_id", "span_of", "trace_of"]

NO_TRACE: Final = "You have no trace with this id."
_NO_SPAN: Final = "This trace has no span with this id."


def hex_id(trace_id: str) -> str:
    try:
        return parse_trace_id(trace_id).hex
    except InvalidInput:
        raise NotFound(NO_TRACE) from None


def trace_of(reader: TraceReader, trace_id: str) -> Row:
    """Its summary. Raises NotFound."""
    found = reader.get_trace(hex_id(trace_id))
    if found is None:
        raise NotFound(NO_TRACE)
    return found


def span_of(reader: TraceReader, trace: Row, span_id: str) -> Row:
    """A span with its payload. Raises NotFound."""
    try:
        found = reader.get_span(trace["trace_id"], parse_span_id(span_id).hex)
    except InvalidInput:
        found = None
    if found is None:
        raise NotFound(_NO_SPAN)
    return found
