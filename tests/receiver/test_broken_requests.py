"""What is broken in a request costs itself alone."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from audittrail.errors import Undecodable
from audittrail.receiver.otlp.json_traces import decode_traces_json
from audittrail.receiver.otlp.protobuf import decode_traces
from audittrail.receiver.otlp.values import dump_json
from tests.receiver.messages import SPAN, TRACE, drawn_messages
from tests.support.otlp import span, traces_message, traces_request


def _with_broken_text(body: bytes) -> bytes:
    """The request with a text of one span that is not UTF-8."""
    return body.replace(b"broken-here", b"broken\xff\xfe\xfd\xfc\xfb")


def test_one_span_with_a_broken_text_costs_itself_alone() -> None:
    """Of 10,000 spans the one whose text is not UTF-8 is rejected, with the reason."""
    spans = [span(TRACE, f"{n:016x}", name=f"s{n}") for n in range(1, 10_001)]
    spans[4_321]["name"] = "broken-here"
    decoded = decode_traces(_with_broken_text(traces_request(*spans)))
    assert len(decoded) == 9_999
    assert decoded.rejected == ["span cannot be decoded: a text is not UTF-8"]
    assert spans[4_321]["span_id"] not in decoded.span_id


def _nested(depth: int) -> bytes:
    """A request with an attribute nested so deep, which protobuf's own classes cannot build."""

    def field(number: int, content: bytes) -> bytes:
        size, length = len(content), bytearray()
        while size > 127:
            length.append(size & 127 | 128)
            size >>= 7
        return bytes([number << 3 | 2]) + bytes(length) + bytes([size]) + content

    value = AnyValue(int_value=1).SerializeToString()
    for _ in range(depth):
        value = field(5, field(1, value))
    pair = field(1, b"deep") + field(2, value)
    ids = field(1, bytes.fromhex(TRACE)) + field(2, bytes.fromhex(SPAN))
    deep = ids + field(9, pair)
    sound = field(1, bytes.fromhex(TRACE)) + field(2, bytes(7) + b"\1")
    return field(1, field(2, field(2, deep) + field(2, sound)))


@pytest.mark.parametrize("depth", [10, 40, 100, 1000, 20_000])
def test_nesting_of_any_depth_costs_no_neighbour(depth: int) -> None:
    """A value nested too deeply to be decoded is kept as bytes; the span beside it is stored."""
    decoded = decode_traces(_nested(depth))
    assert len(decoded) == 2
    deep, sound = decoded.attributes()
    assert sound == {}
    assert len(dump_json(deep)) > depth


@pytest.mark.parametrize(
    "body",
    [b"\xff", b"\x0a\x05ab", b"{}", b"\x08", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"],
)
def test_what_is_no_protobuf_is_undecodable(body: bytes) -> None:
    """Bytes that are no protobuf message are refused as a whole."""
    with pytest.raises(Undecodable):
        decode_traces(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(body: bytes) -> None:
    """No bytes make a decoder fail in another way than by refusing them."""
    for decode in (decode_traces, decode_traces_json):
        with contextlib.suppress(Undecodable):
            decode(body)


@given(drawn_messages(), st.data())
def test_a_damaged_request_is_decoded_or_refused(
    message: ExportTraceServiceRequest, data: st.DataObject
) -> None:
    """Flipping any byte of a request ends in fewer spans or in a refusal, never in a crash."""
    body = bytearray(message.SerializeToString())
    if body:
        place = data.draw(st.integers(0, len(body) - 1))
        body[place] ^= data.draw(st.integers(1, 255))
    try:
        decoded = decode_traces(bytes(body))
    except Undecodable:
        return
    assert len(decoded) + len(decoded.rejected) <= len(body)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("[]", "must be a JSON object"),
        ("null", "must be a JSON object"),
        ("{", "not JSON"),
        ('{"resourceSpans": 5}', "resourceSpans must be an array"),
        ('{"resourceSpans": [{"scopeSpans": [5]}]}', "scopeSpans must be an array"),
        ('{"resourceSpans": [{"scopeSpans": [{"spans": {}}]}]}', "spans must be an array"),
    ],
)
def test_json_that_is_not_otlp_is_refused_with_the_reason(body: str, why: str) -> None:
    """The outer structure has to be there; the message names what is not."""
    with pytest.raises(Undecodable, match=why):
        decode_traces_json(body.encode())


def json_spans(*spans: Any) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()


SOUND = {"traceId": TRACE, "spanId": SPAN, "name": "sound"}


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (5, "a span must be an object"),
        ({"traceId": 5}, "traceId must be a text"),
        ({"traceId": "xyz", "spanId": SPAN}, "traceId must be hex"),
        ({"traceId": base64.b64encode(bytes(range(16))).decode()}, "traceId must be hex"),
        ({**SOUND, "spanId": "0" * 16}, "span_id is all zeros"),
        ({**SOUND, "kind": "SPAN_KIND_CLIENT"}, "kind must be an integer"),
        ({**SOUND, "startTimeUnixNano": -1}, "must not be negative"),
        ({**SOUND, "startTimeUnixNano": "1e999"}, "startTimeUnixNano must be an integer"),
        ({**SOUND, "attributes": {"a": 1}}, "attributes must be an array"),
        ({**SOUND, "attributes": [{"key": "a", "value": "bare"}]}, "must be an object such as"),
        ({**SOUND, "attributes": [{"key": "a", "value": {"intValue": "x"}}]}, "intValue"),
        ({**SOUND, "attributes": [{"key": "a", "value": {"intValue": str(2**63)}}]}, "64 bits"),
        ({**SOUND, "attributes": [{"key": "a", "value": {"bytesValue": "%"}}]}, "base64"),
        ({**SOUND, "events": [5]}, "events must be an array"),
        ({**SOUND, "status": []}, None),
        ({**SOUND, "status": [1]}, "status must be an object"),
    ],
)
def test_one_json_span_that_is_wrong_costs_itself_alone(broken: Any, why: str | None) -> None:
    """A span that is not OTLP is rejected with the reason; the one beside it is decoded."""
    neighbour = {**SOUND, "spanId": "00000000000000ff"}
    decoded = decode_traces_json(json_spans(broken, neighbour))
    assert decoded.span_id[-1] == "00000000000000ff"
    if why is None:
        assert decoded.rejected == []
    else:
        (reason,) = decoded.rejected
        assert why in reason


def test_json_details() -> None:
    """Ids of any case, 64-bit integers as text or numbers, unknown keys, snake_case and nulls."""
    decoded = decode_traces_json(
        json_spans(
            {
                "traceId": TRACE.upper(),
                "spanId": SPAN.upper(),
                "parentSpanId": None,
                "name": "n",
                "start_time_unix_nano": "5",
                "startTimeUnixNano": "7",
                "endTimeUnixNano": 9,
                "unknown": {"x": 1},
                "attributes": [
                    {"key": "int", "value": {"intValue": "9223372036854775807"}},
                    {"key": "number", "value": {"intValue": 5}},
                    {"key": "nan", "value": {"doubleValue": "NaN"}},
                    {"key": "whole", "value": {"doubleValue": 1}},
                    {"key": "none", "value": {}},
                    {"key": "missing"},
                ],
            }
        )
    )
    assert (decoded.trace_id, decoded.span_id) == ([TRACE], [SPAN])
    assert (decoded.start_ns, decoded.end_ns) == ([7], [9])
    (attributes,) = decoded.attributes()
    assert attributes == {
        "int": 2**63 - 1,
        "number": 5,
        "nan": {"doubleValue": "NaN"},
        "whole": 1.0,
        "none": None,
        "missing": None,
    }
    assert isinstance(attributes["whole"], float)


def test_half_a_character_is_replaced_not_refused() -> None:
    """JavaScript cuts texts between the halves of a character: the span is kept, with U+FFFD."""
    body = json_spans({**SOUND, "name": "cut"}).replace(b'"cut"', rb'"cut\ud83d"')
    decoded = decode_traces_json(body)
    assert decoded.name == ["cut�"]
    whole = json_spans({**SOUND, "name": "x"}).replace(b'"x"', rb'"\ud83d\ude00 \ud83d"')
    assert decode_traces_json(whole).name == ["😀 �"]


def test_deeply_nested_json_is_refused_politely() -> None:
    """JSON nested beyond reason is refused, not crashed on."""
    with pytest.raises(Undecodable):
        decode_traces_json(b"[" * 100_000)
    value: Any = {"intValue": 1}
    for _ in range(300):
        value = {"arrayValue": {"values": [value]}}
    broken = {**SOUND, "attributes": [{"key": "deep", "value": value}]}
    try:
        decoded = decode_traces_json(json_spans(broken))
    except Undecodable:
        return
    assert len(decoded.rejected) == 1


def test_odd_ids_and_times() -> None:
    """Wrong ids reject that span alone; times past int64 and reversed ones are stored, flagged."""
    message = traces_message(
        span(TRACE, SPAN, start_ns=2**64 - 1, end_ns=5, flags=2**32 - 1),
        span("00" * 16, SPAN),
        span(TRACE, "00" * 8),
        span(TRACE, "aa" * 8, parent="00" * 8),
    )
    message.resource_spans[0].scope_spans[0].spans.add(trace_id=b"short", span_id=bytes(8))
    decoded = decode_traces(message.SerializeToString())
    assert decoded.span_id == [SPAN, "aa" * 8]
    assert decoded.parent_span_id == [None, None]
    assert decoded.start_ns[0] == 2**63 - 1
    assert decoded.flags[0] == ["time_out_of_range"]
    assert sorted(decoded.rejected) == [
        "span_id is all zeros",
        "trace_id has 5 bytes, should have 16",
        "trace_id is all zeros",
    ]
