"""LangSmith's OpenTelemetry exporter.

Its ``gen_ai.operation.name`` is not to be believed: of a retriever it says "embeddings", of a
prompt "chat".

https://docs.langchain.com/langsmith/trace-with-opentelemetry
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByValue, Dialect
from audittrail.receiver.mapping.sources import json_path

__all__ = ["LANGSMITH"]

_METADATA: Final = "langsmith.metadata."
_USAGE: Final = _METADATA + "usage_metadata"

LANGSMITH: Final = Dialect(
    name="langsmith",
    title="LangSmith",
    spoken_by="LangSmith's exporter",
    marks=("langsmith.",),
    span_type=(
        ByValue(
            "langsmith.span.kind",
            {
                "llm": "llm",
                "tool": "tool",
                "retriever": "retriever",
                "embedding": "embedding",
                "chain": "chain",
                "prompt": "chain",
                "parser": "chain",
            },
            other="custom",
        ),
    ),
    fields={
        "request_model": (_METADATA + "ls_model_name",),
        "provider": (_METADATA + "ls_provider",),
        "session_id": (_METADATA + "thread_id", _METADATA + "session_id"),
        "user_id": (_METADATA + "user_id",),
        "agent_name": (_METADATA + "lc_agent_name",),
        "tokens_cached": (json_path(_USAGE, "input_token_details", "cache_read"),),
        "tokens_cache_write": (json_path(_USAGE, "input_token_details", "cache_creation"),),
        "tokens_reasoning": (json_path(_USAGE, "output_token_details", "reasoning"),),
    },
    content_setting="LANGSMITH_HIDE_INPUTS and LANGSMITH_HIDE_OUTPUTS must not be true",
)
