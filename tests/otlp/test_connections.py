"""Connections are kept, shared and, for browsers, opened to the configured origins alone."""

from __future__ import annotations

import http.client
from concurrent.futures import ThreadPoolExecutor

import grpc
import httpx
import pytest

from tests.otlp.conftest import LIMIT, ORIGIN
from tests.otlp.wire import HTTP_DOORS, JSON, PROTOBUF, WAYS
from tests.support.otlp import new_trace_id, span, traces_message, traces_request
from tests.support.people import Person
from tests.support.servers import NO_TLS


@pytest.mark.parametrize("door", HTTP_DOORS)
def test_a_connection_outlives_every_answer(narrow: Person, door: str) -> None:
    """Success, and refusals of all kinds, leave the connection open for the next request."""
    connection = http.client.HTTPConnection(
        getattr(narrow.server, door).removeprefix("http://"), timeout=30
    )
    key, trace_id = f"Bearer {narrow.key}", new_trace_id()
    connection.connect()
    socket = connection.sock
    # http.client would silently connect again.
    connection.auto_open = 0
    for body, kind, authorization, expected in (
        (b"", PROTOBUF, key, 200),
        (b"\xff", PROTOBUF, key, 400),
        (b"{", JSON, key, 400),
        (b"", PROTOBUF, "Bearer nobody", 401),
        (b"", "text/plain", key, 415),
        (bytes(LIMIT + 1), PROTOBUF, key, 413),
        (bytes(10 * LIMIT), PROTOBUF, "Bearer nobody", 401),
        (traces_request(span(trace_id)), PROTOBUF, key, 200),
    ):
        headers = {"content-type": kind, "authorization": authorization}
        connection.request("POST", "/v1/traces", body, headers)
        response = connection.getresponse()
        response.read()
        assert response.status == expected
        assert connection.sock is socket
    connection.close()
    assert len(narrow.spans(trace_id)) == 1


def test_many_senders_at_once_lose_nothing(person: Person) -> None:
    """64 requests at the same time, through all doors and into one trace, are all stored."""
    trace_id = new_trace_id()
    spans = [span(trace_id) for _ in range(64)]

    def send(number: int) -> None:
        message = traces_message(spans[number])
        assert not WAYS[number % len(WAYS)].send(person, message).HasField("partial_success")

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(send, range(64)))
    stored = {each["span_id"] for each in person.spans(trace_id)}
    assert stored == {each["span_id"] for each in spans}


def test_many_calls_share_a_grpc_channel(person: Person) -> None:
    """Calls of one channel that overlap are each answered."""
    trace_id = new_trace_id()
    metadata = (("authorization", f"Bearer {person.key}"),)
    with grpc.insecure_channel(person.server.otlp_grpc) as channel:
        export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        calls = [
            export.future(traces_request(span(trace_id)), metadata=metadata, timeout=60)
            for _ in range(50)
        ]
        assert [each.result() for each in calls] == [b""] * 50
    assert len(person.spans(trace_id)) == 50


def _preflight(person: Person, door: str, origin: str) -> httpx.Response:
    """What a browser asks before it sends telemetry."""
    headers = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,content-encoding",
    }
    return httpx.options(
        f"{getattr(person.server, door)}/v1/traces", headers=headers, verify=NO_TLS
    )


def _export(person: Person, door: str, origin: str) -> httpx.Response:
    headers = {
        "origin": origin,
        "content-type": JSON,
        "authorization": f"Bearer {person.key}",
    }
    url = f"{getattr(person.server, door)}/v1/traces"
    return httpx.post(url, content=b"{}", headers=headers, verify=NO_TLS)


@pytest.mark.parametrize("door", HTTP_DOORS)
def test_a_page_of_a_configured_origin_may_export(narrow: Person, door: str) -> None:
    """The preflight and the export name the origin; the encodings and the key are let through."""
    allowed = _preflight(narrow, door, ORIGIN)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    names = allowed.headers["access-control-allow-headers"].lower()
    assert {"authorization", "content-type", "content-encoding"} <= set(names.split(", "))
    answer = _export(narrow, door, ORIGIN)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "origin" in answer.headers["vary"].lower()


@pytest.mark.parametrize("door", HTTP_DOORS)
def test_a_page_of_another_origin_may_not(narrow: Person, door: str) -> None:
    """No origin is named to pages that are not configured, so browsers keep them out."""
    assert _preflight(narrow, door, "https://evil.example").status_code == 400
    answer = _export(narrow, door, "https://evil.example")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("door", HTTP_DOORS)
def test_any_origin_never_comes_with_credentials(busy: Person, door: str) -> None:
    """Where every origin may export, browsers are not told to send what they keep for it."""
    for answer in (_preflight(busy, door, ORIGIN), _export(busy, door, ORIGIN)):
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("door", HTTP_DOORS)
def test_without_origins_no_page_may_export(person: Person, door: str) -> None:
    """The default lets no page in."""
    assert _preflight(person, door, ORIGIN).status_code == 405
    assert "access-control-allow-origin" not in _export(person, door, ORIGIN).headers
