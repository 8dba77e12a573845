"""Captured exports of real agents, and replaying them as if they happened now."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import httpx
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from audittrail.errors import InvalidInput, Unavailable

__all__ = [
    "Capture",
    "Registration",
    "Request",
    "load_captures",
    "renewed",
    "replay",
    "times_of",
]

Signal: TypeAlias = Literal["traces", "logs"]

_TITLES: Final = {
    "langchain-agent": "LangChain (OpenInference)",
    "openai-agents-handoff": "OpenAI Agents SDK (OpenInference)",
    "openai-calls": "OpenAI SDK (GenAI spans)",
    "openai-calls-with-logs": "OpenAI SDK (GenAI log records)",
}


class Request(NamedTuple):
    """One export. ``due_ns`` is when the last of its items was over, which is when it was sent."""

    signal: Signal
    message: ExportTraceServiceRequest | ExportLogsServiceRequest
    due_ns: int

    def spans(self) -> Iterator[Span]:
        if isinstance(self.message, ExportTraceServiceRequest):
            for holder in self.message.resource_spans:
                for scoped in holder.scope_spans:
                    yield from scoped.spans

    def logs(self) -> Iterator[LogRecord]:
        if isinstance(self.message, ExportLogsServiceRequest):
            for holder in self.message.resource_logs:
                for scoped in holder.scope_logs:
                    yield from scoped.log_records


class Registration(NamedTuple):
    """What an agent said of a whole trace, as the REST API takes it, and when."""

    trace: dict[str, Any]
    due_ns: int


class Capture(NamedTuple):
    """All exports of one agent, in the order of their times."""

    title: str
    start_ns: int
    requests: tuple[Request, ...]
    registrations: tuple[Registration, ...] = ()

    @property
    def span_count(self) -> int:
        return sum(1 for request in self.requests for _ in request.spans())

    @property
    def trace_ids(self) -> set[str]:
        return {span.trace_id.hex() for request in self.requests for span in request.spans()}

    @property
    def trace_count(self) -> int:
        return len(self.trace_ids)

    @property
    def end_ns(self) -> int:
        return max(time for request in self.requests for time in times_of(request))


def load_captures() -> list[Capture]:
    """The captures that come with the package."""
    folder = resources.files("audittrail.server.demo") / "captures"
    return [_load(folder / name, title) for name, title in _TITLES.items()]


def _load(folder: Traversable, title: str) -> Capture:
    requests = []
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        message: ExportTraceServiceRequest | ExportLogsServiceRequest
        if file.name.endswith(".traces.pb"):
            message = ExportTraceServiceRequest.FromString(file.read_bytes())
            request = Request("traces", message, 0)
        else:
            message = ExportLogsServiceRequest.FromString(file.read_bytes())
            request = Request("logs", message, 0)
        requests.append(request._replace(due_ns=max(times_of(request))))
    requests.sort(key=lambda request: request.due_ns)
    start = min(time for request in requests for time in times_of(request))
    return Capture(title, start, tuple(requests))


def times_of(request: Request) -> Iterator[int]:
    """All times in it; none that is unknown."""
    for span in request.spans():
        yield from filter(None, (span.start_time_unix_nano, span.end_time_unix_nano))
    for record in request.logs():
        yield from filter(None, (record.time_unix_nano, record.observed_time_unix_nano))


def renewed(capture: Capture, start_ns: int) -> Capture:
    """The same happening again at ``start_ns``, under ids of its own."""
    later = start_ns - capture.start_ns
    ids: dict[bytes, bytes] = {}
    requests = []
    for request in capture.requests:
        copy = type(request.message).FromString(request.message.SerializeToString())
        again = Request(request.signal, copy, request.due_ns + later)
        for span in again.spans():
            _renew_ids(span, ids)
            _move(span, later, "start_time_unix_nano", "end_time_unix_nano")
            for link in span.links:
                _renew_ids(link, ids)
            for event in span.events:
                _move(event, later, "time_unix_nano")
        for record in again.logs():
            _renew_ids(record, ids)
            _move(record, later, "time_unix_nano", "observed_time_unix_nano")
        requests.append(again)
    registrations = [
        Registration(
            each.trace
            | {"trace_id": _renewed_id(bytes.fromhex(each.trace["trace_id"]), ids).hex()},
            each.due_ns + later,
        )
        for each in capture.registrations
    ]
    return Capture(capture.title, start_ns, tuple(requests), tuple(registrations))


def _renew_ids(item: Any, ids: dict[bytes, bytes]) -> None:
    for name in ("trace_id", "span_id", "parent_span_id"):
        old = getattr(item, name, b"")
        if old:
            setattr(item, name, _renewed_id(old, ids))


def _renewed_id(old: bytes, ids: dict[bytes, bytes]) -> bytes:
    return ids.setdefault(old, os.urandom(len(old)))


def _move(item: Any, later: int, *names: str) -> None:
    for name in names:
        # 0 means that there is no such time.
        if getattr(item, name):
            setattr(item, name, getattr(item, name) + later)


async def replay(
    capture: Capture,
    client: httpx.AsyncClient,
    *,
    paced: bool,
    on_sent: Callable[[int], None],
) -> None:
    """Send the capture as if it began now, each request at its time; at once unless ``paced``.
    ``on_sent`` is told how many spans each request had.

    Raises Unavailable if the server cannot be reached or refuses, InvalidInput if it rejects.
    """
    now = renewed(capture, time.time_ns())
    for request in now.requests:
        if paced:
            await asyncio.sleep(max(0.0, (request.due_ns - time.time_ns()) / 1e9))
        await _send(client, request)
        on_sent(sum(1 for _ in request.spans()))


async def _send(client: httpx.AsyncClient, request: Request) -> None:
    try:
        answer = await client.post(
            f"/v1/{request.signal}",
            content=request.message.SerializeToString(),
            headers={"content-type": "application/x-protobuf"},
        )
    except httpx.HTTPError as error:
        raise Unavailable(f"The server does not take spans: {error}") from error
    if answer.status_code != 200:
        raise Unavailable(f"The server does not take spans: it answers {answer.status_code}.")
    if request.signal == "traces":
        refused = ExportTraceServiceResponse.FromString(answer.content).partial_success
        rejected, reason = refused.rejected_spans, refused.error_message
    else:
        told = ExportLogsServiceResponse.FromString(answer.content).partial_success
        rejected, reason = told.rejected_log_records, told.error_message
    if rejected:
        raise InvalidInput(f"The server rejects what was captured: {reason}")
