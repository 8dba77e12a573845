"""Chat completions: https://platform.openai.com/docs/api-reference/chat"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from audittrail.testing.model_server.answers import Usage
from audittrail.testing.model_server.reply import Event, Reply, pieces

__all__ = ["chat_completion", "chat_events"]


def chat_completion(reply: Reply) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": reply.text,
        "refusal": None,
        "annotations": [],
    }
    if reply.tool_calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.text},
            }
            for call in reply.tool_calls
        ]
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": reply.finish_reason,
    }
    told = _head(reply, "chat.completion") | {"choices": [choice], "usage": _usage(reply.usage)}
    if reply.likelihood is not None and reply.request.body.get("prompt_logprobs") is not None:
        told["prompt_logprobs"] = list(_prompt_logprobs(reply, reply.likelihood))
    return told


def _prompt_logprobs(reply: Reply, likelihood: float) -> Iterator[dict[str, Any] | None]:
    """As vLLM gives them: nothing of the first token, then of each a dictionary by token id. The
    tokens are pieces of the messages, those of the last one as likely as it is said."""
    yield None
    messages = reply.request.messages
    for place, message in enumerate(messages):
        probability = likelihood if place == len(messages) - 1 else 0.5
        for number, piece in enumerate(pieces(message.text)):
            logprob = math.log(max(probability, 1e-9))
            yield {str(number): {"logprob": logprob, "rank": 1, "decoded_token": piece}}


def chat_events(reply: Reply) -> Iterator[Event]:
    """The answer in pieces, the calls of tools one after the other; at last the usage if it was
    asked for."""
    options = reply.request.body.get("stream_options") or {}
    with_usage = options.get("include_usage") is True
    head = _head(reply, "chat.completion.chunk")

    def chunk(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return head | {"choices": [choice]} | ({"usage": None} if with_usage else {})

    yield Event(chunk({"role": "assistant", "content": None if reply.text is None else ""}))
    for piece in pieces(reply.text or ""):
        yield Event(chunk({"content": piece}), paced=True)
    for index, call in enumerate(reply.tool_calls):
        begun = {
            "index": index,
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": ""},
        }
        yield Event(chunk({"tool_calls": [begun]}))
        for piece in pieces(call.text, code=True):
            more = {"index": index, "function": {"arguments": piece}}
            yield Event(chunk({"tool_calls": [more]}), paced=True)
    yield Event(chunk({}, reply.finish_reason))
    if with_usage:
        yield Event(head | {"choices": [], "usage": _usage(reply.usage)})
    yield Event("[DONE]")


def _head(reply: Reply, kind: str) -> dict[str, Any]:
    return {
        "id": reply.id("chatcmpl-"),
        "object": kind,
        "created": reply.created,
        "model": reply.model,
        "service_tier": "default",
        "system_fingerprint": "fp_audittrail",
    }


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.total,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
