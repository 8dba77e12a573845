"""Messages of any dialect in one shape.

A message is ``{"role", "content": [part], "tool_calls": [call], "tool_call_id", "name",
"finish_reason"}``; what is empty is left out, but for role and content. A part is
``{"type": "text", "text"}``, ``{"type": "reasoning", "text"}``, or any other part as it came. A
call is ``{"id", "name", "arguments"}`` with the arguments parsed where they are JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import orjson

from audittrail.receiver.mapping.bodies import listed, plain

__all__ = ["Message", "as_messages", "parsed", "tool_call"]

Message: TypeAlias = dict[str, Any]

_ROLES: Final = {"human": "user", "ai": "assistant", "model": "assistant", "function": "tool"}
_TEXT_PARTS: Final = ("text", "input_text", "output_text")
_REASONING_PARTS: Final = ("reasoning", "thinking")
_CALL_PARTS: Final = ("tool_call", "tool_use", "function_call", "tool-call")
_RESULT_PARTS: Final = ("tool_call_response", "tool_result", "function_call_output", "tool-result")

# More than any message has. JSON deeper than 254 can be read but not written again.
_MAX_DEPTH: Final = 100


def parsed(text: Any) -> Any:
    """The value of JSON text that is an object or an array; anything else as it is."""
    if isinstance(text, str) and text[:1] in ("{", "[") and text[-1:] in ("}", "]"):
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
        return text if _is_deep(text, value) else value
    return text


def _is_deep(text: str, value: Any) -> bool:
    """Whether the value of this text is nested deeper than anything meant to be read."""
    if text.count("{") + text.count("[") <= _MAX_DEPTH:
        return False
    level = [value]
    for _ in range(_MAX_DEPTH):
        items = (each.values() if isinstance(each, dict) else each for each in level)
        level = [item for inner in items for item in inner if isinstance(item, dict | list)]
        if not level:
            return False
    return True


def as_messages(value: Any) -> list[Message] | None:
    """The messages that a value holds; None if it is something else."""
    value = parsed(value)
    if isinstance(value, dict):
        value = listed(value)
    if isinstance(value, str) or not isinstance(value, list) or not value:
        return None
    items = [_unwrapped(item) for item in value]
    if not all(isinstance(item, dict) and _is_message(item) for item in items):
        return None
    return [message for item in items for message in _messages(item)]


def _unwrapped(item: Any) -> Any:
    item = parsed(item)
    if not isinstance(item, dict):
        return item
    # Choices wrap the message and keep why it ended beside it.
    if isinstance(item.get("message"), dict):
        return {**plain(item["message"]), "finish_reason": item.get("finish_reason")}
    return plain(item)


def _is_message(item: dict[str, Any]) -> bool:
    return isinstance(item.get("role"), str) and (
        not item.keys().isdisjoint(("content", "parts", "contents", "tool_calls", "function_call"))
    )


def _messages(item: dict[str, Any]) -> Iterator[Message]:
    """One message; several where one carries the results of several tool calls."""
    role: str = item["role"].lower()
    role = _ROLES.get(role, role)
    content: list[Any] = []
    calls = [tool_call(call) for call in _list(item.get("tool_calls"))]
    if isinstance(item.get("function_call"), dict):
        calls.append(tool_call(item["function_call"]))
    results: list[Message] = []
    for part in _parts(item):
        kind = part.get("type")
        if kind in _CALL_PARTS:
            calls.append(tool_call(part))
        elif kind in _RESULT_PARTS:
            results.append(_result(part))
        else:
            content.append(part)
    if content or calls or not results:
        yield _without_empty(
            role=role,
            content=content,
            tool_calls=calls,
            tool_call_id=item.get("tool_call_id") or (item.get("id") if role == "tool" else None),
            name=item.get("name"),
            finish_reason=item.get("finish_reason"),
        )
    yield from results


def _parts(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """OpenInference may tell the same text in two of these; it is content once."""
    told: list[Any] = []
    for key in ("content", "parts", "contents"):
        found = item.get(key)
        if found is None or found == "":
            continue
        parts = [_part(part) for part in (found if isinstance(found, list) else [found])]
        yield from (part for part in parts if part not in told)
        told += parts


def _part(part: Any) -> Any:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if not isinstance(part, dict):
        return {"type": "json", "value": part}
    inner = part.get("message_content")
    if isinstance(inner, dict):
        part = inner
    kind = part.get("type")
    if kind in _REASONING_PARTS:
        return {"type": "reasoning", "text": _first(part, "text", "content", "thinking")}
    if kind in _TEXT_PARTS or (kind is None and isinstance(part.get("text"), str)):
        return {"type": "text", "text": _first(part, "text", "content")}
    if kind is None and ("functionCall" in part or "function_call" in part):
        call = part.get("functionCall") or part.get("function_call")
        return {"type": "tool_call", **(call if isinstance(call, dict) else {})}
    if kind is None and ("functionResponse" in part or "function_response" in part):
        result = part.get("functionResponse") or part.get("function_response")
        return {"type": "tool_result", **(result if isinstance(result, dict) else {})}
    if kind is None:
        return _bedrock(part) or {"type": "json", "value": part}
    return part


def _bedrock(part: dict[str, Any]) -> dict[str, Any] | None:
    """A part in the form of Amazon's Converse API that is a tool's call or its result."""
    use, result = part.get("toolUse"), part.get("toolResult")
    if isinstance(use, dict):
        call_id, name = use.get("toolUseId"), use.get("name")
        return {"type": "tool_use", "id": call_id, "name": name, "input": use.get("input")}
    if isinstance(result, dict):
        told = {"id": result.get("toolUseId"), "content": result.get("content")}
        return {"type": "tool_result", **told}
    return None


def tool_call(call: Any) -> dict[str, Any]:
    """A tool call of any provider or SDK."""
    if not isinstance(call, dict):
        return {"id": None, "name": None, "arguments": parsed(call)}
    call = call["tool_call"] if isinstance(call.get("tool_call"), dict) else call
    inner = call.get("function") if isinstance(call.get("function"), dict) else {}
    arguments = _first(call, "arguments", "args", "input")
    if arguments is None and inner:
        arguments = inner.get("arguments")
    return {
        "id": _first(call, "id", "call_id", "tool_call_id", "toolCallId"),
        "name": call.get("name") or call.get("toolName") or (inner or {}).get("name"),
        "arguments": parsed(arguments),
    }


def _result(part: dict[str, Any]) -> Message:
    result = _first(part, "result", "response", "content", "output")
    if part.get("type") == "tool-result" and isinstance(result, dict) and "value" in result:
        result = result["value"]  # the Vercel AI SDK says beside it whether it is text or JSON
    holder = {"role": "tool", "content": result}
    return _without_empty(
        role="tool",
        content=list(_parts(holder)),
        tool_calls=[],
        tool_call_id=_first(part, "id", "tool_use_id", "call_id", "toolCallId"),
        name=part.get("name") or part.get("toolName"),
        finish_reason=None,
    )


def _without_empty(*, role: str, content: list[Any], **rest: Any) -> Message:
    return {"role": role, "content": content} | {k: v for k, v in rest.items() if v}


def _first(holder: dict[str, Any], *keys: str) -> Any:
    for key in keys:  # a generator takes four times as long, and there are 300 messages a span
        found = holder.get(key)
        if found is not None:
            return found
    return None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
