"""Strands Agents. What was said is in span events.

https://strandsagents.com/latest/documentation/docs/user-guide/observability-evaluation/traces/
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import Dialect
from audittrail.receiver.mapping.sources import one_of

__all__ = ["STRANDS"]

STRANDS: Final = Dialect(
    name="strands",
    title="Strands Agents",
    spoken_by="the Strands Agents SDK",
    marks=("gen_ai.tool.status", "event_loop.cycle_id"),
    scopes=("strands.",),
    fields={
        "failure": (one_of("gen_ai.tool.status", {"error", "failure"}, "The tool failed."),),
        # In milliseconds, whatever its name suggests.
        "ttft_ms": ("gen_ai.server.time_to_first_token",),
    },
)
