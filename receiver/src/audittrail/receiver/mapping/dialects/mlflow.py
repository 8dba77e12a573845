"""MLflow Tracing. Each value is JSON, texts in quotes.

https://mlflow.org/docs/latest/genai/tracing/
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByValue, Dialect
from audittrail.receiver.mapping.sources import json_path

__all__ = ["MLFLOW"]

_USAGE: Final = "mlflow.chat.tokenUsage"

MLFLOW: Final = Dialect(
    name="mlflow",
    title="MLflow Tracing",
    spoken_by="MLflow Tracing",
    marks=("mlflow.",),
    scopes=("mlflow.",),
    span_type=(
        ByValue(
            "mlflow.spanType",
            {
                "llm": "llm",
                "chat_model": "llm",
                "embedding": "embedding",
                "tool": "tool",
                "agent": "agent",
                "retriever": "retriever",
                "reranker": "reranker",
                "guardrail": "guardrail",
                "chain": "chain",
                "workflow": "chain",
                "task": "chain",
                "parser": "chain",
            },
            other="custom",
            is_json=True,
        ),
    ),
    fields={
        "model": (json_path("mlflow.llm.model"),),
        "request_model": (json_path("model"),),
        "provider": (json_path("mlflow.llm.provider"),),
        "response_id": (json_path("mlflow.spanOutputs", "id"),),
        "session_id": (json_path("mlflow.trace.session"),),
        "user_id": (json_path("mlflow.trace.user"),),
        "tokens_in": (json_path(_USAGE, "input_tokens"),),
        "tokens_out": (json_path(_USAGE, "output_tokens"),),
        "tokens_cached": (json_path(_USAGE, "cache_read_input_tokens"),),
        "tokens_cache_write": (json_path(_USAGE, "cache_creation_input_tokens"),),
        "cost": (json_path("mlflow.llm.cost", "total_cost"),),
    },
    input=("mlflow.spanInputs",),
    output=("mlflow.spanOutputs",),
)
