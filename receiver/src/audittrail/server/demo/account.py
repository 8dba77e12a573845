"""The demonstration's account: recorded runs are put into it, at once or as they happened."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from audittrail.receiver.ids import parse_trace_id
from audittrail.receiver.pipeline import Pipeline
from audittrail.rules.pricing import Pricer
from audittrail.server.demo.capture import Capture, Registration, Request, renewed
from audittrail.server.demo.samples import UNKNOWN_MODELS
from audittrail.storage import Batch, Row, Store, TraceQuery, TraceRegistration

__all__ = ["DemoAccount"]

# What says of a trace that it was shown live.
_LIVE: Final = json.dumps({"shown": "live"})
_MOST: Final = 1000


class DemoAccount:
    """Has a pipeline of its own, so that the server's metrics count what agents send alone."""

    def __init__(self, owner: str, store: Store, pricer: Pricer) -> None:
        self._owner = owner
        self._store = store
        self._pipeline = Pipeline(store.writer, _Prices(pricer))

    def traces(self) -> tuple[list[Row], list[Row]]:
        """Summaries of those that ended before, and of those shown live; newest first."""
        with self._store.read(self._owner) as reader:
            rows = reader.list_traces(TraceQuery(limit=_MOST)).rows
        live = [row for row in rows if row["metadata"] == _LIVE]
        return [row for row in rows if row["metadata"] != _LIVE], live

    async def put(self, capture: Capture, ended_ns: int) -> None:
        """Store a run as if it had ended then; returns when it is durable."""
        start_ns = ended_ns - (capture.end_ns - capture.start_ns)
        again = await asyncio.to_thread(renewed, capture, start_ns)
        for registration in again.registrations:
            await self._register(registration, None)
        for request in _joined(again.requests):
            await self._export(request)

    async def perform(self, capture: Capture, watched: Callable[[], bool], speed: float) -> bool:
        """Let a run happen now: what runs is sent as running first, as its agent did. False if
        it was broken off since nobody watches; it leaves nothing then."""
        again = await asyncio.to_thread(renewed, capture, time.time_ns())
        started = time.monotonic()
        whole = False
        try:
            steps: Sequence[Registration | Request] = sorted(
                (*again.registrations, *again.requests), key=lambda step: step.due_ns
            )
            for step in steps:
                due = started + (step.due_ns - again.start_ns) / 1e9 / speed
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                if not watched():
                    return False
                if isinstance(step, Registration):
                    await self._register(step, _LIVE)
                else:
                    await self._export(step)
            whole = True
            return True
        finally:
            if not whole:
                self.delete(again.trace_ids)

    def delete(self, trace_ids: Iterable[str]) -> None:
        """The writer sees to it; nobody waits."""
        for trace_id in trace_ids:
            self._store.writer.delete_trace(self._owner, trace_id)

    def close(self) -> None:
        self._pipeline.close()

    async def _export(self, request: Request) -> None:
        body = request.message.SerializeToString()
        await self._pipeline.export(self._owner, request.signal, "protobuf", body)

    async def _register(self, registration: Registration, metadata: str | None) -> None:
        said = registration.trace
        told = TraceRegistration(
            trace_id=parse_trace_id(said["trace_id"]).hex,
            id_form=0,
            name=said.get("name"),
            agent_name=said.get("agent_name"),
            environment=said.get("environment"),
            session_id=said.get("session_id"),
            user_id=said.get("user_id"),
            metadata=metadata,
        )
        await self._pipeline.store(Batch(self._owner, time.time_ns(), registrations=[told]))


class _Prices:
    """The server's, but that some models have none."""

    def __init__(self, pricer: Pricer) -> None:
        self._pricer = pricer

    def __call__(self, model: str | None, *usage: Any) -> tuple[float | None, str | None]:
        return (None, "unpriced") if model in UNKNOWN_MODELS else self._pricer(model, *usage)


def _joined(requests: Iterable[Request]) -> list[Request]:
    """One request of each signal, with all that is in them, in the same order."""
    spans, logs = ExportTraceServiceRequest(), ExportLogsServiceRequest()
    for request in requests:
        if isinstance(request.message, ExportTraceServiceRequest):
            spans.resource_spans.extend(request.message.resource_spans)
        else:
            logs.resource_logs.extend(request.message.resource_logs)
    joined = []
    if spans.resource_spans:
        joined.append(Request("traces", spans, 0))
    if logs.resource_logs:
        joined.append(Request("logs", logs, 0))
    return joined
