"""Logfire's own spans, of the OpenAI Agents SDK among others. Their names are templates.

https://logfire.pydantic.dev/docs/integrations/llms/openai/
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByPrefix, Dialect, Placeholder
from audittrail.receiver.mapping.sources import at_least, json_path, not_null

__all__ = ["LOGFIRE"]

# https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
_ERROR: Final = 17
_RAW: Final = "gen_ai.usage.raw"

LOGFIRE: Final = Dialect(
    name="logfire",
    title="Logfire",
    spoken_by="Logfire's own instrumentations, of the OpenAI Agents SDK among others",
    marks=("logfire.",),
    scopes=("logfire",),
    span_type=(
        ByPrefix(
            "logfire.msg_template",
            {
                "function:": "tool",
                "agent run:": "agent",
                "turn ": "chain",
                "task:": "chain",
                "openai agents trace:": "chain",
                "guardrail ": "guardrail",
                "handoff:": "custom",
                "mcp": "tool",
                "responses api": "llm",
                "chat completion": "llm",
                "message with": "llm",
                "embedding creation": "embedding",
            },
        ),
    ),
    fields={
        "response_id": ("response_id",),
        "session_id": (not_null("group_id"),),
        "agent_name": ("agent_name",),
        "name": ("logfire.msg",),
        "tool_name": ("gen_ai.tool.name",),
        "failure": (at_least("logfire.level_num", _ERROR, "Its level is error."),),
        "tokens_cached": (json_path(_RAW, "input_tokens_details", "cached_tokens"),),
        "tokens_reasoning": (json_path(_RAW, "output_tokens_details", "reasoning_tokens"),),
    },
    # Sent when a span starts: it stands for its parent, which runs.
    placeholder=Placeholder("logfire.span_type", "pending_span", "logfire.pending_parent_id"),
    input=("raw_input", "input", "request_data"),
    output=("response", "output", "response_data"),
)
