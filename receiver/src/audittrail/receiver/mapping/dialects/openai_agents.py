"""The OpenAI Agents SDK: instrumentations of it speak the words of others, and some of its own.

https://openai.github.io/openai-agents-python/tracing/
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByValue, Dialect

__all__ = ["OPENAI_AGENTS"]

OPENAI_AGENTS: Final = Dialect(
    name="openai_agents",
    title="OpenAI Agents SDK",
    spoken_by="instrumentations of the OpenAI Agents SDK",
    marks=("openai.agents.", "agents.span.type"),
    scopes=("opentelemetry.instrumentation.openai_agents", "openai-agents"),
    span_type=(
        ByValue(
            "agents.span.type",
            {
                "agent": "agent",
                "function": "tool",
                "generation": "llm",
                "response": "llm",
                "guardrail": "guardrail",
                "mcp_tools": "custom",
                "handoff": "custom",
            },
        ),
    ),
    fields={"session_id": ("openai.agents.group_id", "agents.group_id")},
)
