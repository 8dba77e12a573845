"""Storage: append-only span versions in, one owner's traces out.

This package is the contract, and imports neither DuckDB nor Arrow: commands that open no file do
not pay for them. ``duckdb`` is the implementation, ``columns`` the shape of Arrow tables,
``rollup`` the meaning of a summary.
"""

from __future__ import annotations

from audittrail.storage.ablations import AblationCall, AblationRun, AblationStore
from audittrail.storage.alerts import AlertStore, Delivery, Webhook
from audittrail.storage.database_url import path_of
from audittrail.storage.facts import (
    FACT_FIELDS,
    PARENT_UUID,
    PHASE_FINAL,
    PHASE_LOG,
    PHASE_RUNNING,
    SPAN_UUID,
    TRACE_UUID,
    SpanFacts,
)
from audittrail.storage.interface import (
    AccountStore,
    ApiKey,
    Batch,
    CheckReport,
    CommitEvent,
    Histogram,
    Maintenance,
    Page,
    Receipt,
    Rejection,
    Row,
    SessionQuery,
    SortKey,
    Store,
    StoreStatus,
    TraceQuery,
    TraceReader,
    User,
    ValueKey,
    Writer,
)
from audittrail.storage.summary import SUMMARY_FIELDS, TraceRegistration, TraceSummary
from audittrail.storage.terms import NUMBER_KEYS, SPAN_KEYS, TEXT_KEYS, Range, Term
from audittrail.storage.violations import (
    CountKey,
    Decision,
    Recorded,
    TraceHead,
    ViolationQuery,
    ViolationReader,
    ViolationRow,
    ViolationStore,
)

__all__ = [
    "FACT_FIELDS",
    "NUMBER_KEYS",
    "PARENT_UUID",
    "PHASE_FINAL",
    "PHASE_LOG",
    "PHASE_RUNNING",
    "SPAN_KEYS",
    "SPAN_UUID",
    "SUMMARY_FIELDS",
    "TEXT_KEYS",
    "TRACE_UUID",
    "AblationCall",
    "AblationRun",
    "AblationStore",
    "AccountStore",
    "AlertStore",
    "ApiKey",
    "Batch",
    "CheckReport",
    "CommitEvent",
    "CountKey",
    "Decision",
    "Delivery",
    "Histogram",
    "Maintenance",
    "Page",
    "Range",
    "Receipt",
    "Recorded",
    "Rejection",
    "Row",
    "SessionQuery",
    "SortKey",
    "SpanFacts",
    "Store",
    "StoreStatus",
    "Term",
    "TraceHead",
    "TraceQuery",
    "TraceReader",
    "TraceRegistration",
    "TraceSummary",
    "User",
    "ValueKey",
    "ViolationQuery",
    "ViolationReader",
    "ViolationRow",
    "ViolationStore",
    "Webhook",
    "Writer",
    "path_of",
]
