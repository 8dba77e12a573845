"""Both encodings share a port; every answer speaks the language of its request."""

from __future__ import annotations

import grpc
import httpx
import pytest

from tests.otlp.wire import (
    HTTP_DOORS,
    JSON,
    PROTOBUF,
    SIGNALS,
    TYPES,
    WAYS,
    Way,
    call,
    code_of,
    post,
    status_in,
)
from tests.support.otlp import as_json, new_trace_id, span, traces_message
from tests.support.people import Person


@pytest.mark.parametrize(
    "written",
    [
        PROTOBUF,
        "Application/X-Protobuf",
        "application/x-protobuf; charset=utf-8",
        "application/protobuf",
        JSON,
        "APPLICATION/JSON",
        "application/json;charset=UTF-8",
        "application/json ; a=b; c=d",
    ],
)
@pytest.mark.parametrize("door", HTTP_DOORS)
def test_the_content_type_tells_the_encoding(person: Person, written: str, door: str) -> None:
    """Any case and any parameters; the answer has the type of the request."""
    trace_id = new_trace_id()
    message = traces_message(span(trace_id))
    kind = JSON if "json" in written.lower() else PROTOBUF
    body = as_json(message) if kind == JSON else message.SerializeToString()
    response = post(person, body, written, door=door)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == kind
    assert response.content == (b"{}" if kind == JSON else b"")
    assert len(person.spans(trace_id)) == 1


@pytest.mark.parametrize(
    "written",
    [None, "text/plain", "application/xml", "multipart/form-data", "json", "application/jsonp"],
)
@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("door", HTTP_DOORS)
def test_other_types_are_refused(
    person: Person, written: str | None, signal: str, door: str
) -> None:
    """A missing or unknown type is 415, with a Status that says which types are possible."""
    response = post(person, b"{}", written, signal=signal, door=door)
    assert response.status_code == 415
    status = status_in(response)
    assert status.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert "application/x-protobuf or application/json" in status.message
    assert repr(written) in status.message


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("door", HTTP_DOORS)
def test_only_post_is_possible(person: Person, method: str, kind: str, door: str) -> None:
    """Other methods are 405, and told so in the encoding of the request."""
    response = post(person, b"", kind, method=method, door=door)
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert response.headers["content-type"] == kind
    if method != "HEAD":
        assert "Only POST" in status_in(response).message


@pytest.mark.parametrize("signal", ["profiles", "trace", "", "traces/more"])
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("door", HTTP_DOORS)
def test_a_path_that_is_no_signal_is_not_found(
    person: Person, signal: str, kind: str, door: str
) -> None:
    """404 with a Status that names the paths there are."""
    response = post(person, b"", kind, signal=signal, door=door)
    assert response.status_code == 404
    assert response.headers["content-type"] == kind
    status = status_in(response)
    assert status.code == grpc.StatusCode.UNIMPLEMENTED.value[0]
    assert "/v1/traces" in status.message


@pytest.mark.parametrize("door", HTTP_DOORS)
def test_a_slash_at_the_end_of_the_path_does_no_harm(person: Person, door: str) -> None:
    """Endpoints are typed by people: /v1/traces/ is /v1/traces."""
    assert post(person, b"", signal="traces/", door=door).status_code == 200


def test_grpc_methods_that_are_not_there_are_unimplemented(person: Person) -> None:
    """Profiles are not taken, and their senders are told."""
    method = "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export"
    with (
        grpc.insecure_channel(person.server.otlp_grpc) as channel,
        pytest.raises(grpc.RpcError) as refused,
    ):
        channel.unary_unary(method)(b"", timeout=30)
    assert code_of(refused.value) is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("signal", SIGNALS)
def test_an_empty_request_succeeds(person: Person, signal: str) -> None:
    """Nothing to store is no error, in any encoding and on any door."""
    assert call(person, b"", signal) == b""
    for door in HTTP_DOORS:
        for kind, body, answer in ((PROTOBUF, b"", b""), (JSON, b"{}", b"{}")):
            response = post(person, body, kind, signal=signal, door=door)
            assert (response.status_code, response.content) == (200, answer)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_an_empty_resource_or_scope_succeeds(person: Person, way: Way) -> None:
    """Containers without spans are as good as none."""
    message = traces_message()
    message.resource_spans.add()
    assert not way.send(person, message).HasField("partial_success")


def test_json_is_not_empty_bytes(person: Person) -> None:
    """No bytes are an empty message in protobuf, but nothing at all in JSON."""
    response: httpx.Response = post(person, b"", JSON)
    assert response.status_code == 400
    assert "not JSON" in status_in(response).message
