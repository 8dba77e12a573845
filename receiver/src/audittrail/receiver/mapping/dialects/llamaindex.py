"""LlamaIndex's own OpenTelemetry integration: a span for each method, named after it.

https://developers.llamaindex.ai/python/framework/module_guides/observability/
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByName, Dialect

__all__ = ["LLAMAINDEX"]

_MODELS: Final = ("chat", "achat", "stream_chat", "astream_chat", "complete", "acomplete")

LLAMAINDEX: Final = Dialect(
    name="llamaindex",
    title="LlamaIndex",
    spoken_by="LlamaIndex's OpenTelemetry integration",
    marks=("llamaindex.",),
    scopes=("llamaindex.opentelemetry.", "llama_index."),
    span_type=(
        ByName(
            {
                **{f".{method}": "llm" for method in _MODELS},
                ".retrieve": "retriever",
                ".aretrieve": "retriever",
                ".get_text_embedding_batch": "embedding",
                ".get_query_embedding": "embedding",
                ".postprocess_nodes": "reranker",
                ".call_tool": "tool",
                "Tool.call": "tool",
                "Tool.acall": "tool",
                "Agent.run": "agent",
                ".run": "chain",
                ".query": "chain",
                ".aquery": "chain",
                ".synthesize": "chain",
                ".asynthesize": "chain",
            },
            at_end=True,
        ),
    ),
)
