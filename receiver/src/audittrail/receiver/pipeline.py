"""From the bytes of a request to its durable commit."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, TypeVar

import structlog

from audittrail.errors import ShuttingDown
from audittrail.receiver.admission import Admission
from audittrail.receiver.logs import build_logs
from audittrail.receiver.mapping.engine import Engine
from audittrail.receiver.metrics import ReceiverMetrics
from audittrail.receiver.otlp.decoded import DecodedSpans, group_rows
from audittrail.receiver.otlp.json_traces import decode_traces_json
from audittrail.receiver.otlp.logs import decode_logs, decode_logs_json
from audittrail.receiver.otlp.metrics import count_points, count_points_json
from audittrail.receiver.otlp.protobuf import decode_traces
from audittrail.receiver.spans import Pricer, build_spans
from audittrail.storage import Batch, Receipt, Writer

__all__ = ["Encoding", "Outcome", "Pipeline", "Signal"]

log = structlog.get_logger(__name__)

_T = TypeVar("_T")

Encoding: TypeAlias = Literal["protobuf", "json"]
Signal: TypeAlias = Literal["traces", "logs", "metrics"]

_WORKERS: Final = 1
_MAX_IN_FLIGHT: Final = 128 * 2**20
_MAX_REASONS: Final = 5
_MAX_REASON: Final = 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request that was taken: how many items were not, and why."""

    rejected: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class _Decoded:
    batch: Batch
    rejected: Sequence[str]


class Pipeline:
    """Decodes, maps and stores. Doors hold their bodies by ``admission``; what does not fit is
    refused with Overloaded, which clients answer by sending it again later."""

    def __init__(
        self,
        writer: Writer,
        price: Pricer,
        metrics: ReceiverMetrics | None = None,
        *,
        max_in_flight: int = _MAX_IN_FLIGHT,
    ) -> None:
        self._writer = writer
        self._price = price
        self.metrics = metrics or ReceiverMetrics()
        self.admission = Admission(max_in_flight)
        self._open = True
        self._local = threading.local()
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="audittrail-decode")

    async def export(self, owner: str, signal: Signal, encoding: Encoding, body: bytes) -> Outcome:
        """Store a request of this owner; returns when it is durable.

        Raises Undecodable, Overloaded, ShuttingDown, or Unavailable for a passing fault.
        """
        if not self._open:
            raise ShuttingDown("The server is stopping; send it again in a moment.")
        started = time.perf_counter()
        if signal == "metrics":
            return await self._run(_refuse_metrics, encoding, body)
        future, reasons = await self._run(self._submit, owner, signal, encoding, body)
        receipt = await asyncio.wrap_future(future)
        self.metrics.bytes.labels(signal).inc(len(body))
        self.metrics.seconds.labels(signal).observe(time.perf_counter() - started)
        return self._outcome(signal, receipt, reasons)

    async def store(self, batch: Batch) -> Receipt:
        """Store a batch that was built elsewhere."""
        if not self._open:
            raise ShuttingDown("The server is stopping; send it again in a moment.")
        receipt = await asyncio.wrap_future(self._writer.append(batch))
        self._count("traces", receipt, 0)
        return receipt

    @property
    def price(self) -> Pricer:
        return self._price

    def close(self) -> None:
        """Accept nothing new; requests that are being decoded are still stored."""
        self._open = False
        self._workers.shutdown(wait=True)

    async def _run(self, function: Callable[..., _T], *args: object) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._workers, function, *args)

    def _submit(
        self, owner: str, signal: Signal, encoding: Encoding, body: bytes
    ) -> tuple[Future[Receipt], Sequence[str]]:
        received = time.time_ns()
        if signal == "traces":
            spans = decode_traces(body) if encoding == "protobuf" else decode_traces_json(body)
            batch = self._build(spans, owner, received)
            rejected = spans.rejected
        else:
            logs = decode_logs(body) if encoding == "protobuf" else decode_logs_json(body)
            batch = build_logs(logs, owner, received, self._engine(), self._price)
            rejected = logs.rejected
        if batch.rows:
            return self._writer.append(batch), rejected
        nothing: Future[Receipt] = Future()
        nothing.set_result(Receipt(0, 0, 0))
        return nothing, rejected

    def _build(self, spans: DecodedSpans, owner: str, received: int) -> Batch:
        def build(some: DecodedSpans) -> Batch:
            return build_spans(some, owner, received, self._engine(), self._price)

        def can_be_built(place: int) -> bool:
            one = spans.taken([place])
            one.groups = group_rows(one.scope, [attributes[place]])
            try:
                build(one)
            except Exception:
                return False
            return True

        try:
            return build(spans)
        except Exception:
            # What fails once fails whenever it is sent again: it must not take the rest with it.
            log.exception("spans cannot be mapped")
        attributes = spans.attributes()
        wanted = [can_be_built(place) for place in range(len(spans))]
        spans.rejected += ["span cannot be mapped"] * wanted.count(False)
        spans.keep(wanted)
        return build(spans)

    def _engine(self) -> Engine:
        if not hasattr(self._local, "engine"):
            self._local.engine = Engine()
        engine: Engine = self._local.engine
        return engine

    def _count(self, signal: Signal, receipt: Receipt, rejected: int) -> None:
        items = self.metrics.items
        items.labels(signal, "stored").inc(receipt.stored)
        items.labels(signal, "duplicate").inc(receipt.duplicates)
        items.labels(signal, "rejected").inc(rejected + len(receipt.rejected))

    def _outcome(self, signal: Signal, receipt: Receipt, reasons: Sequence[str]) -> Outcome:
        self._count(signal, receipt, len(reasons))
        every = [*reasons, *(rejection.reason for rejection in receipt.rejected)]
        if not every:
            return Outcome()
        return Outcome(len(every), summarise(every))


def summarise(reasons: Sequence[str]) -> str:
    """Why items were rejected, in a text of bounded length."""
    counts = Counter(reason[:_MAX_REASON] for reason in reasons)
    named = [
        reason if count == 1 else f"{reason} ({count} times)"
        for reason, count in counts.most_common(_MAX_REASONS)
    ]
    if len(counts) > _MAX_REASONS:
        named.append(f"and {len(counts) - _MAX_REASONS} other reasons")
    return f"{len(reasons)} rejected: " + "; ".join(named)


def _refuse_metrics(encoding: Encoding, body: bytes) -> Outcome:
    """Metrics are not stored, and the sender is told so."""
    points = count_points(body) if encoding == "protobuf" else count_points_json(body)
    if not points:
        return Outcome()
    return Outcome(
        points,
        "AuditTrail stores traces and logs, not metrics. Point the metrics exporter elsewhere or "
        "switch it off (OTEL_METRICS_EXPORTER=none).",
    )
