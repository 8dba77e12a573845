"""A load generator in a process of its own: sends requests, several at a time, and times the
acknowledgements. Loopback only; stops after the given number of spans.

    python benchmarks/sender.py grpc 127.0.0.1:4317 --spans 200000
    python benchmarks/sender.py http http://127.0.0.1:4318 --spans 200000
    python benchmarks/sender.py grpc 127.0.0.1:4317 --spans 5000 --turns 50
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import grpc

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.histories import build_history
from benchmarks.payload import SPANS_PER_TRACE, build_request
from benchmarks.renewable import Renewable

_EXPORT: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_BODIES: Final = 8
# What a server that is full says, and how soon it is asked again. The wait counts.
_FULL_GRPC: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
_FULL_HTTP: Final = (429, 503)
_AGAIN_SECONDS: Final = 0.2
_TIMEOUT_SECONDS: Final = 600

# Sends a body; whether it was taken.
_Export = Callable[[bytes], Awaitable[bool]]


class _Http:
    """One connection of HTTP/1.1 that is kept."""

    def __init__(self, target: str, headers: Sequence[str]) -> None:
        where = urlsplit(target)
        self._host, self._port = where.hostname, where.port
        lines = ["POST /v1/traces HTTP/1.1", f"host: {where.netloc}", *headers]
        lines += ["content-type: application/x-protobuf", "content-length: "]
        self._head = "\r\n".join(lines).encode()

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)

    async def export(self, body: bytes) -> bool:
        self._writer.write(self._head + str(len(body)).encode() + b"\r\n\r\n")
        self._writer.write(body)
        await self._writer.drain()
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length" and int(value):
                await self._reader.readexactly(int(value))
        if status != 200 and status not in _FULL_HTTP:
            raise RuntimeError(head.decode())
        return status == 200

    def close(self) -> None:
        self._writer.close()


async def send(given: argparse.Namespace, bodies: list[Renewable]) -> dict[str, Any]:
    left = [given.spans // bodies[0].spans]
    latencies: list[float] = []
    traces: list[str] = []
    refused = [0]

    async def grpc_flight(number: int) -> None:
        options = [("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.insecure_channel(given.target, options=options) as channel:
            call: Any = channel.unary_unary(_EXPORT)

            async def export(body: bytes) -> bool:
                try:
                    await call(body, timeout=_TIMEOUT_SECONDS)
                except grpc.aio.AioRpcError as error:
                    if error.code() not in _FULL_GRPC:
                        raise
                    return False
                return True

            await fly(number, export)

    async def http_flight(number: int) -> None:
        connection = _Http(given.target, given.header)
        await connection.open()
        await fly(number, connection.export)
        connection.close()

    async def fly(number: int, export: _Export) -> None:
        body = bodies[number % len(bodies)]
        while left[0] > 0:
            left[0] -= 1
            message, ids = body.renewed()
            started = time.perf_counter()
            while not await export(message):
                refused[0] += 1
                await asyncio.sleep(_AGAIN_SECONDS)
            latencies.append(time.perf_counter() - started)
            traces.extend(ids[:1])

    used = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    flight = grpc_flight if given.door == "grpc" else http_flight
    await asyncio.gather(*(flight(number) for number in range(given.flights)))
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    latencies.sort()
    requests = len(latencies)
    sent = requests * bodies[0].spans
    size = requests * len(bodies[0].renewed()[0])

    def ack_ms(part: float) -> float:
        return latencies[min(int(requests * part), requests - 1)] * 1e3

    return {
        "door": given.door,
        "spans": sent,
        "requests": requests,
        "refused": refused[0],
        "bytes": size,
        "bytes_per_span": size / sent,
        "unique_bytes": requests * bodies[0].unique_bytes,
        "seconds": seconds,
        "spans_per_s": sent / seconds,
        "mb_per_s": size / seconds / 1e6,
        "ack_p50_ms": ack_ms(0.5),
        "ack_p90_ms": ack_ms(0.9),
        "ack_p99_ms": ack_ms(0.99),
        "ack_max_ms": latencies[-1] * 1e3,
        "client_cpu_s": after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime,
        "traces": traces[-200:],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Send spans, and time the acknowledgements.")
    parser.add_argument("door", choices=("grpc", "http"))
    parser.add_argument("target")
    parser.add_argument("--spans", type=int, default=200_000)
    parser.add_argument("--per-request", type=int, default=512)
    parser.add_argument("--per-trace", type=int, default=SPANS_PER_TRACE)
    parser.add_argument("--turns", type=int, help="histories instead, a trace in a request")
    parser.add_argument("--word", default="", help="what every message begins with")
    parser.add_argument("--header", action="append", default=[], help="of HTTP: 'name: value'")
    parser.add_argument("--flights", type=int, default=8, help="requests at the same time")
    given = parser.parse_args()
    host = given.target.rpartition("//")[2].rpartition(":")[0]
    if host not in ("127.0.0.1", "localhost"):
        parser.error("load goes to this machine only")

    def body(seed: int) -> bytes:
        if given.turns:
            return build_history(given.turns, seed, time.time_ns())
        return build_request(given.per_request, seed, time.time_ns(), given.per_trace)

    seeds = range(min(_BODIES, given.flights))
    bodies = [Renewable(body(seed), given.word) for seed in seeds]
    print(json.dumps(asyncio.run(send(given, bodies))))


if __name__ == "__main__":
    main()
