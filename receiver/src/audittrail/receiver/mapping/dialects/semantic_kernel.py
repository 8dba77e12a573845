"""Semantic Kernel, in .NET, Python and Java. What was said is in log records.

https://learn.microsoft.com/semantic-kernel/concepts/enterprise-readiness/observability/
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByName, ByValue, Dialect, Internal

__all__ = ["SEMANTIC_KERNEL"]

_CALLS: Final = (
    "chat.completions",
    "chat.streaming_completions",
    "text.completions",
    "text.streaming_completions",
)

SEMANTIC_KERNEL: Final = Dialect(
    name="semantic_kernel",
    title="Semantic Kernel",
    spoken_by="Semantic Kernel, .NET and Python",
    marks=("semantic_kernel.",),
    scopes=("semantic_kernel", "Microsoft.SemanticKernel"),
    span_type=(
        ByValue("gen_ai.operation.name", dict.fromkeys(_CALLS, "llm")),
        ByName({"AutoFunctionInvocationLoop": "chain", "FunctionInvoke": "chain"}),
    ),
    fields={
        "tokens_in": ("gen_ai.response.prompt_tokens",),
        "tokens_out": ("gen_ai.response.completion_tokens",),
        "finish_reason": ("gen_ai.response.finish_reason",),
    },
    internal=(Internal(names=("AutoFunctionInvocationLoop",)),),
    content_setting="SEMANTICKERNEL_EXPERIMENTAL_GENAI_ENABLE_OTEL_DIAGNOSTICS_SENSITIVE=true",
)
