"""Claude Code. Its input tokens leave out what a cache had a part in; here that is included.

https://code.claude.com/docs/en/monitoring-usage
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByValue, Dialect, Internal
from audittrail.receiver.mapping.sources import not_redacted, one_of, plus

__all__ = ["CLAUDE_CODE"]

CLAUDE_CODE: Final = Dialect(
    name="claude_code",
    title="Claude Code",
    spoken_by="Claude Code, with traces switched on",
    marks=("claude_code.", "span.type"),
    scopes=("com.anthropic.claude_code",),
    span_type=(
        ByValue("span.type", {"interaction": "agent", "llm_request": "llm", "tool": "tool"}),
    ),
    fields={
        "model": ("model",),
        "response_id": ("request_id",),
        "finish_reason": ("stop_reason",),
        "tool_name": ("tool_name",),
        "tokens_in": (plus("input_tokens", "cache_read_tokens", "cache_creation_tokens"),),
        "tokens_out": ("output_tokens",),
        "tokens_cached": ("cache_read_tokens",),
        "tokens_cache_write": ("cache_creation_tokens",),
        "ttft_ms": ("ttft_ms",),
        "cost": ("cost_usd",),
        "error_message": ("error",),
        "failure": (one_of("success", {"false"}, "It was not a success."),),
    },
    input=(not_redacted("user_prompt"), "new_context", not_redacted("tool_input")),
    output=(not_redacted("response.model_output"), "tool_output"),
    # Parts of a tool's call: waiting for leave, and running.
    internal=(
        Internal(
            key="span.type",
            values=("tool.blocked_on_user", "tool.execution", "blocked_on_user", "hook"),
        ),
    ),
    content_setting="OTEL_LOG_USER_PROMPTS=1 and OTEL_LOG_TOOL_CONTENT=1",
)
