"""What a reader is told of spans that arrive, without a server between."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from audittrail.api.presenting import present_span
from audittrail.receiver.logs import build_logs
from audittrail.receiver.mapping.engine import Engine
from audittrail.receiver.otlp.logs import decode_logs
from audittrail.receiver.otlp.protobuf import decode_traces
from audittrail.receiver.spans import Pricer, build_spans
from audittrail.storage import Batch, TraceSummary
from audittrail.storage.rollup import TraceRollup
from tests.support import otlp

__all__ = ["received", "summary_of", "told", "told_all", "unpriced"]

_ENGINE = Engine()


def unpriced(*_: object) -> tuple[float | None, str | None]:
    """A pricer that knows no price."""
    return None, "unpriced"


def received(*spans: dict[str, Any], price: Pricer = unpriced, **how: Any) -> Batch:
    """The batch that a request with these spans becomes."""
    decoded = decode_traces(otlp.traces_request(*spans, **how))
    assert decoded.rejected == []
    return build_spans(decoded, "owner", time.time_ns(), _ENGINE, price)


def told_all(
    *spans: dict[str, Any],
    logs: Sequence[dict[str, Any]] = (),
    price: Pricer = unpriced,
    **how: Any,
) -> list[dict[str, Any]]:
    """The spans as the API presents them. ``logs`` are records as ``otlp.logs_request`` takes
    them."""
    batch = received(*spans, price=price, **how)
    assert batch.spans is not None
    rows = [row | {"received_ns": 1, "seq": 1} for row in batch.spans.to_pylist()]
    return [present_span(row, _log_rows(logs)) for row in rows]


def _log_rows(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    decoded = decode_logs(otlp.logs_request(*records))
    table = build_logs(decoded, "owner", 1, _ENGINE, unpriced).logs
    rows: list[dict[str, Any]] = table.to_pylist() if table is not None else []
    return rows


def told(attributes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One span with these attributes. ``scope``, ``resource``, ``logs`` and ``price`` are those of
    ``told_all``, the rest is the span's."""
    how = {name: more.pop(name) for name in ("scope", "resource", "logs", "price") if name in more}
    span = otlp.span(more.pop("trace_id", otlp.new_trace_id()), attributes=attributes, **more)
    (presented,) = told_all(span, **how)
    return presented


def summary_of(*spans: dict[str, Any], **how: Any) -> TraceSummary:
    """The summary of the trace of these spans."""
    rollup = TraceRollup("owner", spans[0]["trace_id"])
    for fact in received(*spans, **how).facts:
        rollup.apply(fact)
    return rollup.summary()
