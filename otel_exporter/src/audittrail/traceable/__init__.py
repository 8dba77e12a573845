"""Tracing of any agent's own functions.

await init_tracer()
async with start_trace("my-agent", "development") as trace_id:
    await answer("Weather in Paris?")  # decorated with @traceable
await shutdown_tracer()
"""

from __future__ import annotations

from audittrail.traceable.current import set_attributes, set_output
from audittrail.traceable.decorator import traceable
from audittrail.traceable.redaction import Redact, set_redact
from audittrail.traceable.setup import init_tracer, shutdown_tracer
from audittrail.traceable.start import start_trace

__all__ = [
    "Redact",
    "init_tracer",
    "set_attributes",
    "set_output",
    "set_redact",
    "shutdown_tracer",
    "start_trace",
    "traceable",
]
