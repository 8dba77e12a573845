"""LiteLLM, the library and the proxy.

https://docs.litellm.ai/docs/observability/opentelemetry_integration
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByName, Dialect, Internal

__all__ = ["LITELLM"]

LITELLM: Final = Dialect(
    name="litellm",
    title="LiteLLM",
    spoken_by="LiteLLM's `otel` callback and its proxy",
    marks=("litellm.", "metadata.user_api_key_alias"),
    scopes=("litellm",),
    span_type=(
        ByName(
            {
                "litellm_request": "llm",
                "Received Proxy Server Request": "chain",
                "guardrail": "guardrail",
            }
        ),
    ),
    fields={
        "session_id": ("metadata.session_id", "litellm.session_id"),
        "user_id": ("metadata.user_api_key_end_user_id", "metadata.user_api_key_user_id"),
        "error_message": ("error.message",),
        "failure": ("error.code", "error.message"),
        "cost": ("gen_ai.cost.total_cost", "response_cost", "metadata.response_cost"),
    },
    internal=(
        # The request once more as it went over the wire, and what the proxy does around it.
        Internal(names=("raw_gen_ai_request",), types=("custom", "chain", "llm")),
        Internal(
            names=(
                "auth",
                "self",
                "router",
                "redis",
                "postgres",
                "proxy_pre_call",
                "batch_write_to_db",
                "reset_budget_job",
                "pod_lock_manager",
            )
        ),
    ),
    content_setting="litellm.turn_off_message_logging must not be True",
)
