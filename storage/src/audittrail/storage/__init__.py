"""Storage: append-only span versions in, one owner's traces out.

``interface`` is the contract, ``duckdb`` the implementation, ``rollup`` the meaning of a summary.
"""

from __future__ import annotations

from audittrail.storage.columns import LOG_COLUMNS, SPAN_COLUMNS, Coded, to_table
from audittrail.storage.duckdb.database import DatabaseInUse, DuckDBOptions
from audittrail.storage.duckdb.store import DuckDBStore, path_of
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
    Maintenance,
    Page,
    Receipt,
    Rejection,
    Row,
    SortKey,
    Store,
    StoreStatus,
    TraceQuery,
    TraceReader,
    User,
    Writer,
)
from audittrail.storage.summary import SUMMARY_FIELDS, TraceRegistration, TraceSummary

__all__ = [
    "FACT_FIELDS",
    "LOG_COLUMNS",
    "PARENT_UUID",
    "PHASE_FINAL",
    "PHASE_LOG",
    "PHASE_RUNNING",
    "SPAN_COLUMNS",
    "SPAN_UUID",
    "SUMMARY_FIELDS",
    "TRACE_UUID",
    "AccountStore",
    "ApiKey",
    "Batch",
    "CheckReport",
    "Coded",
    "CommitEvent",
    "DatabaseInUse",
    "DuckDBOptions",
    "DuckDBStore",
    "Maintenance",
    "Page",
    "Receipt",
    "Rejection",
    "Row",
    "SortKey",
    "SpanFacts",
    "Store",
    "StoreStatus",
    "TraceQuery",
    "TraceReader",
    "TraceRegistration",
    "TraceSummary",
    "User",
    "Writer",
    "path_of",
    "to_table",
]
