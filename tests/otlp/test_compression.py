"""Compressed requests are stored; broken ones are refused, and bombs do not go off."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import grpc
import psutil
import pyarrow as pa
import pytest

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
)
from tests.support.otlp import as_json, new_trace_id, span, traces_message, traces_request
from tests.support.people import Person
from tests.support.servers import Server

MIB = 2**20


def bare_deflate(body: bytes) -> bytes:
    """Without the header and the checksum of zlib."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def zstd(body: bytes) -> bytes:
    packed: bytes = pa.compress(body, "zstd", asbytes=True)
    return packed


def in_two_members(body: bytes) -> bytes:
    return gzip.compress(body[:10]) + gzip.compress(body[10:])


PACKERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("", bytes),
    ("identity", bytes),
    ("gzip", gzip.compress),
    ("GZip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("gzip", in_two_members),
    ("deflate", zlib.compress),
    ("deflate", bare_deflate),
    ("zstd", zstd),
]


@pytest.mark.parametrize(("name", "pack"), PACKERS)
@pytest.mark.parametrize("door", HTTP_DOORS)
@pytest.mark.parametrize("kind", TYPES)
def test_http_takes_every_compression(
    person: Person, name: str, pack: Callable[[bytes], bytes], door: str, kind: str
) -> None:
    """None, gzip, deflate of both sorts and zstd are undone, whatever the encoding inside."""
    trace_id = new_trace_id()
    message = traces_message(span(trace_id, attributes={"text": "a" * 1000}))
    body = as_json(message) if kind == JSON else message.SerializeToString()
    response = post(person, pack(body), kind, door=door, content_encoding=name)
    assert response.status_code == 200, response.text
    (stored,) = person.spans(trace_id)
    assert stored["attributes"] == {"text": "a" * 1000}


@pytest.mark.parametrize("compression", list(grpc.Compression))
def test_grpc_takes_every_compression(person: Person, compression: grpc.Compression) -> None:
    """None, deflate and gzip are undone by gRPC itself."""
    trace_id = new_trace_id()
    body = traces_request(span(trace_id, attributes={"text": "a" * 1000}))
    assert call(person, body, compression=compression) == b""
    assert len(person.spans(trace_id)) == 1


@pytest.mark.parametrize("extra", [0, 1, 2, 12])
@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, bare_deflate])
def test_what_shrinks_a_thousandfold_comes_out_whole(
    person: Person, extra: int, pack: Callable[[bytes], bytes]
) -> None:
    """A request with mebibytes of zeros is not taken for a stream that is cut off, even where its
    last input byte stands for more output than is taken at a time."""
    trace_id = new_trace_id()
    length = 6 * MIB + extra
    # The zeros are a field that OTLP does not know, at the end.
    body = traces_request(span(trace_id)) + b"\xa2\x06" + _varint(length) + bytes(length)
    encoding = "gzip" if pack is gzip.compress else "deflate"
    response = post(person, pack(body), content_encoding=encoding)
    assert response.status_code == 200, response.text
    assert len(person.spans(trace_id)) == 1


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    return bytes(made) + bytes([number])


# The same in every process, as it is part of the names of tests.
SOUND = traces_request(span("5" * 32, "7" * 16, start_ns=10**18, end_ns=10**18 + 1))


@pytest.mark.parametrize(
    ("name", "body", "why"),
    [
        ("gzip", SOUND, "not gzip"),
        ("gzip", b"", "empty"),
        ("gzip", gzip.compress(SOUND, mtime=0)[:-9], "cut off"),
        ("gzip", gzip.compress(SOUND, mtime=0)[:-1], "cut off"),
        ("gzip", gzip.compress(SOUND, mtime=0) + b"more", "not gzip"),
        ("gzip", gzip.compress(SOUND, mtime=0)[:-6] + b"\0" * 6, "not gzip"),
        ("gzip", gzip.compress(b"", mtime=0) * 10_001, "more than 10000 members"),
        ("deflate", b"\xff\xff\xff", "not deflate"),
        ("deflate", zlib.compress(SOUND)[:-2], "cut off"),
        ("deflate", bare_deflate(SOUND)[:-4], "cut off"),
        ("zstd", SOUND, "not zstd"),
        ("zstd", b"", "empty"),
        ("zstd", zstd(SOUND)[:-5], "not zstd"),
        ("br", SOUND, "not known here; use gzip"),
        ("gzip, gzip", gzip.compress(gzip.compress(SOUND, mtime=0)), "not known here; use gzip"),
    ],
)
@pytest.mark.parametrize("kind", TYPES)
def test_broken_or_unknown_compression_is_refused_for_good(
    person: Person, name: str, body: bytes, why: str, kind: str
) -> None:
    """400 with a Status that names what is wrong, in the encoding of the request."""
    response = post(person, body, kind, content_encoding=name)
    assert response.status_code == 400
    status = status_in(response)
    assert status.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert why in status.message
    assert detail(status, "BadRequest").field_violations[0].description == status.message
    assert response.headers["content-type"] == kind


def test_a_gzip_of_nothing_is_an_empty_request(person: Person) -> None:
    """No bytes are a valid message without spans, compressed or not."""
    response = post(person, gzip.compress(b""), content_encoding="gzip")
    assert (response.status_code, response.content) == (200, b"")


def _bomb(mebibytes: int, bits: int) -> bytes:
    """Zeros, compressed; without an end, which nobody should get to."""
    packer = zlib.compressobj(9, zlib.DEFLATED, bits)
    first, more = (packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in "ab")
    return first + more * (mebibytes - 1)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("gzip", _bomb(1000, 31)),
        ("gzip", gzip.compress(bytes(10 * MIB)) * 100),
        ("deflate", _bomb(1000, 15)),
        ("deflate", _bomb(1000, -15)),
        ("zstd", zstd(bytes(500 * MIB))),
    ],
    ids=["gzip", "gzip-members", "zlib", "deflate", "zstd"],
)
def test_a_bomb_is_cut_off_at_the_limit(
    server: Server, person: Person, name: str, body: bytes
) -> None:
    """A body under 2 MB that would become 500 MiB or more is refused with 413, and the server never
    holds much more than its limit of 64 MiB of it."""
    assert len(body) < 2 * MIB
    post(person, body[:100], content_encoding=name)
    before = _memory(server)
    with server.memory_watched():
        response = post(person, body, PROTOBUF, content_encoding=name)
    assert response.status_code == 413
    assert status_in(response).code == grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
    assert server.peak_rss_mib < before + 200


def test_a_bomb_over_grpc_is_cut_off_at_the_limit(server: Server, person: Person) -> None:
    """gRPC stops at the limit as well."""
    before = _memory(server)
    with server.memory_watched(), pytest.raises(grpc.RpcError) as refused:
        call(person, bytes(300 * MIB), compression=grpc.Compression.Gzip)
    assert code_of(refused.value) is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert server.peak_rss_mib < before + 200


def _memory(server: Server) -> float:
    """What the server holds, in MiB; its peak is counted anew from here."""
    server.peak_rss_mib = 0.0
    return psutil.Process(server.process.pid).memory_info().rss / MIB
