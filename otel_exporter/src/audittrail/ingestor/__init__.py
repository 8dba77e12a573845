"""Traces and spans over the REST API, for programs without OpenTelemetry.

with AuditTrailIngestor() as ingestor:
    trace_id = ingestor.register_trace("a trip", agent_name="planner")
    span_id = ingestor.send_running(trace_id=trace_id, name="search", span_type="tool")
    ingestor.send_complete(span_id=span_id, output="mild")
"""

from __future__ import annotations

from audittrail.ingestor.client import AuditTrailIngestor

__all__ = ["AuditTrailIngestor"]
