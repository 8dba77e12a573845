"""Recorded runs as files: what an agent sent, in its order, each with the time of its arrival."""

from __future__ import annotations

import gzip
import io
import json
import struct
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple, TypeAlias

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from audittrail.server.demo.capture import Capture, Registration, Request, times_of

__all__ = ["Frame", "as_capture", "pack", "unpack"]

Kind: TypeAlias = Literal["traces", "logs", "registration"]

_KINDS: Final[tuple[Kind, ...]] = ("traces", "logs", "registration")
# Kind, arrival in nanoseconds, and how many bytes follow.
_HEAD: Final = struct.Struct(">BQI")


class Frame(NamedTuple):
    """One request. The body is protobuf, or JSON for a registration."""

    kind: Kind
    arrived_ns: int
    body: bytes


def pack(frames: Iterable[Frame]) -> bytes:
    """The same bytes for the same frames: no name and no time of the file is in them."""
    whole = b"".join(
        _HEAD.pack(_KINDS.index(frame.kind), frame.arrived_ns, len(frame.body)) + frame.body
        for frame in frames
    )
    return gzip.compress(whole, 9, mtime=0)


def unpack(packed: bytes) -> Iterator[Frame]:
    whole = io.BytesIO(gzip.decompress(packed))
    while head := whole.read(_HEAD.size):
        kind, arrived_ns, size = _HEAD.unpack(head)
        yield Frame(_KINDS[kind], arrived_ns, whole.read(size))


def as_capture(title: str, packed: bytes) -> Capture:
    """The run, ready to be renewed. Each request is due when it arrived."""
    requests: list[Request] = []
    registrations: list[Registration] = []
    for kind, arrived_ns, body in unpack(packed):
        if kind == "registration":
            registrations.append(Registration(json.loads(body), arrived_ns))
        elif kind == "traces":
            requests.append(
                Request("traces", ExportTraceServiceRequest.FromString(body), arrived_ns)
            )
        else:
            requests.append(Request("logs", ExportLogsServiceRequest.FromString(body), arrived_ns))
    start = min(time for request in requests for time in times_of(request))
    return Capture(title, start, tuple(requests), tuple(registrations))
