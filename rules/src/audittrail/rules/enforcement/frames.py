"""What goes between the server and the process that judges: JSON, and Arrow behind it."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import IO, Any, Final

import pyarrow as pa

__all__ = ["read_exactly", "read_frame", "to_arrow", "to_bytes", "write_frame"]

_LENGTH: Final = struct.Struct("<Q")


def write_frame(stream: IO[bytes], head: Any, blobs: Sequence[Any] = ()) -> None:
    """A JSON value with the sizes of what follows it."""
    data = json.dumps([head, [len(blob) for blob in blobs]], default=str).encode()
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.writelines(blobs)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[Any, list[bytes]]:
    """Raises EOFError where the stream ends."""
    (length,) = _LENGTH.unpack(read_exactly(stream, _LENGTH.size))
    head, sizes = json.loads(read_exactly(stream, length))
    return head, [read_exactly(stream, size) for size in sizes]


def read_exactly(stream: IO[bytes], length: int) -> bytes:
    """Raises EOFError if there is less."""
    parts = []
    while length:
        part = stream.read(length)
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def to_bytes(table: pa.Table) -> Any:
    """A table as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return memoryview(sink.getvalue())


def to_arrow(data: bytes) -> pa.Table:
    with pa.ipc.open_stream(data) as reader:
        return reader.read_all()
