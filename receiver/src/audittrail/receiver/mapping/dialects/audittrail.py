"""AuditTrail's own attributes (``audittrail.semconv``)."""

from __future__ import annotations

from typing import Final

from audittrail import semconv
from audittrail.receiver.mapping.dialect import ByValue, Dialect

__all__ = ["AUDITTRAIL"]

AUDITTRAIL: Final = Dialect(
    name="audittrail",
    title="AuditTrail",
    spoken_by="the AuditTrail client, and whoever uses [its attributes](semantic-conventions.md)",
    marks=("audittrail.",),
    span_type=(
        ByValue(semconv.SPAN_TYPE, {name: name for name in semconv.SPAN_TYPES}, other="custom"),
    ),
    fields={
        "model": (semconv.MODEL,),
        "provider": (semconv.PROVIDER,),
        "framework": (semconv.FRAMEWORK,),
        "session_id": (semconv.SESSION_ID,),
        "user_id": (semconv.USER_ID,),
        "agent_name": (semconv.AGENT_NAME,),
        "environment": (semconv.ENVIRONMENT,),
        "tool_calls": (semconv.TOOL_CALLS,),
        "tokens_in": (semconv.TOKENS_IN,),
        "tokens_out": (semconv.TOKENS_OUT,),
        "tokens_cached": (semconv.TOKENS_CACHED,),
        "tokens_cache_write": (semconv.TOKENS_CACHE_WRITE,),
        "tokens_reasoning": (semconv.TOKENS_REASONING,),
        "ttft_ms": (semconv.TTFT_MS,),
        "cost": (semconv.COST,),
    },
    input=(semconv.INPUT,),
    output=(semconv.OUTPUT,),
    zero_cost_is_unknown=False,
)
