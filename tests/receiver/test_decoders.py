"""All decoders agree on sound and on broken requests, and what they decode comes back unchanged."""

from __future__ import annotations

import base64
import contextlib
import json
import math
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from audittrail.errors import Undecodable
from audittrail.receiver.mapping.engine import Engine
from audittrail.receiver.otlp.decoded import DecodedSpans
from audittrail.receiver.otlp.json_traces import decode_traces_json
from audittrail.receiver.otlp.protobuf import decode_traces
from audittrail.receiver.otlp.salvage import salvage_traces
from audittrail.receiver.otlp.values import dump_json, load_value
from audittrail.receiver.spans import build_spans
from audittrail.storage import DuckDBStore
from tests.support.otlp import as_json, set_attributes, span, traces_message, traces_request
from tests.support.truth import NAMES, payloads

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
_attributes = st.dictionaries(_keys | _texts, _values, max_size=5)


@st.composite
def _messages(draw: st.DrawFn) -> ExportTraceServiceRequest:
    message = ExportTraceServiceRequest()
    for _ in range(draw(st.integers(0, 2))):
        resource = message.resource_spans.add()
        set_attributes(resource.resource.attributes, draw(_attributes))
        resource.schema_url = draw(_texts)
        for _ in range(draw(st.integers(0, 2))):
            scope = resource.scope_spans.add()
            scope.scope.name, scope.scope.version = draw(_texts), draw(_texts)
            set_attributes(scope.scope.attributes, draw(_attributes))
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
    set_attributes(made.attributes, draw(_attributes))
    if draw(st.booleans()):
        again = made.attributes.add()
        again.key = draw(_keys)
    for _ in range(draw(st.integers(0, 2))):
        event = made.events.add()
        event.name, event.time_unix_nano = draw(_texts), draw(st.integers(0, 2**64 - 1))
        set_attributes(event.attributes, draw(_attributes))
    if draw(st.booleans()):
        link = made.links.add()
        link.trace_id, link.span_id = draw(st.binary(max_size=16)), draw(st.binary(max_size=8))
        set_attributes(link.attributes, draw(_attributes))


@given(_messages())
def test_the_fast_decoder_and_the_span_by_span_one_agree(
    message: ExportTraceServiceRequest,
) -> None:
    """Whatever protobuf can express, both ways of decoding it give the same."""
    body = message.SerializeToString()
    assert told(decode_traces(body)) == told(salvage_traces(body))


@given(_messages())
def test_protobuf_and_json_agree(message: ExportTraceServiceRequest) -> None:
    """The same request in either encoding is decoded to the same spans."""
    expected = told(decode_traces(message.SerializeToString()))
    found = told(decode_traces_json(as_json(message)))
    # The reasons for rejecting an id are worded by its length, which hex and bytes share.
    assert found == expected


@pytest.mark.parametrize("name", NAMES)
def test_the_decoders_agree_on_captures(name: str) -> None:
    """Three decoders, one meaning, on what real instrumentations sent."""
    for signal, body in payloads(name):
        if signal == "traces":
            expected = told(decode_traces(body))
            assert told(salvage_traces(body)) == expected
            message = ExportTraceServiceRequest.FromString(body)
            assert told(decode_traces_json(as_json(message))) == expected


@given(_attributes)
def test_attributes_survive_as_json_text(attributes: dict[str, Any]) -> None:
    """Every attribute value that OTLP knows comes back from its stored text as it was."""
    request = traces_request(span(TRACE, SPAN, attributes=attributes))
    (decoded,) = decode_traces(request).attributes()
    found = load_value(json.loads(dump_json(decoded)))
    assert _comparable(found) == _comparable(attributes)


def _comparable(value: Any) -> Any:
    """With NaN equal to itself and 1, 1.0 and True told apart."""
    if isinstance(value, dict):
        return {key: _comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return (float, "NaN")
    return (type(value), value)


@given(_messages())
def test_what_is_decoded_comes_back_from_the_store(message: ExportTraceServiceRequest) -> None:
    """From OTLP bytes through DuckDB and back: ids, names, times, attributes, events and links are
    what the sender wrote."""
    decoded = decode_traces(message.SerializeToString())
    batch = build_spans(decoded, "ada", time.time_ns(), Engine(), lambda *_: (None, None))
    if not batch.rows:
        return
    with _temporary_store() as store:
        store.writer.append(batch).result(60)
        _compare_stored(store, decoded)


def _temporary_store() -> Any:
    import tempfile

    @contextlib.contextmanager
    def opened() -> Any:
        with tempfile.TemporaryDirectory() as folder:
            store = DuckDBStore(Path(folder) / "test.duckdb")
            try:
                yield store
            finally:
                store.close()

    return opened()


def _compare_stored(store: DuckDBStore, decoded: DecodedSpans) -> None:
    last = {
        key: index for index, key in enumerate(zip(decoded.trace_id, decoded.span_id, strict=True))
    }
    attributes = decoded.attributes()
    seen: dict[tuple[str, str], list[int]] = {}
    for index, key in enumerate(zip(decoded.trace_id, decoded.span_id, strict=True)):
        seen.setdefault(key, []).append(index)
    for (trace_id, span_id), places in seen.items():
        if len(places) > 1:
            continue  # versions of one span fill each other's gaps
        index = last[trace_id, span_id]
        with store.read("ada") as reader:
            row = reader.get_span(trace_id, span_id)
        assert row is not None
        assert row["parent_span_id"] == decoded.parent_span_id[index]
        assert row["start_ns"] == (decoded.start_ns[index] or None)
        assert row["end_ns"] == (decoded.end_ns[index] or None)
        assert row["kind"] == decoded.kind[index]
        stored = json.loads(row["attributes"])
        for text, key in ((row["input"], row["input_key"]), (row["output"], row["output_key"])):
            if key is not None:
                stored[key] = text
        assert stored == json.loads(dump_json(attributes[index]))
        assert json.loads(row["events"] or "null") == json.loads(dump_json(decoded.events[index]))
        assert json.loads(row["links"] or "null") == json.loads(dump_json(decoded.links[index]))


# Broken requests.


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


@given(_messages(), st.data())
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
