"""Tokens of a model call, from wherever LangChain or the provider puts them, each counted once.

What is returned counts as ``docs/semantic-conventions.md`` says: cache reads and writes are part of
the input, reasoning is part of the output.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from opentelemetry.util.types import AttributeValue

__all__ = ["Usage", "usage_of"]

_INPUT: Final = ("prompt_tokens", "input_tokens", "inputTokens", "prompt_token_count")
_OUTPUT: Final = ("completion_tokens", "output_tokens", "outputTokens", "candidates_token_count")
_MORE_INPUT: Final = (
    "prompt_eval_count",
    "inputTokenCount",
    "input_token_count",
    "promptTokenCount",
)
_MORE_OUTPUT: Final = (
    "eval_count",
    "outputTokenCount",
    "generated_token_count",
    "candidatesTokenCount",
)


@dataclass(frozen=True)
class Usage:
    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None

    def __bool__(self) -> bool:
        return self.input is not None or self.output is not None

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            _sum(self.input, other.input),
            _sum(self.output, other.output),
            _sum(self.cache_read, other.cache_read),
            _sum(self.cache_write, other.cache_write),
            _sum(self.reasoning, other.reasoning),
        )

    def attributes(self) -> dict[str, AttributeValue]:
        found = {
            "gen_ai.usage.input_tokens": self.input,
            "gen_ai.usage.output_tokens": self.output,
            "gen_ai.usage.cache_read.input_tokens": self.cache_read,
            "gen_ai.usage.cache_creation.input_tokens": self.cache_write,
            "gen_ai.usage.reasoning.output_tokens": self.reasoning,
        }
        return {key: value for key, value in found.items() if value is not None}


def usage_of(llm_output: Any, generations: Iterable[Any]) -> Usage:
    """The usage of one call. Several answers to one request repeat its usage: what the call as a
    whole says goes first, and what all of its answers say alike counts once."""
    said = [found for each in generations if (found := _of_generation(each))]
    whole = _of_holder(llm_output)
    if len(set(said)) == 1:
        # LangChain's own form knows of details that the provider's may lack.
        return said[0] if not whole or _agree(whole, said[0]) else whole
    if whole:
        return whole
    total = Usage()
    for each in said:
        total += each
    return total


def _agree(one: Usage, other: Usage) -> bool:
    return (one.input, one.output) == (other.input, other.output) or not one.input


def _of_generation(generation: Any) -> Usage:
    message = getattr(generation, "message", None)
    standard = getattr(message, "usage_metadata", None)
    if isinstance(standard, Mapping) and (found := _standard(standard)):
        return found
    for holder in (
        getattr(message, "response_metadata", None),
        getattr(generation, "generation_info", None),
        getattr(message, "additional_kwargs", None),
    ):
        if found := _of_holder(holder):
            return found
    return Usage()


def _of_holder(holder: Any) -> Usage:
    if not isinstance(holder, Mapping):
        return Usage()
    for key in ("token_usage", "usage", "usage_metadata", "estimated_token_usage", "tokenUsage"):
        inner = _mapping(holder.get(key))
        if found := _provider(inner):
            return found
    for key in ("amazon-bedrock-invocationMetrics", "token_count"):
        if found := _provider(_mapping(holder.get(key))):
            return found
    return _provider(holder)


def _standard(said: Mapping[str, Any]) -> Usage:
    """LangChain's ``usage_metadata``. Details have the tier that served the call before them:
    ``cache_read``, ``priority_cache_read``."""
    given = _mapping(said.get("input_token_details"))
    returned = _mapping(said.get("output_token_details"))
    written = _details(given, "cache_creation")
    if not written:
        # Anthropic's, by how long they are kept.
        written = _details(given, "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
    found = _whole(
        _count(said, ("input_tokens",)),
        _count(said, ("output_tokens",)),
        _details(given, "cache_read"),
        written,
        _details(returned, "reasoning"),
    )
    return found if found.input or found.output else Usage()


def _provider(said: Mapping[str, Any]) -> Usage:
    """What a provider's API answers, as it came."""
    given = _count(said, _INPUT + _MORE_INPUT)
    returned = _count(said, _OUTPUT + _MORE_OUTPUT)
    if given is None and returned is None:
        return Usage()
    details = _mapping(said.get("prompt_tokens_details") or said.get("input_tokens_details"))
    made = _mapping(said.get("completion_tokens_details") or said.get("output_tokens_details"))
    thoughts = _count(said, ("thoughts_token_count", "thoughtsTokenCount"))
    if thoughts is not None and returned is not None:
        returned += thoughts  # Google's candidates are counted without their thoughts
    read = _count(details, ("cached_tokens",))
    if read is None:
        read = _count(said, ("cached_content_token_count", "cachedContentTokenCount"))
    written = _count(details, ("cache_write_tokens", "cache_creation_tokens"))
    # Anthropic and Bedrock count what came from or went to the cache beside the input.
    beside_read = _count(said, ("cache_read_input_tokens", "cacheReadInputTokens"))
    beside_write = _count(
        said,
        ("cache_creation_input_tokens", "cacheWriteInputTokens", "cache_write_input_tokens"),
    )
    if given is not None and read is None and "prompt_tokens" not in said:
        given += (beside_read or 0) + (beside_write or 0)
    return _whole(
        given,
        returned,
        read if read is not None else beside_read,
        written if written is not None else beside_write,
        thoughts if thoughts is not None else _count(made, ("reasoning_tokens",)),
    )


def _whole(
    given: int | None,
    returned: int | None,
    read: int | None,
    written: int | None,
    reasoning: int | None,
) -> Usage:
    """Parts larger than the whole were not counted in it."""
    cached = (read or 0) + (written or 0)
    if given is not None and cached > given:
        given += cached
    if returned is not None and (reasoning or 0) > returned:
        returned += reasoning or 0
    return Usage(given, returned, read, written, reasoning)


def _details(holder: Mapping[str, Any], *names: str) -> int | None:
    counts = [
        count
        for key in holder
        if isinstance(key, str) and key.endswith(names)
        if (count := _count(holder, (key,))) is not None
    ]
    return sum(counts) if counts else None


def _count(holder: Mapping[str, Any], keys: Iterable[str]) -> int | None:
    for key in keys:
        value = holder.get(key)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
    return None


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other


def _mapping(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    if value is not None and hasattr(type(value), "model_dump"):
        dumped = value.model_dump()  # the providers' own types
        return dumped if isinstance(dumped, Mapping) else {}
    return {}
