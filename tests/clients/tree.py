"""Spans made with the Python SDK that use everything a span can have."""

from __future__ import annotations

import math
import time
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    TraceState,
    set_span_in_context,
)

# One value of each type OTLP has, and of each that something on the way might take for another.
VALUES: dict[str, Any] = {
    "text": "plain",
    "text.empty": "",
    "text.unicode": "Grüße, 世界 \U0001f469\U0001f3fd‍\U0001f680 ‮ \u2028 \uffff \U0010ffff",
    "text.nul": "before\x00after\x00",
    "text.controls": "".join(map(chr, range(32))) + "\x7f\x85",
    "text.json": '{"a": ["\\"b\\"", null, 1.50]}',
    "text.number": "0123",
    "text.null": "null",
    "text.long": "0123456789abcdef" * 4096,
    "yes": True,
    "no": False,
    "int": 57,
    "int.zero": 0,
    "int.negative": -1,
    "int.past_double": 2**53 + 1,
    "int.largest": 2**63 - 1,
    "int.smallest": -(2**63),
    "float": 0.1,
    "float.whole": 1.0,
    "float.negative_zero": -0.0,
    "float.smallest": 5e-324,
    "float.largest": 1.7976931348623157e308,
    "float.nan": math.nan,
    "float.infinite": math.inf,
    "float.negative_infinite": -math.inf,
    "bytes": bytes(range(256)),
    "bytes.empty": b"",
    "none": None,
    "list.empty": [],
    "list.texts": ["a", "", "\x00", "é\U0001f600"],
    "list.bools": [True, False],
    "list.ints": [2**63 - 1, -1, 0],
    "list.floats": [0.5, 1.0, math.nan, -math.inf],
    "list.mixed": ["1", 1, 1.0, True, None, b"\x01", [], {}],
    "list.nested": [["a"], [[2**53 + 1]], [{"k": [None]}]],
    "map": {"a": {"b": [1, {"c": "d"}]}, "\x00": b"\xff", "text": ""},
    "map.empty": {},
    "map.like_bytes": {"bytesValue": "AAAA"},
    "map.like_double": {"doubleValue": "NaN"},
    "map.like_map": {"kvlistValue": {"bytesValue": 1}},
}
ATTRIBUTES: dict[str, Any] = VALUES | {
    "a": "conflicts",
    "a.b": "with this",
    "a.b.c": ["and this"],
    "__proto__": "no prototype",
    "constructor": 1,
    'key with spaces, "quotes", back\\slash, \n and \x00': "odd",
    "ключ \U0001f511": "unicode",
    "k" * 1000: "long",
}

PLANNER = Resource(
    {
        "service.name": "planner é\U0001f600",
        "service.instance.id": "",
        "process.pid": 2**31,
        "host.up": True,
        "load": 1.0,
        "process.command_args": ["python", "", "-m", "агент"],
    },
    "https://opentelemetry.io/schemas/1.37.0",
)
TIGHT = Resource({"service.name": "tight"})
TIGHT_LIMITS = SpanLimits(
    max_span_attributes=2,
    max_events=2,
    max_links=1,
    max_event_attributes=1,
    max_link_attributes=1,
    max_attribute_length=5,
)

_STATE = [("vendor", "a=b;c"), ("tenant@system", "0123")]


def grow(provider: TracerProvider, limited: TracerProvider) -> None:
    """End spans of two traces; ``limited`` has TIGHT_LIMITS."""
    start = time.time_ns() // 10**9 * 10**9 + 123_456_789
    tracer = provider.get_tracer(
        "tests.planner", "1.2.3-é", "https://example.com/schemas/1", {"short": True, "n": [1, 2]}
    )
    bare = provider.get_tracer("tests.bare")
    root = tracer.start_span(
        "plan \U0001f5fa and\x00go",
        set_span_in_context(NonRecordingSpan(_elsewhere(TraceState(_STATE)))),
        SpanKind.SERVER,
        ATTRIBUTES,
        start_time=start,
    )
    _add_children(tracer, root, start)
    _add_same_keys(bare, root)
    _add_conversation(bare, root)
    _fail(tracer, root)
    _exceed(limited.get_tracer("tests.limited"), root)
    root.set_status(StatusCode.OK)
    root.end(start + 10**9 + 1)
    bare.start_span("", start_time=start + 1).end(start + 1)


def _elsewhere(state: TraceState | None = None) -> SpanContext:
    """A span of another process."""
    ids = RandomIdGenerator()
    flags = TraceFlags(TraceFlags.SAMPLED)
    return SpanContext(ids.generate_trace_id(), ids.generate_span_id(), True, flags, state)


def _add_children(tracer: Tracer, root: Span, start: int) -> None:
    """Kinds, events with times and attributes, links, and a status in words."""
    inside = set_span_in_context(root)
    child = tracer.start_span(
        "ask",
        inside,
        SpanKind.CLIENT,
        links=[
            Link(_elsewhere(TraceState([("k", "v")])), VALUES),
            Link(root.get_span_context()),
        ],
        start_time=start + 7,
    )
    child.add_event("started", timestamp=start + 8)
    child.add_event("told \U0001f600\x00", VALUES, timestamp=start + 9)
    child.add_event("", {"twin": 1}, timestamp=start + 9)
    child.add_event("before it began", {}, timestamp=1)
    child.add_link(_elsewhere(), {"added": "later"})
    child.set_status(Status(StatusCode.ERROR, "refused: “é\x00”"))
    child.end(start + 10)
    for kind in (SpanKind.INTERNAL, SpanKind.PRODUCER, SpanKind.CONSUMER):
        deeper = set_span_in_context(child)
        tracer.start_span(kind.name, deeper, kind, start_time=start + 11).end(start + 11)


def _add_same_keys(tracer: Tracer, root: Span) -> None:
    """Spans with the same keys, whose values have every type."""
    inside = set_span_in_context(root)
    for value in VALUES.values():
        attributes = {"always": "text", "value": value, "also": value}
        tracer.start_span("same keys", inside, attributes=attributes).end()


def _add_conversation(tracer: Tracer, root: Span) -> None:
    """Texts that mean something here are kept under their own keys all the same."""
    inside = set_span_in_context(root)
    asked = '[{"role": "user", "parts": [{"type": "text", "content": "\\u0000 é\U0001f600"}]}]'
    for attributes in (
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.usage.input_tokens": 57,
            "gen_ai.usage.output_tokens": 17,
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.input.messages": asked,
            "gen_ai.output.messages": 'not JSON: \x00 \x1f \\ " é\U0001f600',
        },
        {"audittrail.input": "in\x00", "audittrail.output": "", "audittrail.cost": 0.25},
        {"openinference.span.kind": "CHAIN", "input.value": " in\n", "output.value": asked},
        {"openinference.span.kind": "CHAIN", "input.value": ["a"], "output.value": 1},
    ):
        tracer.start_span("talk", inside, attributes=attributes).end()


def _fail(tracer: Tracer, root: Span) -> None:
    """An exception, recorded by the SDK as it passes."""
    inside = set_span_in_context(root)
    try:
        with tracer.start_as_current_span("fail", inside) as span:
            span.record_exception(KeyError("first"), {"attempt": 1})
            raise ValueError("no such city: “Ünï\x00”")
    except ValueError:
        pass


def _exceed(tracer: Tracer, root: Span) -> None:
    """More than the limits allow."""
    many = {"one": "123456789", "two": [1, 2, 3], "three": True, "four": 4.0}
    links = [Link(_elsewhere(), many) for _ in range(3)]
    span = tracer.start_span("limited", set_span_in_context(root), attributes=many, links=links)
    for number in range(5):
        span.add_event(f"event {number}", many)
    span.end()
