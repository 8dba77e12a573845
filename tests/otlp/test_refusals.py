"""What is refused for good says so in a way that clients understand, and why."""

from __future__ import annotations

import grpc
import pytest
from google.rpc.status_pb2 import Status

from tests.otlp.wire import (
    HTTP_DOORS,
    JSON,
    PROTOBUF,
    SIGNALS,
    TYPES,
    call,
    code_of,
    detail,
    post,
    status_in,
    status_of,
)
from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.people import Person

BROKEN = {
    PROTOBUF: [b"\xff", b"\x0a\x05ab", b"{}", b"\x0a"],
    JSON: [b"{", b"[]", b"null", b"5", b'"text"', b"\xff", b"\x0a\x00"],
}


def refused_call(
    person: Person,
    body: bytes,
    signal: str = "traces",
    metadata: tuple[tuple[str, str], ...] | None = None,
) -> tuple[grpc.StatusCode, Status]:
    """The code and the status of a gRPC call that fails; both say the same."""
    with pytest.raises(grpc.RpcError) as refused:
        call(person, body, signal, metadata=metadata)
    assert isinstance(refused.value, grpc.Call)
    status = status_of(refused.value)
    assert status is not None
    assert status.code == code_of(refused.value).value[0]
    assert status.message == refused.value.details()
    return code_of(refused.value), status


@pytest.mark.parametrize(
    ("kind", "body"), [(kind, body) for kind, bodies in BROKEN.items() for body in bodies]
)
@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("door", HTTP_DOORS)
def test_what_cannot_be_decoded_is_a_bad_request(
    person: Person, kind: str, body: bytes, signal: str, door: str
) -> None:
    """400, INVALID_ARGUMENT and a BadRequest detail in the encoding of the request; and nothing
    that asks for a retry."""
    response = post(person, body, kind, signal=signal, door=door)
    assert response.status_code == 400
    assert response.headers["content-type"] == kind
    assert "retry-after" not in response.headers
    status = status_in(response)
    assert status.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    (violation,) = detail(status, "BadRequest").field_violations
    assert (violation.field, violation.description) == ("body", status.message)
    assert status.message
    assert detail(status, "RetryInfo") is None


@pytest.mark.parametrize("body", BROKEN[PROTOBUF])
@pytest.mark.parametrize("signal", SIGNALS)
def test_what_cannot_be_decoded_is_an_invalid_argument(
    person: Person, body: bytes, signal: str
) -> None:
    """INVALID_ARGUMENT with a BadRequest detail, without RetryInfo."""
    code, status = refused_call(person, body, signal)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert detail(status, "BadRequest").field_violations[0].description == status.message
    assert detail(status, "RetryInfo") is None


WRONG_CREDENTIALS = [
    {},
    {"authorization": "Bearer sk-at-nobody"},
    {"authorization": "Bearer"},
    {"authorization": "Basic dXNlcjpwYXNzd29yZA=="},
    {"x-api-key": "sk-at-nobody"},
]


@pytest.mark.parametrize("given", WRONG_CREDENTIALS, ids=str)
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("door", HTTP_DOORS)
def test_without_a_valid_key_nothing_is_taken(
    person: Person, given: dict[str, str], kind: str, door: str
) -> None:
    """401 with a Status and a challenge; nothing is stored."""
    trace_id = new_trace_id()
    body = traces_request(span(trace_id)) if kind == PROTOBUF else b"{}"
    headers = {"authorization": ""} | given
    response = post(person, body, kind, door=door, **headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.headers["content-type"] == kind
    status = status_in(response)
    assert status.code == grpc.StatusCode.UNAUTHENTICATED.value[0]
    assert detail(status, "RetryInfo") is None
    _check_not_stored(person, trace_id)


@pytest.mark.parametrize("given", WRONG_CREDENTIALS, ids=str)
def test_without_a_valid_key_calls_are_unauthenticated(
    person: Person, given: dict[str, str]
) -> None:
    """UNAUTHENTICATED, and nothing is stored."""
    trace_id = new_trace_id()
    body = traces_request(span(trace_id))
    code, status = refused_call(person, body, metadata=tuple(given.items()))
    assert code is grpc.StatusCode.UNAUTHENTICATED
    assert detail(status, "RetryInfo") is None
    _check_not_stored(person, trace_id)


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_key_that_may_only_read_is_not_permitted(person: Person, signal: str) -> None:
    """403 and PERMISSION_DENIED, with the scope that is missing."""
    key = person.new_key("read")
    for door in HTTP_DOORS:
        for kind in TYPES:
            authorization = f"Bearer {key}"
            response = post(
                person, b"", kind, signal=signal, door=door, authorization=authorization
            )
            assert response.status_code == 403
            assert response.headers["content-type"] == kind
            status = status_in(response)
            assert status.code == grpc.StatusCode.PERMISSION_DENIED.value[0]
            assert "needs ingest" in status.message
    code, status = refused_call(person, b"", signal, (("authorization", f"Bearer {key}"),))
    assert code is grpc.StatusCode.PERMISSION_DENIED
    assert "needs ingest" in status.message


def test_a_key_that_may_only_ingest_is_enough(person: Person) -> None:
    """The scope ingest alone lets telemetry in, by either header and on every door."""
    key, trace_id = person.new_key("ingest"), new_trace_id()
    sent = 0
    for given in ({"authorization": f"Bearer {key}"}, {"authorization": f"bearer  {key}"}):
        for door in HTTP_DOORS:
            assert post(person, traces_request(span(trace_id)), door=door, **given).is_success
            sent += 1
    for door in HTTP_DOORS:
        body = traces_request(span(trace_id))
        assert post(person, body, door=door, authorization="", x_api_key=key).is_success
        sent += 1
    for metadata in (("authorization", f"Bearer {key}"), ("x-api-key", key)):
        call(person, traces_request(span(trace_id)), metadata=(metadata,))
        sent += 1
    assert len(person.spans(trace_id)) == sent


def test_a_key_that_was_deleted_is_refused_at_once(person: Person) -> None:
    """From its deletion on a key opens no door."""
    key = person.new_key("ingest")
    assert post(person, b"", authorization=f"Bearer {key}").is_success
    with person.client(person.token) as client:
        keys = client.get("/api/v1/api-keys").json()["data"]
        newest = max(keys, key=lambda each: str(each["created_at"]))
        assert client.delete(f"/api/v1/api-keys/{newest['id']}").is_success
    assert post(person, b"", authorization=f"Bearer {key}").status_code == 401
    code, _ = refused_call(person, b"", metadata=(("authorization", f"Bearer {key}"),))
    assert code is grpc.StatusCode.UNAUTHENTICATED


def _check_not_stored(person: Person, trace_id: str) -> None:
    with person.client() as client:
        assert client.get(f"/api/v1/traces/{trace_id}").status_code == 404
