"""LangChain's messages, in the shape of the OpenTelemetry conventions.

A message is ``{"role", "parts"}``. A part is text, reasoning, tool_call, tool_call_response, or a
reference to media (uri, file, blob).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from langchain_core.messages import BaseMessage

from audittrail.callback_handler.model_calls.media import media_part

__all__ = ["calls_of", "message", "parts_of", "reasoning_of", "role_of", "split_system"]

_ROLES: Final = {
    "human": "user",
    "ai": "assistant",
    "AIMessageChunk": "assistant",
    "HumanMessageChunk": "user",
    "SystemMessageChunk": "system",
    "ToolMessageChunk": "tool",
    "function": "tool",
    "developer": "system",
}
_REASONING: Final = ("reasoning", "thinking", "reasoning_content")
_CALLS: Final = ("tool_call", "tool_use", "function_call", "tool_call_chunk", "input_json_delta")


def role_of(said: BaseMessage) -> str:
    role = getattr(said, "role", None)
    if isinstance(role, str) and role:  # ChatMessage
        return _ROLES.get(role, role)
    return _ROLES.get(said.type, said.type)


def message(said: Any) -> dict[str, Any]:
    """One message of a model call."""
    if not isinstance(said, BaseMessage):
        return {"role": "user", "parts": [{"type": "text", "content": said}]}
    made: dict[str, Any] = {"role": role_of(said), "parts": parts_of(said)}
    if isinstance(said.name, str) and said.name:
        made["name"] = said.name
    return made


def split_system(said: Iterable[Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(parts of the system instructions, the other messages). Instructions lead; a system message
    in the middle of a conversation stays in its place."""
    instructions: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for each in said:
        made = message(each)
        if made["role"] == "system" and not others:
            instructions += made["parts"]
        else:
            others.append(made)
    return instructions, others


def parts_of(said: BaseMessage) -> list[dict[str, Any]]:
    call_id = getattr(said, "tool_call_id", None)
    parts = list(_content_parts(said.content))
    if role_of(said) == "tool":
        response: Any = parts
        if all(part.get("type") == "text" for part in parts):
            response = "".join(str(part.get("content")) for part in parts)
        return [{"type": "tool_call_response", "id": call_id, "response": response}]
    if thought := reasoning_of(said):
        parts.insert(0, {"type": "reasoning", "content": thought})
    return parts + [{"type": "tool_call", **call} for call in calls_of(said)]


def reasoning_of(said: BaseMessage) -> str | None:
    """Reasoning that is kept beside the content."""
    found = said.additional_kwargs.get("reasoning_content")
    return found if isinstance(found, str) and found else None


def calls_of(said: Any) -> list[dict[str, Any]]:
    """The tool calls that a message asks for, also those whose arguments are not valid."""
    calls = [*_dicts(getattr(said, "tool_calls", None))]
    broken = [*_dicts(getattr(said, "invalid_tool_calls", None))]
    made = [
        {"id": call.get("id"), "name": call.get("name"), "arguments": call.get("args")}
        for call in calls + broken
    ]
    old = said.additional_kwargs.get("function_call") if isinstance(said, BaseMessage) else None
    if not made and isinstance(old, Mapping):
        return [{"id": None, "name": old.get("name"), "arguments": old.get("arguments")}]
    return made


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _content_parts(content: Any) -> Iterable[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "content": content}] if content else []
    blocks = content if isinstance(content, list) else [content]
    return [part for block in blocks for part in _block_parts(block)]


def _block_parts(block: Any) -> list[dict[str, Any]]:
    if isinstance(block, str):
        return [{"type": "text", "content": block}] if block else []
    if not isinstance(block, Mapping):
        return [{"type": "text", "content": block}]
    kind = block.get("type")
    if kind in _CALLS:
        return []  # LangChain keeps it among the tool calls as well
    if kind in _REASONING:
        return _reasoning_parts(block)
    if kind in ("text", "input_text", "output_text") or (kind is None and "text" in block):
        return [{"type": "text", "content": block.get("text")}] if block.get("text") else []
    if kind == "refusal":
        return [{"type": "text", "content": block.get("refusal")}]
    if (media := media_part(block)) is not None:
        return [media]
    if isinstance(kind, str):
        return [{**block, "type": kind}]
    return [{"type": "json", "value": dict(block)}]


def _reasoning_parts(block: Mapping[str, Any]) -> list[dict[str, Any]]:
    for key in ("reasoning", "thinking", "text", "reasoning_content"):
        found = block.get(key)
        if isinstance(found, Mapping):  # Bedrock's
            found = found.get("text")
        if found:
            return [{"type": "reasoning", "content": found}]
    summary = block.get("summary")  # OpenAI's Responses API
    return [
        {"type": "reasoning", "content": each.get("text")}
        for each in _dicts(summary)
        if each.get("text")
    ]
