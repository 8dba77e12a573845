"""Names without a prefix, as command line agents and home-made instrumentations use them.

They are read where a span tells usage or what it cost under such a name, since "model" or "input"
alone may mean anything.
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByPresence, Dialect

__all__ = ["BARE"]

BARE: Final = Dialect(
    name="bare",
    title="Bare names",
    spoken_by="agents that say `input_tokens` and the like",
    marks=("input_tokens", "prompt_tokens", "input_token_count", "cost_usd"),
    span_type=(
        ByPresence(("model", "input_tokens", "output_tokens"), "llm"),
        ByPresence(("model", "prompt_tokens", "completion_tokens"), "llm"),
    ),
    fields={
        "model": ("model_name", "model"),
        "provider": ("provider",),
        "session_id": ("session_id", "conversation_id"),
        "user_id": ("user_id",),
        "tool_name": ("tool_name",),
        "tokens_in": ("input_tokens", "prompt_tokens", "input_token_count"),
        "tokens_out": ("output_tokens", "completion_tokens", "output_token_count"),
        "tokens_cached": ("cache_read_tokens", "cached_token_count", "cached_tokens"),
        "tokens_cache_write": ("cache_creation_tokens",),
        "tokens_reasoning": ("reasoning_tokens", "reasoning_token_count"),
        "cost": ("cost_usd",),
    },
    input=("prompt", "input"),
    output=("response", "output"),
)
