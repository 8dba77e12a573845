"""All decoders agree, and what they decode comes back unchanged."""

from __future__ import annotations

import itertools
import json
import math
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from audittrail.receiver.mapping.engine import Engine
from audittrail.receiver.otlp.decoded import DecodedSpans
from audittrail.receiver.otlp.json_traces import decode_traces_json
from audittrail.receiver.otlp.protobuf import decode_traces
from audittrail.receiver.otlp.salvage import salvage_traces
from audittrail.receiver.otlp.values import dump_json, load_value
from audittrail.receiver.spans import build_spans
from audittrail.storage.duckdb.store import DuckDBStore
from tests.receiver.messages import SPAN, TRACE, drawn_attributes, drawn_messages, told
from tests.support.otlp import as_json, span, traces_request
from tests.support.truth import NAMES, payloads

_numbers = itertools.count()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBStore]:
    """One for all examples: each stores spans of an owner of its own."""
    opened = DuckDBStore(tmp_path_factory.mktemp("decoded") / "test.duckdb")
    yield opened
    opened.close()


@given(drawn_messages())
def test_the_fast_decoder_and_the_span_by_span_one_agree(
    message: ExportTraceServiceRequest,
) -> None:
    """Whatever protobuf can express, both ways of decoding it give the same."""
    body = message.SerializeToString()
    assert told(decode_traces(body)) == told(salvage_traces(body))


@given(drawn_messages())
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


@given(drawn_attributes)
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


@given(drawn_messages())
def test_what_is_decoded_comes_back_from_the_store(
    store: DuckDBStore, message: ExportTraceServiceRequest
) -> None:
    """From OTLP bytes through DuckDB and back: ids, names, times, attributes, events and links are
    what the sender wrote."""
    decoded = decode_traces(message.SerializeToString())
    owner = f"ada {next(_numbers)}"
    batch = build_spans(decoded, owner, time.time_ns(), Engine(), lambda *_: (None, None))
    if not batch.rows:
        return
    store.writer.append(batch).result(60)
    _compare_stored(store, owner, decoded)


def _compare_stored(store: DuckDBStore, owner: str, decoded: DecodedSpans) -> None:
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
        with store.read(owner) as reader:
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
