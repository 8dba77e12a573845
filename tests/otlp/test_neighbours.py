"""One bad span never costs its neighbours, and never makes a client send forever."""

from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from tests.otlp.wire import GRPC, HTTP_DOORS, JSON, WAYS, Way, call, post
from tests.support.otlp import logs_request, new_trace_id, span, traces_message
from tests.support.people import Person

COUNT = 10_000
MARK = "broken-here"


def poisoned_request(trace_id: str) -> bytes:
    """Of 10,000 spans one has a text that is not UTF-8."""
    spans = [span(trace_id, f"{number:016x}") for number in range(1, COUNT + 1)]
    spans[4_321]["name"] = MARK
    body = traces_message(*spans).SerializeToString()
    return body.replace(MARK.encode(), b"\xff" * len(MARK))


@pytest.mark.parametrize("door", ["grpc", *HTTP_DOORS])
def test_one_poisoned_span_in_ten_thousand_costs_one_span(person: Person, door: str) -> None:
    """The other 9,999 are stored, and the sender learns of the one."""
    trace_id = new_trace_id()
    body = poisoned_request(trace_id)
    if door == "grpc":
        answer = GRPC.response("traces", call(person, body))
    else:
        answer = GRPC.response("traces", post(person, body, door=door).content)
    assert answer.partial_success.rejected_spans == 1
    assert "not UTF-8" in answer.partial_success.error_message
    assert person.get(f"/api/v1/traces/{trace_id}")["span_count"] == COUNT - 1
    with person.client() as client:
        assert client.get(f"/api/v1/spans/{trace_id}/{4_321:016x}").status_code == 200
        assert client.get(f"/api/v1/spans/{trace_id}/{4_322:016x}").status_code == 404


def test_one_poisoned_span_in_ten_thousand_costs_one_span_in_json(person: Person) -> None:
    """JSON is no different."""
    trace_id = new_trace_id()
    spans: list[Any] = [
        {"traceId": trace_id, "spanId": f"{number:016x}", "name": "n", "startTimeUnixNano": "5"}
        for number in range(1, COUNT + 1)
    ]
    spans[4_321]["attributes"] = [{"key": "k", "value": {"intValue": "many"}}]
    partial = post(person, in_json(*spans), JSON).json()["partialSuccess"]
    assert partial["rejectedSpans"] == "1"
    assert "intValue must be an integer" in partial["errorMessage"]
    assert person.get(f"/api/v1/traces/{trace_id}")["span_count"] == COUNT - 1


def in_json(*spans: Any) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()


def _nested(depth: int, key: str) -> Any:
    value: Any = {"intValue": 1}
    for _ in range(depth):
        value = {"kvlistValue": {"values": [{"key": key, "value": value}]}}
    return [{"key": "deep", "value": value}]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ({"kind": 2**31}, "kind does not fit 32 bits"),
        ({"flags": 2**32}, "flags does not fit 32 bits"),
        ({"flags": 2**63}, "flags does not fit 32 bits"),
        ({"flags": -1}, "flags must not be negative"),
        ({"status": {"code": 2**40}}, "code does not fit 32 bits"),
        ({"startTimeUnixNano": 2**64}, "startTimeUnixNano"),
        ({"droppedAttributesCount": -(2**64) + 1}, "droppedAttributesCount must not be negative"),
        ({"droppedEventsCount": 2**64 - 1}, "droppedEventsCount does not fit 32 bits"),
        ({"links": [{"traceId": "00", "spanId": "11", "flags": 2**40}]}, "flags does not fit"),
        ({"events": [{"timeUnixNano": "-5"}]}, "timeUnixNano must not be negative"),
        ({"attributes": _nested(120, "bytesValue")}, "nested more than 100 deep"),
        ({"attributes": _nested(200, "plain")}, "nested more than 100 deep"),
        ({"traceState": 5}, "traceState must be a text"),
        ({"spanId": "0" * 16}, "span_id is all zeros"),
        ({"parentSpanId": "abc"}, "parentSpanId must be hex"),
    ],
    ids=lambda each: each if isinstance(each, str) else "-",
)
def test_numbers_and_nesting_beyond_otlp_cost_one_span(
    person: Person, bad: dict[str, Any], why: str
) -> None:
    """What protobuf could not even say, and JSON can, is rejected for good with a reason."""
    trace_id = new_trace_id()
    plain = {"traceId": trace_id, "name": "n", "startTimeUnixNano": "5"}
    before, after = ({**plain, "spanId": f"00000000000000a{n}"} for n in (1, 2))
    body = in_json(before, {**plain, "spanId": "00000000000000bb"} | bad, after)
    response = post(person, body, JSON)
    assert response.status_code == 200, response.text
    partial = response.json()["partialSuccess"]
    assert partial["rejectedSpans"] == "1"
    assert why in partial["errorMessage"]
    stored = [each["span_id"] for each in person.spans(trace_id)]
    assert stored == ["00000000000000a1", "00000000000000a2"]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_values_that_otlp_does_not_know_yet_are_no_poison(person: Person, way: Way) -> None:
    """Enum numbers of the far future are stored as unspecified; the largest counts and flags
    that fit OTLP's types come back."""
    trace_id = new_trace_id()
    message = traces_message(*(span(trace_id) for _ in range(4)))
    first, second, third, _ = message.resource_spans[0].scope_spans[0].spans
    first.kind = 40_000  # type: ignore[assignment] # proto3 enums are open
    second.kind = -1  # type: ignore[assignment] # proto3 enums are open
    second.status.code = 77  # type: ignore[assignment] # proto3 enums are open
    third.flags = third.dropped_attributes_count = 2**32 - 1
    assert not way.send(person, message).HasField("partial_success")
    stored = person.spans(trace_id)
    assert [each["kind"] for each in stored] == [0, 0, 0, 0]
    assert stored[1]["status"] == "ok"
    assert stored[2]["trace_flags"] == 2**32 - 1
    assert stored[2]["extra"] == {"dropped_attributes_count": 2**32 - 1}


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_deep_values_that_are_stored_can_be_read(person: Person, way: Way) -> None:
    """The deepest nesting that is taken comes back through the API, even of maps that look like
    tagged values."""
    trace_id = new_trace_id()
    value: Any = 1
    for _ in range(15):
        value = {"bytesValue": [value]}
    message = traces_message(span(trace_id, attributes={"deep": value}))
    assert not way.send(person, message).HasField("partial_success")
    (stored,) = person.spans(trace_id)
    assert str(stored["attributes"]["deep"]).count("bytesValue") == 15


def test_json_values_of_the_greatest_depth_can_be_read(person: Person) -> None:
    """What JSON may nest is stored, and read back by every way to read it."""
    trace_id = new_trace_id()
    deep = {"traceId": trace_id, "spanId": "00000000000000aa", "name": "n"}
    body = in_json(deep | {"attributes": _nested(100, "bytesValue")})
    response = post(person, body, JSON)
    assert response.json() == {}
    (stored,) = person.spans(trace_id)
    assert str(stored["attributes"]).count("bytesValue") == 100
    one = person.get(f"/api/v1/spans/{trace_id}/00000000000000aa")
    assert one["attributes"] == stored["attributes"]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_log_records_are_neighbours_too(person: Person, way: Way) -> None:
    """A severity beyond OTLP's costs nothing; the records beside it are stored."""
    trace_id = new_trace_id()
    records = [{"trace_id": trace_id, "body": f"record {number}"} for number in range(3)]
    request = ExportLogsServiceRequest.FromString(logs_request(*records))
    odd = request.resource_logs[0].scope_logs[0].log_records[1]
    odd.severity_number = 40_000  # type: ignore[assignment] # proto3 enums are open
    odd.flags = 2**32 - 1
    assert not way.send(person, traces_message(span(trace_id))).HasField("partial_success")
    assert not way.send(person, request).HasField("partial_success")
    stored = person.get(f"/api/v1/traces/{trace_id}/logs")
    assert [each["body"] for each in stored] == ["record 0", "record 1", "record 2"]
    assert [each["severity"] for each in stored] == [0, 0, 0]


def test_a_broken_log_record_costs_itself_alone(person: Person) -> None:
    """In both encodings the record beside it is stored, and the sender told."""
    trace_id = new_trace_id()
    post(person, traces_message(span(trace_id)).SerializeToString())
    good = {"traceId": trace_id, "body": {"stringValue": "sound"}}
    bad = {"traceId": trace_id, "body": {"stringValue": 5}}
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": [bad, good]}]}]}
    answer = post(person, json.dumps(body).encode(), JSON, signal="logs").json()
    assert answer["partialSuccess"]["rejectedLogRecords"] == "1"
    records = [{"trace_id": trace_id, "body": text} for text in ("also sound", MARK)]
    broken = logs_request(*records).replace(MARK.encode(), b"\xff" * len(MARK))
    found = GRPC.response("logs", post(person, broken, signal="logs").content)
    assert found.partial_success.rejected_log_records == 1
    assert "not UTF-8" in found.partial_success.error_message
    stored = person.get(f"/api/v1/traces/{trace_id}/logs")
    assert sorted(each["body"] for each in stored) == ["also sound", "sound"]
