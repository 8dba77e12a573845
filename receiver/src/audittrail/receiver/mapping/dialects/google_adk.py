"""Google's Agent Development Kit: what it says beside OpenTelemetry's words, in releases before 2
instead of them.

https://google.github.io/adk-docs/observability/
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByName, Dialect, Internal
from audittrail.receiver.mapping.sources import json_path, sum_of

__all__ = ["GOOGLE_ADK"]

_ASKED: Final = "gcp.vertex.agent.llm_request"
_ANSWERED: Final = "gcp.vertex.agent.llm_response"
_USAGE: Final = (_ANSWERED, "usage_metadata")

GOOGLE_ADK: Final = Dialect(
    name="google_adk",
    title="Google ADK",
    spoken_by="Google's Agent Development Kit",
    marks=("gcp.vertex.agent.",),
    scopes=("gcp.vertex.agent",),
    span_type=(
        ByName(
            {
                "call_llm": "llm",
                "invocation": "chain",
                "agent_run": "agent",
                "execute_tool": "tool",
                "send_data": "chain",
            }
        ),
    ),
    fields={
        "model": (json_path(_ASKED, "model"),),
        "session_id": ("gcp.vertex.agent.session_id",),
        "tokens_in": (json_path(*_USAGE, "prompt_token_count"),),
        "tokens_out": (
            sum_of(
                json_path(*_USAGE, "candidates_token_count"),
                json_path(*_USAGE, "thoughts_token_count"),
            ),
        ),
        "tokens_cached": (json_path(*_USAGE, "cached_content_token_count"),),
        "tokens_reasoning": (json_path(*_USAGE, "thoughts_token_count"),),
    },
    input=(_ASKED, "gcp.vertex.agent.tool_call_args", "gcp.vertex.agent.data"),
    output=(_ANSWERED, "gcp.vertex.agent.tool_response"),
    # Of tools called side by side, all results once more.
    internal=(Internal(names=("execute_tool (merged)",), types=("tool", "custom")),),
    content_setting="ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS must not be false",
)
