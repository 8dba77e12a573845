"""What the trace roll-up needs to know of one received span version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

__all__ = [
    "FACT_FIELDS",
    "PARENT_UUID",
    "PHASE_FINAL",
    "PHASE_LOG",
    "PHASE_RUNNING",
    "SPAN_UUID",
    "TRACE_UUID",
    "SpanFacts",
    "merge_facts",
]

# How much a received version knows of its span. The version with the highest phase wins, and
# among equals the one received last, so a late "running" never undoes an end.
PHASE_LOG: Final = 0  # a log record that names the span; the span itself may not be here yet
PHASE_RUNNING: Final = 1
PHASE_FINAL: Final = 2

# Bits of id_form: which ids the client wrote as a dashed UUID, so that they go back that way.
TRACE_UUID: Final = 1
SPAN_UUID: Final = 2
PARENT_UUID: Final = 4


class SpanFacts(NamedTuple):
    """One received version of a span, without its payload. Times are UTC ns since the epoch.

    ``None`` means "this version does not say". Ids are lower-case hex without dashes.
    ``cost_source`` is ``agent``, ``estimated``, ``default``, ``unpriced`` or None.
    ``internal``: the span tells of a framework's own working. ``fingerprint`` is equal for a
    redelivery of the same bytes (within one process only).
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None
    phase: int
    name: str | None
    span_type: str | None
    status: str | None
    start_ns: int | None
    end_ns: int | None
    model: str | None
    tokens_in: int | None
    tokens_out: int | None
    tokens_cached: int | None
    tokens_cache_write: int | None
    tokens_reasoning: int | None
    cost: float | None
    cost_source: str | None
    response_id: str | None
    session_id: str | None
    user_id: str | None
    agent_name: str | None
    environment: str | None
    service_name: str | None
    remote_parent: bool
    internal: bool | None
    id_form: int
    fingerprint: int


FACT_FIELDS: Final[Sequence[str]] = SpanFacts._fields


def merge_facts(lower: SpanFacts, higher: SpanFacts) -> SpanFacts:
    """The state after both versions: ``higher`` wins, ``lower`` fills what it leaves open.

    A cost and its source stay together: an unpriced ``higher`` hides the cost of ``lower``.
    """
    merged = SpanFacts._make(
        high if high is not None else low for low, high in zip(lower, higher, strict=True)
    )
    if higher.cost_source is not None and merged.cost is not higher.cost:
        merged = merged._replace(cost=higher.cost)
    return merged
