"""OpenLIT's instrumentations. They speak OpenTelemetry's words, with some of their own.

https://docs.openlit.io/latest/sdk/features/tracing
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByValue, Dialect, Estimate
from audittrail.receiver.mapping.sources import times

__all__ = ["OPENLIT"]

OPENLIT: Final = Dialect(
    name="openlit",
    title="OpenLIT",
    spoken_by="OpenLIT's SDK",
    marks=("openlit.",),
    scopes=("openlit.",),
    span_type=(
        ByValue(
            "gen_ai.operation.name",
            {
                "vectordb": "retriever",
                "image": "llm",
                "audio": "llm",
                "framework": "chain",
                "agent": "agent",
                "rerank": "reranker",
            },
        ),
    ),
    fields={
        "ttft_ms": (times("gen_ai.server.time_to_first_token", 1000.0),),
        "session_id": ("gen_ai.session.id",),
    },
    # Counted by OpenLIT where a stream brought no usage; a count of its own knows no cache.
    estimate=Estimate(
        "gen_ai.request.stream", True, without="gen_ai.usage.cache_read.input_tokens"
    ),
    content_setting="openlit.init(capture_message_content=False) must not be set",
)
