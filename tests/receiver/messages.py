"""Requests that Hypothesis makes up, and what a decoder told of one."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from audittrail.receiver.otlp.decoded import DecodedSpans
from tests.support.otlp import set_attributes

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


def told(decoded: DecodedSpans) -> dict[str, Any]:
    """A decoded request as plain values, whatever way its attributes are kept."""
    plain = {
        each.name: getattr(decoded, each.name) for each in fields(decoded) if each.name != "groups"
    }
    return plain | {"attributes": decoded.attributes()}


# Any OTLP request that protobuf can express.

_texts = st.text(max_size=12) | st.sampled_from(["", "\0", '"', "\\", "é", "\x1f", "😀"])
_scalars = (
    _texts
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.binary(max_size=6)
    | st.none()
)
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            _texts | st.sampled_from(["bytesValue", "doubleValue"]), inner, max_size=2
        )
    ),
    max_leaves=5,
)
_keys = st.sampled_from(["gen_ai.operation.name", "input.value", "k", "", "a.b", "__proto__"])
drawn_attributes = st.dictionaries(_keys | _texts, _values, max_size=5)


@st.composite
def drawn_messages(draw: st.DrawFn) -> ExportTraceServiceRequest:
    message = ExportTraceServiceRequest()
    for _ in range(draw(st.integers(0, 2))):
        resource = message.resource_spans.add()
        set_attributes(resource.resource.attributes, draw(drawn_attributes))
        resource.schema_url = draw(_texts)
        for _ in range(draw(st.integers(0, 2))):
            scope = resource.scope_spans.add()
            scope.scope.name, scope.scope.version = draw(_texts), draw(_texts)
            set_attributes(scope.scope.attributes, draw(drawn_attributes))
            for _ in range(draw(st.integers(0, 3))):
                _draw_span(draw, scope.spans.add())
    return message


def _draw_span(draw: st.DrawFn, made: Any) -> None:
    made.trace_id = draw(st.binary(min_size=16, max_size=16) | st.binary(max_size=17))
    made.span_id = draw(st.binary(min_size=8, max_size=8) | st.just(bytes(8)))
    made.parent_span_id = draw(st.just(b"") | st.binary(min_size=8, max_size=8))
    made.name, made.trace_state = draw(_texts), draw(_texts)
    made.kind = draw(st.integers(0, 5))
    made.start_time_unix_nano = draw(st.integers(0, 2**64 - 1))
    made.end_time_unix_nano = draw(st.integers(0, 2**64 - 1))
    made.status.code = draw(st.integers(0, 2))
    made.status.message = draw(_texts)
    made.flags = draw(st.integers(0, 2**32 - 1))
    made.dropped_attributes_count = draw(st.integers(0, 2**32 - 1))
    set_attributes(made.attributes, draw(drawn_attributes))
    if draw(st.booleans()):
        again = made.attributes.add()
        again.key = draw(_keys)
    for _ in range(draw(st.integers(0, 2))):
        event = made.events.add()
        event.name, event.time_unix_nano = draw(_texts), draw(st.integers(0, 2**64 - 1))
        set_attributes(event.attributes, draw(drawn_attributes))
    if draw(st.booleans()):
        link = made.links.add()
        link.trace_id, link.span_id = draw(st.binary(max_size=16)), draw(st.binary(max_size=8))
        set_attributes(link.attributes, draw(drawn_attributes))
