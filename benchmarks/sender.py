"""A load generator in a process of its own: sends requests, several at a time, and times the
acknowledgements. Loopback only; stops after the given number of spans.

    python benchmarks/sender.py grpc 127.0.0.1:4317 --spans 200000
    python benchmarks/sender.py http http://127.0.0.1:4318 --spans 200000
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.payload import SPANS_PER_TRACE, Renewable, build_request

_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_BODIES = 8


async def send(
    door: str, target: str, spans: int, per_request: int, per_trace: int, flights: int
) -> dict[str, Any]:
    bodies = [
        Renewable(build_request(per_request, seed, time.time_ns(), per_trace))
        for seed in range(min(_BODIES, flights))
    ]
    size = len(bodies[0].renewed()[0])
    left = [spans // per_request]
    latencies: list[float] = []
    traces: list[str] = []

    async def grpc_flight(number: int) -> None:
        options = [("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.insecure_channel(target, options=options) as channel:
            export = channel.unary_unary(_EXPORT)
            await fly(number, lambda body: export(body, timeout=120))

    async def http_flight(number: int) -> None:
        where = urlsplit(target)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        head = (
            f"POST /v1/traces HTTP/1.1\r\nhost: {where.netloc}\r\n"
            "content-type: application/x-protobuf\r\ncontent-length: "
        ).encode()

        async def post(body: bytes) -> None:
            writer.write(head + str(len(body)).encode() + b"\r\n\r\n")
            writer.write(body)
            await writer.drain()
            status = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in status.split(b"\r\n", 1)[0]:
                raise RuntimeError(status.decode())
            for line in status.split(b"\r\n"):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length" and int(value):
                    await reader.readexactly(int(value))

        await fly(number, post)
        writer.close()

    async def fly(number: int, export: Any) -> None:
        body = bodies[number % len(bodies)]
        while left[0] > 0:
            left[0] -= 1
            message, ids = body.renewed()
            started = time.perf_counter()
            await export(message)
            latencies.append(time.perf_counter() - started)
            traces.extend(ids[:1])

    used = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    flight = grpc_flight if door == "grpc" else http_flight
    await asyncio.gather(*(flight(number) for number in range(flights)))
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    latencies.sort()
    sent = len(latencies) * per_request
    return {
        "door": door,
        "spans": sent,
        "bytes_per_span": size / per_request,
        "seconds": seconds,
        "spans_per_s": sent / seconds,
        "ack_p50_ms": latencies[len(latencies) // 2] * 1e3,
        "ack_p99_ms": latencies[int(len(latencies) * 0.99)] * 1e3,
        "ack_max_ms": latencies[-1] * 1e3,
        "client_cpu_s": after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime,
        "traces": traces[-200:],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("door", choices=("grpc", "http"))
    parser.add_argument("target")
    parser.add_argument("--spans", type=int, default=200_000)
    parser.add_argument("--per-request", type=int, default=512)
    parser.add_argument("--per-trace", type=int, default=SPANS_PER_TRACE)
    parser.add_argument("--flights", type=int, default=8, help="requests at the same time")
    given = parser.parse_args()
    host = given.target.rpartition("//")[2].rpartition(":")[0]
    if host not in ("127.0.0.1", "localhost"):
        parser.error("load goes to this machine only")
    print(
        json.dumps(
            asyncio.run(
                send(
                    given.door,
                    given.target,
                    given.spans,
                    given.per_request,
                    given.per_trace,
                    given.flights,
                )
            )
        )
    )


if __name__ == "__main__":
    main()
