"""What a model answered: https://platform.openai.com/docs/api-reference/chat/object"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from audittrail.ablation.failures import EndpointError
from audittrail.ablation.likelihood import prompt_logprobs_of

__all__ = ["Completion", "ToolCallOut", "completion_of"]

# Why a model stopped where it was not allowed to say more.
_REFUSING: Final = frozenset(("content_filter", "refusal"))
_LARGEST: Final = 2**63 - 1


class ToolCallOut(NamedTuple):
    """``arguments`` is the text that the model wrote, which need not be JSON."""

    id: str
    name: str
    arguments: str


class Completion(NamedTuple):
    """One answer. Empty text without calls is an answer too; the text of a ``refusal`` is what the
    model said to it.

    ``stripped`` are the parameters that the model refused and that were left out, ``attempts`` how
    many requests it took, ``duration_ms`` the time of the last one. Counts of tokens that the
    endpoint did not tell are None; cached ones are part of those in, reasoning of those out.
    ``prompt_logprobs`` are of the prompt's tokens, where they were asked for and given.
    """

    text: str
    tool_calls: tuple[ToolCallOut, ...]
    finish_reason: str | None
    refusal: bool
    model: str | None
    tokens_in: int | None
    tokens_out: int | None
    tokens_cached: int | None
    tokens_reasoning: int | None
    stripped: tuple[str, ...]
    attempts: int
    duration_ms: float
    prompt_logprobs: tuple[tuple[str, float], ...] | None = None


def completion_of(
    payload: Any, *, stripped: tuple[str, ...], attempts: int, duration_ms: float
) -> Completion:
    """Raises EndpointError if it is no chat completion."""
    choice = _first(_mapping(payload).get("choices"))
    message = choice.get("message")
    if not isinstance(message, Mapping):
        raise EndpointError("The answer is no chat completion: it has no choice with a message.")
    text, refused = _text(message.get("content"))
    said_no = message.get("refusal")
    reason = choice.get("finish_reason")
    usage = _mapping(payload.get("usage"))
    cached = _count(_mapping(usage.get("prompt_tokens_details")), "cached_tokens")
    return Completion(
        text=_whole(text or (said_no if isinstance(said_no, str) else "")),
        tool_calls=tuple(_calls(message)),
        finish_reason=reason if isinstance(reason, str) else None,
        refusal=refused or bool(said_no) or reason in _REFUSING,
        model=_text_or_none(payload.get("model")),
        tokens_in=_count(usage, "prompt_tokens"),
        tokens_out=_count(usage, "completion_tokens"),
        # DeepSeek has a name of its own.
        tokens_cached=cached if cached is not None else _count(usage, "prompt_cache_hit_tokens"),
        tokens_reasoning=_count(
            _mapping(usage.get("completion_tokens_details")), "reasoning_tokens"
        ),
        stripped=stripped,
        attempts=attempts,
        duration_ms=duration_ms,
        prompt_logprobs=prompt_logprobs_of(payload),
    )


def _text(content: Any) -> tuple[str, bool]:
    """(the text, whether a part is a refusal) of a content, which is text, or parts."""
    if isinstance(content, str):
        return content, False
    texts, refused = [], False
    for part in content if isinstance(content, list) else ():
        given = _mapping(part)
        if isinstance(given.get("text"), str):
            texts.append(given["text"])
        elif isinstance(given.get("refusal"), str):
            texts.append(given["refusal"])
            refused = True
    return "".join(texts), refused


def _calls(message: Mapping[str, Any]) -> Iterator[ToolCallOut]:
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        given = _mapping(call)
        # A custom tool takes text as its input.
        function = _mapping(given.get("function")) or _mapping(given.get("custom"))
        if function:
            yield _call(given.get("id"), function)
    older = _mapping(message.get("function_call"))
    if older and not calls:
        yield _call(None, older)


def _call(identifier: Any, function: Mapping[str, Any]) -> ToolCallOut:
    arguments = function.get("arguments", function.get("input"))
    if arguments is None:
        arguments = ""
    elif not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False)
    return ToolCallOut(
        _whole(str(identifier or "")), _whole(str(function.get("name") or "")), _whole(arguments)
    )


def _first(choices: Any) -> Mapping[str, Any]:
    return _mapping(choices[0]) if isinstance(choices, list) and choices else {}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text_or_none(value: Any) -> str | None:
    return _whole(value) if isinstance(value, str) and value else None


def _count(usage: Mapping[str, Any], name: str) -> int | None:
    value = usage.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _LARGEST else None


def _whole(text: str) -> str:
    """With halves of characters, which JSON can spell and no database takes, as ``?``."""
    return text.encode("utf-8", "replace").decode("utf-8")
