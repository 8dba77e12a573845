"""Pydantic AI. Its model calls and tools speak OpenTelemetry GenAI; the agent's span has more.

https://ai.pydantic.dev/logfire/
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import Dialect

__all__ = ["PYDANTIC_AI"]

PYDANTIC_AI: Final = Dialect(
    name="pydantic_ai",
    title="Pydantic AI",
    spoken_by="Pydantic AI",
    marks=("pydantic_ai.", "all_messages_events"),
    scopes=("pydantic-ai", "pydantic_ai"),
    fields={
        "agent_name": ("gen_ai.agent.name", "agent_name"),
        "request_model": ("model_name",),
    },
    input=("pydantic_ai.all_messages", "all_messages_events", "tool_arguments"),
    output=("final_result", "pydantic_ai.final_result", "tool_response"),
    content_setting="InstrumentationSettings(include_content=False) must not be set",
)
