"""Bodies of model APIs, and LangChain's messages, as plain messages.

Instrumentations that record what went over the wire have messages inside of it: OpenAI's chat
completions and responses, and what LangChain makes of its own objects.
"""

from __future__ import annotations

from typing import Any, Final

__all__ = ["listed", "plain"]

_LANGCHAIN_ROLES: Final = {
    "human": "user",
    "ai": "assistant",
    "system": "system",
    "tool": "tool",
    "function": "tool",
    "chat": "user",
}


def listed(body: dict[str, Any]) -> Any:
    """The list of messages within a body; the body itself, alone, if it is none that is known."""
    messages = body.get("messages")
    if isinstance(messages, list):
        # LangChain asks for several conversations at once, of which there is one.
        if len(messages) == 1 and isinstance(messages[0], list):
            return messages[0]
        return messages
    if isinstance(body.get("choices"), list):
        return body["choices"]
    for name in ("contents", "replies"):  # Google's requests; what Haystack's components give
        if isinstance(body.get(name), list):
            return body[name]
    if isinstance(body.get("content"), dict) and "parts" in body["content"]:
        return [{"role": "assistant", **body["content"]}]
    generations = body.get("generations")
    if isinstance(generations, list):
        return [each for group in generations if isinstance(group, list) for each in group]
    if body.get("object") == "response" and isinstance(body.get("output"), list):
        return body["output"]
    if isinstance(body.get("model"), str) and isinstance(body.get("input"), str | list):
        return _asked(body)
    return [body]


def _asked(body: dict[str, Any]) -> Any:
    """What the responses API is asked."""
    said, told = body["input"], body.get("instructions")
    given = [{"role": "user", "content": said}] if isinstance(said, str) else said
    return [{"role": "system", "content": told}, *given] if isinstance(told, str) else given


def plain(item: dict[str, Any]) -> dict[str, Any]:
    """One message of such a list, as other dialects write it."""
    held = item.get("kwargs")
    if item.get("type") == "constructor" and isinstance(held, dict):
        item = held
    kind = item.get("type")
    if not isinstance(kind, str) or "role" in item:
        return item
    if kind in _LANGCHAIN_ROLES and "content" in item:
        return {**item, "role": _LANGCHAIN_ROLES[kind]}
    if kind == "function_call":
        return {"role": "assistant", "content": None, "tool_calls": [item]}
    if kind == "function_call_output":
        return {"role": "tool", "content": item.get("output"), "tool_call_id": item.get("call_id")}
    if kind == "reasoning":
        return {"role": "assistant", "content": [{"type": "reasoning", "text": _summary(item)}]}
    return item


def _summary(item: dict[str, Any]) -> str:
    parts = item.get("summary") or item.get("content") or []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return "\n".join(text for text in texts if isinstance(text, str))
