"""OpenLLMetry, Traceloop's SDK and instrumentations.

https://github.com/traceloop/openllmetry
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByValue, Dialect, IndexedMessages
from audittrail.receiver.mapping.sources import one_of

__all__ = ["TRACELOOP"]

_ASSOCIATED: Final = "traceloop.association.properties."

TRACELOOP: Final = Dialect(
    name="traceloop",
    title="OpenLLMetry",
    spoken_by="OpenLLMetry: Traceloop's SDK and instrumentations",
    marks=("traceloop.",),
    scopes=("traceloop.",),
    span_type=(
        # A retriever is a "task" to the next rule; of model calls that one says nothing.
        ByValue("gen_ai.operation.name", {"vector_db_retrieve": "retriever"}),
        ByValue(
            "traceloop.span.kind",
            {"workflow": "chain", "task": "chain", "agent": "agent", "tool": "tool"},
            other="custom",
        ),
        ByValue(
            "llm.request.type",
            {"chat": "llm", "completion": "llm", "embedding": "embedding", "rerank": "reranker"},
        ),
    ),
    fields={
        "model": ("llm.response.model",),
        "request_model": ("llm.request.model",),
        "session_id": (_ASSOCIATED + "session_id",),
        "user_id": (_ASSOCIATED + "user_id",),
        "agent_name": ("gen_ai.agent.name", _ASSOCIATED + "lc_agent_name"),
        "failure": (one_of("gen_ai.task.status", {"failure"}, "The task failed."),),
        "tokens_in": ("llm.usage.prompt_tokens",),
        "tokens_out": ("llm.usage.completion_tokens",),
        "tokens_cached": ("llm.usage.cache_read_input_tokens",),
        "tokens_cache_write": ("llm.usage.cache_creation_input_tokens",),
    },
    input=("traceloop.entity.input", "gen_ai.task.input", IndexedMessages("gen_ai.prompt")),
    output=("traceloop.entity.output", "gen_ai.task.output", IndexedMessages("gen_ai.completion")),
    content_setting="TRACELOOP_TRACE_CONTENT must not be false",
)
