"""Langfuse's SDKs, which send OpenTelemetry since release 3.

Its kinds of usage are apart from each other: beside ``input_cached_tokens``, ``input`` is what was
not cached. Here cached tokens are a part of the input.

https://langfuse.com/integrations/native/opentelemetry
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from audittrail.receiver.mapping.dialect import ByValue, Dialect
from audittrail.receiver.mapping.sources import Source, json_path, one_of

__all__ = ["LANGFUSE"]

_OBSERVATION: Final = "langfuse.observation."
_USAGE: Final = _OBSERVATION + "usage_details"
_COST: Final = _OBSERVATION + "cost_details"


def _all_parts(whole: str) -> Source:
    """The sum of ``input`` and of all ``input_...``, or the same of the output; None without the
    first, as a provider's own names are inclusive."""

    def add(value: Any) -> int | None:
        try:
            usage = orjson.loads(value) if isinstance(value, str) else value
        except orjson.JSONDecodeError:
            return None
        if not isinstance(usage, dict) or type(usage.get(whole)) is not int:
            return None
        return sum(
            count
            for name, count in usage.items()
            if type(count) is int and (name == whole or name.startswith(f"{whole}_"))
        )

    return Source(_USAGE, add)


LANGFUSE: Final = Dialect(
    name="langfuse",
    title="Langfuse",
    spoken_by="Langfuse's SDKs",
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
        "failure": (one_of(_OBSERVATION + "level", {"error"}, "Its level is ERROR."),),
        "tokens_in": (
            _all_parts("input"),
            json_path(_USAGE, "input_tokens"),
            json_path(_USAGE, "prompt_tokens"),
        ),
        "tokens_out": (
            _all_parts("output"),
            json_path(_USAGE, "output_tokens"),
            json_path(_USAGE, "completion_tokens"),
        ),
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
