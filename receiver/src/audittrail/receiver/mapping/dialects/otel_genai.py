"""The OpenTelemetry conventions for generative AI, present and past names.

https://opentelemetry.io/docs/specs/semconv/gen-ai/
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByPresence, ByValue, Dialect, IndexedMessages
from audittrail.receiver.mapping.sources import all_of, times

__all__ = ["OTEL_GENAI"]

OTEL_GENAI: Final = Dialect(
    name="otel_genai",
    title="OpenTelemetry GenAI",
    spoken_by="the OpenTelemetry conventions for generative AI, present and past names",
    marks=("gen_ai.",),
    span_type=(
        ByValue(
            "gen_ai.operation.name",
            {
                "chat": "llm",
                "text_completion": "llm",
                "generate_content": "llm",
                "llm_call": "llm",
                "embeddings": "embedding",
                "embedding": "embedding",
                "retrieval": "retriever",
                "vector_db_retrieve": "retriever",
                "search_memory": "retriever",
                "invoke_agent": "agent",
                "agent_call": "agent",
                "execute_tool": "tool",
                "tool_call": "tool",
                "invoke_workflow": "chain",
                "plan": "chain",
                "execute_task": "chain",
                "agent_step": "chain",
                "execute_event_loop_cycle": "chain",
                "invoke_graph": "chain",
                "schedule_tool_calls": "chain",
            },
            other="custom",
        ),
        # Releases before 1.28 of the conventions have no operation.
        ByPresence(("gen_ai.request.model", "gen_ai.usage.output_tokens"), "llm"),
        ByPresence(("gen_ai.request.model", "gen_ai.usage.completion_tokens"), "llm"),
    ),
    fields={
        "model": ("gen_ai.response.model",),
        "request_model": ("gen_ai.request.model",),
        "provider": ("gen_ai.provider.name", "gen_ai.system"),
        "response_id": ("gen_ai.response.id",),
        "finish_reason": (all_of("gen_ai.response.finish_reasons"),),
        "session_id": ("gen_ai.conversation.id",),
        "user_id": ("gen_ai.user",),
        "agent_name": ("gen_ai.agent.name",),
        "tool_name": ("gen_ai.tool.name",),
        "tokens_in": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
        "tokens_out": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
        "tokens_cached": (
            "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.details.cache_read_tokens",
        ),
        "tokens_cache_write": (
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_write.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.details.cache_write_tokens",
        ),
        "tokens_reasoning": (
            "gen_ai.usage.reasoning.output_tokens",
            "gen_ai.usage.reasoning_tokens",
            "gen_ai.usage.details.reasoning_tokens",
        ),
        "ttft_ms": (times("gen_ai.response.time_to_first_chunk", 1000.0),),
        "cost": ("gen_ai.cost.total_cost", "gen_ai.usage.cost", "operation.cost"),
    },
    input=(
        "gen_ai.input.messages",
        "gen_ai.tool.call.arguments",
        "gen_ai.retrieval.query.text",
        IndexedMessages("gen_ai.prompt"),
        "gen_ai.prompt",
        "gen_ai.tool.args",
    ),
    output=(
        "gen_ai.output.messages",
        "gen_ai.tool.call.result",
        "gen_ai.retrieval.documents",
        IndexedMessages("gen_ai.completion"),
        "gen_ai.completion",
    ),
    system=("gen_ai.system_instructions",),
    content_setting="OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY "
    "(true in older releases)",
)
