"""OpenInference, the conventions of Arize's instrumentations.

https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByValue, Dialect, IndexedDocuments, IndexedMessages
from audittrail.receiver.mapping.sources import json_path

__all__ = ["OPENINFERENCE"]

OPENINFERENCE: Final = Dialect(
    name="openinference",
    title="OpenInference",
    spoken_by="the `openinference-instrumentation-*` packages",
    marks=("openinference.",),
    scopes=("openinference.",),
    span_type=(
        ByValue(
            "openinference.span.kind",
            {
                "llm": "llm",
                "tool": "tool",
                "agent": "agent",
                "chain": "chain",
                "prompt": "chain",
                "retriever": "retriever",
                "embedding": "embedding",
                "reranker": "reranker",
                "guardrail": "guardrail",
            },
            other="custom",
        ),
    ),
    fields={
        "model": ("llm.response.model_name", "llm.model_name"),
        "request_model": (
            "llm.request.model_name",
            "embedding.model_name",
            "reranker.model_name",
        ),
        "provider": ("llm.provider", "llm.system"),
        "finish_reason": ("llm.finish_reason",),
        "session_id": ("session.id",),
        "user_id": ("user.id",),
        "agent_name": ("agent.name", json_path("metadata", "lc_agent_name"), "graph.node.id"),
        "tool_name": ("tool.name", "tool_call.function.name"),
        "tokens_in": ("llm.token_count.prompt",),
        "tokens_out": ("llm.token_count.completion",),
        "tokens_cached": ("llm.token_count.prompt_details.cache_read",),
        "tokens_cache_write": ("llm.token_count.prompt_details.cache_write",),
        "tokens_reasoning": ("llm.token_count.completion_details.reasoning",),
        "cost": ("llm.cost.total",),
    },
    input=(
        "input.value",
        IndexedMessages("llm.input_messages", "message."),
        "tool.parameters",
        "reranker.query",
        IndexedDocuments("embedding.embeddings", "embedding."),
    ),
    output=(
        "output.value",
        IndexedMessages("llm.output_messages", "message."),
        IndexedDocuments("retrieval.documents", "document."),
        IndexedDocuments("reranker.output_documents", "document."),
    ),
    content_setting="OPENINFERENCE_HIDE_INPUTS and OPENINFERENCE_HIDE_OUTPUTS must not be true",
)
