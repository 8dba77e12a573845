"""OTLP/JSON is not protobuf's own JSON, and is read by OTLP's rules."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.otlp.wire import HTTP_DOORS, JSON, post
from tests.support.otlp import new_span_id, new_trace_id
from tests.support.people import Person

START = 1_790_000_000_123_456_789


def in_json(*spans: Any) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()


def plain(trace_id: str, **more: Any) -> dict[str, Any]:
    return {"traceId": trace_id, "spanId": new_span_id(), "name": "n"} | more


def stored_span(person: Person, *, door: str = "otlp_http", **fields: Any) -> dict[str, Any]:
    """A span with these fields, as the API gives it back."""
    made = plain(new_trace_id(), **fields)
    response = post(person, in_json(made), JSON, door=door)
    assert (response.status_code, response.json()) == (200, {}), response.text
    (stored,) = person.spans(made["traceId"].lower())
    return stored


def rejection(person: Person, **fields: Any) -> str:
    """Why a span with these fields is not stored; a plain one beside it is."""
    trace_id = new_trace_id()
    response = post(person, in_json(plain(trace_id, **fields), plain(trace_id)), JSON)
    assert response.status_code == 200, response.text
    partial = response.json()["partialSuccess"]
    assert partial["rejectedSpans"] == "1"
    assert len(person.spans(trace_id)) == 1
    return str(partial["errorMessage"])


@pytest.mark.parametrize("door", HTTP_DOORS)
def test_ids_are_hex_of_any_case(person: Person, door: str) -> None:
    """Upper, lower and mixed case are the same id, also of parents and links."""
    trace_id, span_id, parent = (
        "ABCDEF" + new_trace_id()[6:],
        "AbCdEf0123456789",
        "FEDCBA9876543210",
    )
    link = {"traceId": "AB" * 16, "spanId": "Cd" * 8}
    made = {"traceId": trace_id, "spanId": span_id, "parentSpanId": parent, "links": [link]}
    assert post(person, in_json(made), JSON, door=door).json() == {}
    again = {"traceId": trace_id.lower(), "spanId": span_id.upper(), "name": "twice"}
    assert post(person, in_json(again), JSON, door=door).json() == {}
    (stored,) = person.spans(trace_id.lower())
    assert stored["trace_id"] == trace_id.lower()
    assert stored["span_id"] == span_id.lower()
    assert stored["parent_span_id"] == parent.lower()
    assert stored["links"] == [{"trace_id": "ab" * 16, "span_id": "cd" * 8, "attributes": {}}]


def test_ids_in_base64_are_rejected(person: Person) -> None:
    """Protobuf's own JSON writes ids in base64: those are no hex, or have a wrong length, and
    are never stored as another id."""
    as_bytes = bytes.fromhex(new_trace_id())
    assert "traceId must be hex" in rejection(person, traceId=base64.b64encode(as_bytes).decode())
    # Base64 of twelve bytes that happens to look like hex.
    assert "trace_id has 8 bytes" in rejection(person, traceId="deadbeefdeadbeef")
    assert "spanId must be hex" in rejection(person, spanId="3q2+7w==")


def test_integers_of_64_bits_come_as_text_or_numbers(person: Person) -> None:
    """Both forms keep every digit."""
    for form in (str, int):
        stored = stored_span(
            person,
            startTimeUnixNano=form(START),
            endTimeUnixNano=form(START + 1),
            attributes=[
                {"key": "large", "value": {"intValue": form(2**63 - 1)}},
                {"key": "small", "value": {"intValue": form(-(2**63))}},
            ],
            events=[{"name": "e", "timeUnixNano": form(START + 7)}],
        )
        assert stored["start_time_unix_nano"] == str(START)
        assert stored["end_time_unix_nano"] == str(START + 1)
        assert stored["attributes"] == {"large": 2**63 - 1, "small": -(2**63)}
        assert stored["events"][0]["time_unix_nano"] == str(START + 7)


def test_enums_are_integers(person: Person) -> None:
    """Numbers count; the names that protobuf's own JSON writes are rejected."""
    stored = stored_span(person, kind=3, status={"code": 2, "message": "no"})
    assert (stored["kind"], stored["status"], stored["status_message"]) == (3, "error", "no")
    assert "kind must be an integer" in rejection(person, kind="SPAN_KIND_CLIENT")
    assert "code must be an integer" in rejection(person, status={"code": "STATUS_CODE_ERROR"})


def test_keys_are_lower_camel_case(person: Person) -> None:
    """snake_case keys are unknown, and unknown keys are ignored at every level."""
    trace_id = new_trace_id()
    made = plain(
        trace_id,
        start_time_unix_nano="5",
        startTimeUnixNano=str(START),
        endTimeUnixNano=str(START + 1),
        parent_span_id="ab" * 8,
        future={"deep": [1, {"x": None}]},
        attributes=[
            {"key": "a", "value": {"stringValue": "b", "later": 1}, "more": True},
            {"key": "c", "value": {"string_value": "unknown"}},
        ],
        events=[{"name": "e", "dropped_attributes_count": 5, "unknown": "x"}],
        status={"code": 1, "unknown": []},
    )
    body = {
        "resource_spans": 5,
        "version": 2,
        "resourceSpans": [
            {
                "entityRefs": [{"type": "x"}],
                "resource": {"attributes": [], "entity": {}},
                "scopeSpans": [{"scope": {"name": "s", "x": 1}, "spans": [made], "y": 2}],
            }
        ],
    }
    assert post(person, json.dumps(body).encode(), JSON).json() == {}
    (stored,) = person.spans(trace_id)
    assert stored["start_time_unix_nano"] == str(START)
    assert stored["parent_span_id"] is None
    assert stored["attributes"] == {"a": "b", "c": None}
    assert "dropped_attributes_count" not in stored["events"][0]
    assert stored["scope"]["name"] == "s"


def test_every_kind_of_value_comes_back(person: Person) -> None:
    """Texts, booleans, integers, floats, bytes, arrays, maps and nothing keep their type."""
    values: dict[str, tuple[dict[str, Any], Any]] = {
        "text": ({"stringValue": 'ä\u0000\n"😀'}, 'ä\u0000\n"😀'),
        "empty": ({"stringValue": ""}, ""),
        "true": ({"boolValue": True}, True),
        "false": ({"boolValue": False}, False),
        "zero": ({"intValue": "0"}, 0),
        "whole": ({"doubleValue": 1}, 1.0),
        "real": ({"doubleValue": -0.1}, -0.1),
        "nan": ({"doubleValue": "NaN"}, {"doubleValue": "NaN"}),
        "inf": ({"doubleValue": "-Infinity"}, {"doubleValue": "-Infinity"}),
        "bytes": ({"bytesValue": "AAH/"}, {"bytesValue": "AAH/"}),
        "array": (
            {"arrayValue": {"values": [{"intValue": 1}, {"stringValue": "x"}, {}]}},
            [1, "x", None],
        ),
        "no array": ({"arrayValue": {}}, []),
        "map": ({"kvlistValue": {"values": [{"key": "k", "value": {"intValue": 1}}]}}, {"k": 1}),
        "no map": ({"kvlistValue": {}}, {}),
        "nothing": ({}, None),
    }
    attributes = [{"key": key, "value": sent} for key, (sent, _) in values.items()]
    stored = stored_span(person, attributes=attributes)
    expected = {key: meant for key, (_, meant) in values.items()}
    assert stored["attributes"] == expected
    for key, meant in expected.items():
        assert type(stored["attributes"][key]) is type(meant), key


def test_bytes_that_are_not_base64_are_rejected(person: Person) -> None:
    """Nothing is guessed from what is no base64."""
    attributes = [{"key": "b", "value": {"bytesValue": "not base64!"}}]
    assert "bytesValue must be base64" in rejection(person, attributes=attributes)


def test_nulls_and_missing_fields_mean_their_defaults(person: Person) -> None:
    """Serializers write null, or leave out, what is unset."""
    nulls = dict.fromkeys(
        ("parentSpanId", "kind", "attributes", "events", "links", "status", "flags", "traceState")
    )
    for stored in (stored_span(person, **nulls), stored_span(person)):
        assert (stored["parent_span_id"], stored["kind"]) == (None, 0)
        assert (stored["attributes"], stored["events"], stored["links"]) == ({}, [], [])


def test_an_array_is_no_request(person: Person) -> None:
    """A list of requests is refused as a whole, not read as an empty one."""
    response = post(person, b"[" + in_json(plain(new_trace_id())) + b"]", JSON)
    assert response.status_code == 400


@pytest.mark.parametrize("depth", [17, 48, 90])
def test_values_may_be_nested_deeply(person: Person, depth: int) -> None:
    """Depths at which protobuf's own JSON reader gives up are no trouble."""
    value: Any = {"stringValue": "bottom"}
    for _ in range(depth):
        value = {"arrayValue": {"values": [value]}}
    found = stored_span(person, attributes=[{"key": "deep", "value": value}])["attributes"]["deep"]
    for _ in range(depth):
        (found,) = found
    assert found == "bottom"


def test_log_records_follow_the_same_rules(person: Person) -> None:
    """Hex ids of any case, integers as text, enums as numbers, unknown keys ignored."""
    stored = stored_span(person)
    record = {
        "traceId": stored["trace_id"].upper(),
        "spanId": stored["span_id"].upper(),
        "timeUnixNano": str(START),
        "severityNumber": 9,
        "severityText": "INFO",
        "eventName": "tool.called",
        "body": {"kvlistValue": {"values": [{"key": "n", "value": {"intValue": "7"}}]}},
        "attributes": [{"key": "raw", "value": {"bytesValue": "/w=="}}],
        "trace_id": "ignored",
        "unknown": {},
    }
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    assert post(person, json.dumps(body).encode(), JSON, signal="logs").json() == {}
    (found,) = person.get(f"/api/v1/traces/{stored['trace_id']}/logs")
    assert found["span_id"] == stored["span_id"]
    assert (found["severity"], found["severity_text"]) == (9, "INFO")
    assert found["event_name"] == "tool.called"
    assert found["body"] == {"n": 7}
    assert found["attributes"] == {"raw": {"bytesValue": "/w=="}}
