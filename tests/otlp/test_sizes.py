"""The size limit is exact, before and after decompression, on every door."""

from __future__ import annotations

import gzip
import json
import os

import grpc
import pytest

from tests.otlp.conftest import LIMIT
from tests.otlp.wire import (
    HTTP_DOORS,
    JSON,
    PROTOBUF,
    TYPES,
    call,
    code_of,
    detail,
    post,
    status_in,
    status_of,
)
from tests.support.otlp import new_trace_id, span, traces_message
from tests.support.people import Person


def request_of(size: int, trace_id: str, kind: str = PROTOBUF) -> bytes:
    """A request of one span that is exactly so long and does not compress well."""
    text = os.urandom(size).hex()
    if kind == JSON:
        made = {"traceId": trace_id, "spanId": trace_id[:16], "name": text}
        body = {"resourceSpans": [{"scopeSpans": [{"spans": [made]}]}]}
        over = len(json.dumps(body)) - size
        made["name"] = text[:-over]
        encoded = json.dumps(body).encode()
    else:
        # The lengths of the outer messages stay of two or three bytes for all sizes used here.
        message = traces_message(span(trace_id, name=text))
        over = message.ByteSize() - size
        message.resource_spans[0].scope_spans[0].spans[0].name = text[:-over]
        encoded = message.SerializeToString()
    assert len(encoded) == size
    return encoded


@pytest.mark.parametrize("door", HTTP_DOORS)
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("compression", ["", "gzip"])
def test_http_takes_the_limit_and_not_a_byte_more(
    narrow: Person, door: str, kind: str, compression: str
) -> None:
    """A request of the limit is stored; one byte more is 413 with a Status, and not stored."""
    trace_id = new_trace_id()
    for size, expected in ((LIMIT, 200), (LIMIT + 1, 413)):
        body = request_of(size, trace_id, kind)
        sent = gzip.compress(body) if compression else body
        assert len(sent) < LIMIT or not compression
        response = post(narrow, sent, kind, door=door, content_encoding=compression)
        assert response.status_code == expected, response.text
        assert response.headers["content-type"] == kind
    status = status_in(response)
    assert status.code == grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
    assert str(LIMIT) in status.message
    assert "AUDITTRAIL_MAX_MESSAGE_BYTES" in status.message
    assert detail(status, "RetryInfo") is None
    assert "retry-after" not in response.headers
    (stored,) = narrow.spans(trace_id)
    assert stored["versions"] == 1


def test_the_limit_holds_for_bodies_that_tell_no_length(narrow: Person) -> None:
    """A chunked body is cut off at the limit too."""
    trace_id = new_trace_id()
    for size, expected in ((LIMIT, 200), (LIMIT + 1, 413)):
        body = request_of(size, trace_id)
        with narrow.client() as client:
            response = client.post(
                f"{narrow.server.otlp_http}/v1/traces",
                content=iter([body[:5000], body[5000:]]),
                headers={"content-type": PROTOBUF},
            )
        assert "content-length" not in response.request.headers
        assert response.status_code == expected
    assert len(narrow.spans(trace_id)) == 1


@pytest.mark.parametrize(
    "compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip, grpc.Compression.Deflate]
)
def test_grpc_takes_the_limit_and_not_a_byte_more(
    narrow: Person, compression: grpc.Compression
) -> None:
    """A message of the limit is stored; one byte more is RESOURCE_EXHAUSTED without RetryInfo,
    so clients do not send it again."""
    trace_id = new_trace_id()
    assert call(narrow, request_of(LIMIT, trace_id), compression=compression) == b""
    with pytest.raises(grpc.RpcError) as refused:
        call(narrow, request_of(LIMIT + 1, trace_id), compression=compression)
    assert code_of(refused.value) is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert status_of(refused.value) is None
    (stored,) = narrow.spans(trace_id)
    assert stored["versions"] == 1


@pytest.mark.parametrize("signal", ["logs", "metrics"])
def test_every_signal_has_the_limit(narrow: Person, signal: str) -> None:
    """Log records and metrics are bounded like spans."""
    body = b"\x0a" * (LIMIT + 1)
    assert post(narrow, body, signal=signal).status_code == 413
    with pytest.raises(grpc.RpcError) as refused:
        call(narrow, body, signal)
    assert code_of(refused.value) is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_without_settings_the_limit_is_64_mebibytes(server: object, person: Person) -> None:
    """A body that announces one byte more is refused; one of 64 MiB is read."""
    limit = 64 * 2**20
    assert post(person, bytes(limit)).status_code == 400
    assert post(person, bytes(limit + 1)).status_code == 413
