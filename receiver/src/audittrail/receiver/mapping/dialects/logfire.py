"""Logfire's own spans, of the OpenAI Agents SDK among others. Their names are templates.

https://logfire.pydantic.dev/docs/integrations/llms/openai/
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByPrefix, Dialect, json_path, not_null

__all__ = ["LOGFIRE"]

_RAW: Final = "gen_ai.usage.raw"

LOGFIRE: Final = Dialect(
    name="logfire",
    title="Logfire",
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
        "tool_name": ("gen_ai.tool.name",),
        "tokens_cached": (json_path(_RAW, "input_tokens_details", "cached_tokens"),),
        "tokens_reasoning": (json_path(_RAW, "output_tokens_details", "reasoning_tokens"),),
    },
    input=("raw_input", "input", "request_data"),
    output=("response", "output", "response_data"),
)
