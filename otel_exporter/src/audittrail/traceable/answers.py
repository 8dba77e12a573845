"""Calls of models as OpenAI's client and those like it make them: told by their shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from audittrail.content import to_plain

__all__ = ["Chunks", "request_attributes", "response_attributes", "response_messages"]

# attribute: where a usage may keep it
_USAGE: Final = {
    "gen_ai.usage.input_tokens": (("prompt_tokens",), ("input_tokens",)),
    "gen_ai.usage.output_tokens": (("completion_tokens",), ("output_tokens",)),
    "gen_ai.usage.cache_read.input_tokens": (
        ("prompt_tokens_details", "cached_tokens"),
        ("input_tokens_details", "cached_tokens"),
        ("cache_read_input_tokens",),
    ),
    "gen_ai.usage.cache_creation.input_tokens": (("cache_creation_input_tokens",),),
    "gen_ai.usage.reasoning.output_tokens": (
        ("completion_tokens_details", "reasoning_tokens"),
        ("output_tokens_details", "reasoning_tokens"),
    ),
}
# Beside input_tokens, where OpenAI's are part of them.
_BESIDE: Final = ("cache_read_input_tokens", "cache_creation_input_tokens")
_REQUEST: Final = {
    "model": "gen_ai.request.model",
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "max_tokens": "gen_ai.request.max_tokens",
    "seed": "gen_ai.request.seed",
}


def request_attributes(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The model and its parameters, if they are parameters of the function as well."""
    return {
        key: inputs[name]
        for name, key in _REQUEST.items()
        if isinstance(inputs.get(name), str if name == "model" else int | float)
        and not isinstance(inputs[name], bool)
    }


def response_attributes(response: Any) -> dict[str, Any]:
    """Model, id, usage and finish reasons, as far as the response has them."""
    usage = _part(response, "usage")
    model = _part(response, "model")
    if usage is None and _part(response, "choices") is None:
        return {}
    reasons = [_part(choice, "finish_reason") for choice in _list(_part(response, "choices"))]
    found: dict[str, Any] = {
        "gen_ai.response.model": model if isinstance(model, str) else None,
        "gen_ai.response.finish_reasons": [each for each in reasons if isinstance(each, str)],
        **_usage_attributes(usage),
    }
    if isinstance(identity := _part(response, "id"), str):
        found["gen_ai.response.id"] = identity
    return {key: value for key, value in found.items() if value not in (None, [])}


def response_messages(response: Any) -> list[dict[str, Any]] | None:
    """What the model said, as messages with parts; None if the response has no choices."""
    messages = []
    for choice in _list(_part(response, "choices")):
        message = _part(choice, "message")
        if message is None:
            return None
        parts: list[dict[str, Any]] = []
        content = _part(message, "content")
        if isinstance(content, str):
            parts.append({"type": "text", "content": content})
        elif content is not None:
            parts += [to_plain(each) for each in _list(content)]
        parts += [
            {
                "type": "tool_call",
                "id": _part(call, "id"),
                "name": _part(_part(call, "function"), "name"),
                "arguments": _part(_part(call, "function"), "arguments"),
            }
            for call in _list(_part(message, "tool_calls"))
        ]
        said = {"role": _part(message, "role") or "assistant", "parts": parts}
        if reason := _part(choice, "finish_reason"):
            said["finish_reason"] = reason
        messages.append(said)
    return messages or None


class Chunks:
    """The chunks of a stream that look like OpenAI's, put together."""

    def __init__(self) -> None:
        self.attributes: dict[str, Any] = {}

    def text_of(self, chunk: Any) -> str | None:
        """What the chunk adds to the answer; None if it is no chunk."""
        choices = _part(chunk, "choices")
        if not isinstance(choices, list | tuple):
            return None
        self.attributes.update(response_attributes(chunk))
        texts = [_part(_part(choice, "delta"), "content") for choice in choices]
        return "".join(text for text in texts if isinstance(text, str))


def _usage_attributes(usage: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    if usage is None:
        return found
    for key, places in _USAGE.items():
        for place in places:
            count = usage
            for name in place:
                count = _part(count, name)
            if type(count) is int and count >= 0:
                found[key] = count
                break
    if "gen_ai.usage.input_tokens" in found and _part(usage, "prompt_tokens") is None:
        beside = [_part(usage, name) for name in _BESIDE]
        found["gen_ai.usage.input_tokens"] += sum(each for each in beside if type(each) is int)
    return found


def _part(value: Any, name: str) -> Any:
    try:
        return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
    except Exception:
        return None


def _list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple) else ()
