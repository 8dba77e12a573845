"""Responses: https://platform.openai.com/docs/api-reference/responses"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from audittrail.testing.model_server.answers import ToolCall, Usage
from audittrail.testing.model_server.reply import Event, Reply, pieces

__all__ = ["response", "response_events"]


def response(reply: Reply) -> dict[str, Any]:
    done = _head(reply) | {"output": _items(reply), "usage": _usage(reply.usage)}
    if reply.finish_reason == "length":
        cut = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
        return done | cut
    return done | {"status": "completed"}


def response_events(reply: Reply) -> Iterator[Event]:
    """The events of a streamed response, numbered."""
    numbers = itertools.count()
    for event in _events(reply):
        yield Event(
            {**event.data, "sequence_number": next(numbers)}, event.data["type"], event.paced
        )


def _events(reply: Reply) -> Iterator[Event]:
    begun = _head(reply) | {"status": "in_progress", "output": [], "usage": None}
    yield Event({"type": "response.created", "response": begun})
    yield Event({"type": "response.in_progress", "response": begun})
    places = itertools.count()
    if reply.text is not None:
        yield from _text_events(reply, reply.text, next(places))
    for index, call in enumerate(reply.tool_calls):
        yield from _call_events(_call(reply, index, call), call.text, next(places))
    done = response(reply)
    yield Event({"type": f"response.{done['status']}", "response": done})


def _text_events(reply: Reply, text: str, place: int) -> Iterator[Event]:
    item = _message(reply, text)
    where = {"item_id": item["id"], "output_index": place, "content_index": 0}
    empty = item | {"status": "in_progress", "content": []}
    yield Event({"type": "response.output_item.added", "output_index": place, "item": empty})
    yield Event({"type": "response.content_part.added", **where, "part": _part("")})
    for piece in pieces(text):
        said = {"type": "response.output_text.delta", **where, "delta": piece, "logprobs": []}
        yield Event(said, paced=True)
    yield Event({"type": "response.output_text.done", **where, "text": text, "logprobs": []})
    yield Event({"type": "response.content_part.done", **where, "part": _part(text)})
    yield Event({"type": "response.output_item.done", "output_index": place, "item": item})


def _call_events(item: dict[str, Any], arguments: str, place: int) -> Iterator[Event]:
    where = {"item_id": item["id"], "output_index": place}
    empty = item | {"status": "in_progress", "arguments": ""}
    yield Event({"type": "response.output_item.added", "output_index": place, "item": empty})
    kind = "response.function_call_arguments"
    for piece in pieces(arguments, code=True):
        yield Event({"type": f"{kind}.delta", **where, "delta": piece}, paced=True)
    yield Event({"type": f"{kind}.done", **where, "name": item["name"], "arguments": arguments})
    yield Event({"type": "response.output_item.done", "output_index": place, "item": item})


def _items(reply: Reply) -> list[dict[str, Any]]:
    said = [] if reply.text is None else [_message(reply, reply.text)]
    return said + [_call(reply, index, call) for index, call in enumerate(reply.tool_calls)]


def _message(reply: Reply, text: str) -> dict[str, Any]:
    return {
        "id": reply.id("msg_"),
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [_part(text)],
    }


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _call(reply: Reply, index: int, call: ToolCall) -> dict[str, Any]:
    return {
        "id": reply.id("fc_", index),
        "type": "function_call",
        "status": "completed",
        "call_id": call.id,
        "name": call.name,
        "arguments": call.text,
    }


def _head(reply: Reply) -> dict[str, Any]:
    asked = reply.request.body
    return {
        "id": reply.id("resp_"),
        "object": "response",
        "created_at": reply.created,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": asked.get("instructions"),
        "max_output_tokens": asked.get("max_output_tokens"),
        "metadata": asked.get("metadata") or {},
        "model": reply.model,
        "parallel_tool_calls": asked.get("parallel_tool_calls") is not False,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "service_tier": "default",
        "store": False,
        "temperature": asked.get("temperature", 1.0),
        "text": asked.get("text") or {"format": {"type": "text"}},
        "tool_choice": asked.get("tool_choice") or "auto",
        "tools": asked.get("tools") or [],
        "top_p": asked.get("top_p", 1.0),
        "truncation": "disabled",
        "user": asked.get("user"),
    }


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": 0},
        "output_tokens": usage.completion,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.total,
    }
