"""The Vercel AI SDK (TypeScript), releases 4 to 7.

The outer span of a call repeats what the calls of models below it used.

https://ai-sdk.dev/docs/ai-sdk-core/telemetry
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByValue, Dialect
from audittrail.receiver.mapping.sources import before_dot

__all__ = ["VERCEL_AI"]

_CALLS: Final = ("generateText", "streamText", "generateObject", "streamObject")
_METADATA: Final = "ai.telemetry.metadata."

VERCEL_AI: Final = Dialect(
    name="vercel_ai",
    title="Vercel AI SDK",
    spoken_by="the Vercel AI SDK",
    marks=("ai.operationId", "ai.telemetry.", "ai.model."),
    span_type=(
        ByValue(
            "ai.operationId",
            {
                **{f"ai.{call}.doGenerate".lower(): "llm" for call in _CALLS},
                **{f"ai.{call}.doStream".lower(): "llm" for call in _CALLS},
                **{f"ai.{call}".lower(): "chain" for call in _CALLS},
                "ai.toolcall": "tool",
                "ai.embed": "chain",
                "ai.embedmany": "chain",
                "ai.embed.doembed": "embedding",
                "ai.embedmany.doembed": "embedding",
                "ai.rerank": "chain",
                "ai.rerank.dorerank": "reranker",
            },
            other="custom",
        ),
    ),
    fields={
        "model": ("ai.response.model",),
        "request_model": ("ai.model.id",),
        "provider": (before_dot("ai.model.provider"),),
        "response_id": ("ai.response.id",),
        "finish_reason": ("ai.response.finishReason",),
        "session_id": (_METADATA + "sessionId", _METADATA + "session_id"),
        "user_id": (_METADATA + "userId", _METADATA + "user_id"),
        "tool_name": ("ai.toolCall.name",),
        "tool_calls": ("ai.response.toolCalls",),
        "tokens_in": ("ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"),
        "tokens_out": ("ai.usage.outputTokens", "ai.usage.completionTokens"),
        "tokens_cached": (
            "ai.usage.inputTokenDetails.cacheReadTokens",
            "ai.usage.cachedInputTokens",
        ),
        "tokens_cache_write": ("ai.usage.inputTokenDetails.cacheWriteTokens",),
        "tokens_reasoning": (
            "ai.usage.outputTokenDetails.reasoningTokens",
            "ai.usage.reasoningTokens",
        ),
        "ttft_ms": ("ai.response.msToFirstChunk",),
    },
    input=(
        "ai.prompt.messages",
        "ai.toolCall.args",
        "ai.prompt",
        "ai.values",
        "ai.value",
    ),
    output=(
        "ai.response.text",
        "ai.response.object",
        "ai.toolCall.result",
        "ai.response.toolCalls",
        "ai.embeddings",
        "ai.embedding",
    ),
    content_setting="experimental_telemetry must not set recordInputs or recordOutputs to false",
)
