"""Langfuse's SDKs, which send OpenTelemetry since release 3.

https://langfuse.com/integrations/native/opentelemetry
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByValue, Dialect, json_path

__all__ = ["LANGFUSE"]

_OBSERVATION: Final = "langfuse.observation."
_USAGE: Final = _OBSERVATION + "usage_details"
_COST: Final = _OBSERVATION + "cost_details"

LANGFUSE: Final = Dialect(
    name="langfuse",
    title="Langfuse",
    marks=("langfuse.",),
    scopes=("langfuse-sdk",),
    span_type=(
        ByValue(
            _OBSERVATION + "type",
            {
                "generation": "llm",
                "embedding": "embedding",
                "tool": "tool",
                "agent": "agent",
                "retriever": "retriever",
                "guardrail": "guardrail",
                "chain": "chain",
                "span": "chain",
            },
            other="custom",
        ),
    ),
    fields={
        "model": (_OBSERVATION + "model.name",),
        "session_id": ("langfuse.session.id",),
        "user_id": ("langfuse.user.id",),
        "environment": ("langfuse.environment",),
        "error_message": (_OBSERVATION + "status_message",),
        "tokens_in": (json_path(_USAGE, "input"), json_path(_USAGE, "prompt_tokens")),
        "tokens_out": (json_path(_USAGE, "output"), json_path(_USAGE, "completion_tokens")),
        "tokens_cached": (
            json_path(_USAGE, "input_cache_read"),
            json_path(_USAGE, "input_cached_tokens"),
            json_path(_USAGE, "prompt_tokens_details", "cached_tokens"),
        ),
        "tokens_cache_write": (json_path(_USAGE, "input_cache_creation"),),
        "tokens_reasoning": (
            json_path(_USAGE, "output_reasoning"),
            json_path(_USAGE, "completion_tokens_details", "reasoning_tokens"),
        ),
        "cost": (json_path(_COST, "total"),),
    },
    input=(_OBSERVATION + "input",),
    output=(_OBSERVATION + "output",),
)
