"""Undoing Content-Encoding without letting a small body become a huge one."""

from __future__ import annotations

import zlib
from typing import Final

import pyarrow as pa

from audittrail.errors import TooLarge, Undecodable

__all__ = ["decompress"]

_CHUNK: Final = 256 * 1024
_PIECE: Final = 16 * 1024
# Clients make one member. Each takes a little work however short it is, 20 bytes at the least.
_MAX_MEMBERS: Final = 10_000
_GZIP: Final = 16 + zlib.MAX_WBITS


def decompress(body: bytes, encoding: str, limit: int) -> bytes:
    """The body as it was before compression.

    ``encoding`` is the value of Content-Encoding. Raises TooLarge as soon as more than ``limit``
    bytes come out, and Undecodable if the body is not what the encoding says.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        if len(body) > limit:
            raise too_large(limit)
        return body
    if name in ("gzip", "x-gzip"):
        return _inflate(body, _GZIP, limit, "gzip")
    if name == "deflate":
        # Meant is the zlib format; some clients send the bare deflate stream.
        zlib_header = len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
        bits = zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS
        return _inflate(body, bits, limit, "deflate")
    if name == "zstd":
        return _zstd(body, limit)
    raise Undecodable(
        f"Content-Encoding {encoding!r} is not known here; use gzip, deflate, zstd or none."
    )


def too_large(limit: int) -> TooLarge:
    return TooLarge(
        f"The message is larger than {limit} bytes. Send smaller batches "
        "(OTEL_BSP_MAX_EXPORT_BATCH_SIZE), or raise AUDITTRAIL_MAX_MESSAGE_BYTES."
    )


def _inflate(body: bytes, bits: int, limit: int, name: str) -> bytes:
    parts: list[bytes] = []
    size = at = members = 0
    view = memoryview(body)
    try:
        while at < len(view):
            # gzip allows several members, one after the other.
            members += 1
            if members > _MAX_MEMBERS:
                raise Undecodable(f"the {name} stream has more than {_MAX_MEMBERS} members")
            stream = zlib.decompressobj(bits)
            while not stream.eof:
                # In pieces, because zlib copies what it leaves of its input.
                piece = view[at : at + _PIECE]
                part = stream.decompress(piece, _CHUNK)
                rest = stream.unused_data if stream.eof else stream.unconsumed_tail
                at += len(piece) - len(rest)
                # Of a bare deflate stream output may still come when all input is taken.
                if not piece and not part and not stream.eof:
                    raise Undecodable(f"the {name} stream is cut off")
                size += len(part)
                if size > limit:
                    raise too_large(limit)
                parts.append(part)
    except zlib.error as error:
        raise Undecodable(f"the body is not {name}: {error}") from error
    if not parts:
        raise Undecodable(f"the {name} stream is empty")
    return b"".join(parts)


def _zstd(body: bytes, limit: int) -> bytes:
    if not body:
        raise Undecodable("the zstd stream is empty")
    parts: list[bytes] = []
    size = 0
    try:
        with pa.CompressedInputStream(pa.BufferReader(body), "zstd") as stream:
            while part := stream.read(_CHUNK):
                size += len(part)
                if size > limit:
                    raise too_large(limit)
                parts.append(part)
    except OSError as error:
        raise Undecodable(f"the body is not zstd: {error}") from error
    return b"".join(parts)
