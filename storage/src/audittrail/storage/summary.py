"""One row a trace: what lists and headers show."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["SUMMARY_FIELDS", "TraceRegistration", "TraceSummary"]


class TraceRegistration(NamedTuple):
    """What a client said of a whole trace (``POST /api/v1/ingest/traces``)."""

    trace_id: str
    id_form: int
    name: str | None
    agent_name: str | None
    environment: str | None
    session_id: str | None
    user_id: str | None
    metadata: str | None  # JSON object


class TraceSummary(NamedTuple):
    """The state of one trace after all versions received so far. Times are UTC ns.

    ``state`` is ``running``, ``complete`` or ``error``; readers show a running trace without
    news as ``incomplete``. ``cost`` is the sum of what has a price; ``unpriced_spans`` says how
    many spans with tokens have none. Rows with neither spans nor a registration are there for
    log records that came first, and are not listed.
    """

    owner: str
    trace_id: str
    id_form: int
    seq: int
    first_seq: int
    last_received_ns: int
    name: str | None
    root_span_id: str | None
    state: str
    start_ns: int | None
    end_ns: int | None
    span_count: int
    open_spans: int
    error_count: int
    missing_parents: int
    llm_calls: int
    tool_calls: int
    tokens_in: int | None
    tokens_out: int | None
    tokens_cached: int | None
    tokens_cache_write: int | None
    tokens_reasoning: int | None
    cost: float | None
    cost_source: str | None
    unpriced_spans: int
    violation_count: int
    agent_name: str | None
    environment: str | None
    session_id: str | None
    user_id: str | None
    service_name: str | None
    models: str  # JSON array, in order of first use
    metadata: str | None  # JSON object
    has_logs: bool
    registered: bool


SUMMARY_FIELDS: Final = TraceSummary._fields
