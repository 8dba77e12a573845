"""Haystack's own tracing: a pipeline, its components, agents. Usage is inside of a component's
output.

https://docs.haystack.deepset.ai/docs/tracing
"""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import ByName, BySuffix, Dialect
from audittrail.receiver.mapping.sources import Source, json_path

__all__ = ["HAYSTACK"]

_OUTPUT: Final = "haystack.component.output"


def _of_reply(*path: str) -> tuple[Source, Source]:
    """Of a chat model's first reply, and of a text model's."""
    return (
        json_path(_OUTPUT, "replies", 0, "meta", *path),
        json_path(_OUTPUT, "meta", 0, *path),
    )


HAYSTACK: Final = Dialect(
    name="haystack",
    title="Haystack",
    spoken_by="Haystack's own tracer",
    marks=("haystack.",),
    scopes=("haystack",),
    span_type=(
        ByName({"haystack.agent.step.llm": "llm", "haystack.agent.step.tool": "tool"}),
        BySuffix(
            "haystack.component.type",
            {
                "Generator": "llm",
                "Retriever": "retriever",
                "Embedder": "embedding",
                "Ranker": "reranker",
                "ToolInvoker": "tool",
                "Agent": "agent",
            },
            other="chain",
        ),
        ByName({"haystack.agent": "agent", "haystack.": "chain"}),
    ),
    fields={
        "name": ("haystack.component.name",),
        "tool_name": ("haystack.tool.name",),
        "model": _of_reply("model"),
        "finish_reason": _of_reply("finish_reason"),
        "tokens_in": _of_reply("usage", "prompt_tokens"),
        "tokens_out": _of_reply("usage", "completion_tokens"),
        "tokens_cached": _of_reply("usage", "prompt_tokens_details", "cached_tokens"),
        "tokens_reasoning": _of_reply("usage", "completion_tokens_details", "reasoning_tokens"),
    },
    input=(
        "haystack.component.input",
        "haystack.agent.input",
        "haystack.pipeline.input_data",
        "haystack.tool.input",
    ),
    output=(
        _OUTPUT,
        "haystack.agent.output",
        "haystack.pipeline.output_data",
        "haystack.tool.output",
    ),
    content_setting="HAYSTACK_CONTENT_TRACING_ENABLED=true",
)
