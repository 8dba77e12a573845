"""Gemini CLI. Its output tokens leave thoughts out; here reasoning is a part of the output.

https://geminicli.com/docs/cli/telemetry
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByName, Dialect, Internal
from audittrail.receiver.mapping.sources import Source, plus

__all__ = ["GEMINI_CLI"]

_THOUGHTS: Final = ("thoughts_token_count", "gen_ai.usage.thoughts_tokens")


def _with_thoughts(key: str) -> Source:
    return plus(key, *_THOUGHTS)


GEMINI_CLI: Final = Dialect(
    name="gemini_cli",
    title="Gemini CLI",
    spoken_by="Gemini CLI",
    marks=("gemini_cli.", "thoughts_token_count"),
    scopes=("gemini-cli",),
    span_type=(
        ByName(
            {
                "llm_call": "llm",
                "generateContent": "llm",
                "tool_call": "tool",
                "agent_call": "agent",
                "user_prompt": "chain",
                "system_prompt": "chain",
                "schedule_tool_calls": "chain",
            }
        ),
    ),
    fields={
        "session_id": ("session.id", "sessionId"),
        "tool_name": ("function_name", "tool_name"),
        "tokens_in": ("input_token_count",),
        "tokens_out": (
            _with_thoughts("output_token_count"),
            _with_thoughts("gen_ai.usage.output_tokens"),
        ),
        "tokens_cached": ("cached_content_token_count",),
        "tokens_reasoning": _THOUGHTS,
    },
    input=("input-json",),
    output=("output-json",),
    internal=(Internal(names=("schedule_tool_calls",)),),
    content_setting="telemetry.logPrompts must not be false",
)
