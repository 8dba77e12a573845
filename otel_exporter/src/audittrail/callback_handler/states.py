"""What chains, graphs and tools are given and return, with LangChain's objects in plain words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from langchain_core.documents import Document
from langchain_core.messages import BaseMessage
from langchain_core.prompt_values import PromptValue

from audittrail.callback_handler.model_calls.messages import calls_of, parts_of, role_of

__all__ = ["document", "plain_state", "said"]

_DEPTH: Final = 12
_ITEMS: Final = 10_000
_SCORES: Final = ("relevance_score", "score", "_score", "similarity", "distance")


def plain_state(value: Any, depth: int = 0) -> Any:
    """The value with messages, documents and commands replaced, wherever they are in it."""
    if isinstance(value, BaseMessage):
        return said(value)
    if isinstance(value, Document):
        return document(value)
    if isinstance(value, PromptValue):
        return [said(each) for each in value.to_messages()]
    if depth >= _DEPTH:
        return value
    kind = type(value)
    if isinstance(value, Mapping):
        pairs = list(islice(value.items(), _ITEMS))
        return {key: plain_state(item, depth + 1) for key, item in pairs}
    if kind in (list, tuple, set, frozenset):
        return [plain_state(item, depth + 1) for item in list(islice(value, _ITEMS))]
    if kind.__module__.startswith("langgraph.") and dataclasses.is_dataclass(value):
        # Commands and interrupts; what they leave open says nothing.
        named = {each.name: getattr(value, each.name, None) for each in dataclasses.fields(value)}
        return {key: plain_state(item, depth + 1) for key, item in named.items() if item}
    if kind.__module__ == "langgraph.types" and kind.__name__ == "Send":
        return {"node": value.node, "arg": plain_state(value.arg, depth + 1)}
    if hasattr(kind, "model_fields"):  # a state that is a pydantic model
        named = {name: getattr(value, name, None) for name in kind.model_fields}
        return {key: plain_state(item, depth + 1) for key, item in named.items()}
    return value


def said(message: BaseMessage) -> dict[str, Any]:
    """A message as {"role", "content"}: text where it is nothing but text, parts otherwise."""
    made: dict[str, Any] = {"role": role_of(message), "content": _content(message)}
    if calls := calls_of(message):
        made["tool_calls"] = calls
    for key in ("tool_call_id", "name"):
        if isinstance(value := getattr(message, key, None), str) and value:
            made[key] = value
    if getattr(message, "status", None) == "error":
        made["status"] = "error"
    return made


def _content(message: BaseMessage) -> Any:
    if isinstance(message.content, str):
        return message.content
    parts = []
    for part in parts_of(message):
        if part["type"] == "tool_call_response":
            return part["response"]
        if part["type"] == "text":
            parts.append({"type": "text", "text": part["content"]})
        elif part["type"] != "tool_call":
            parts.append(part)
    if all(part["type"] == "text" for part in parts):
        return "".join(str(part["text"]) for part in parts)
    return parts


def document(found: Any) -> dict[str, Any]:
    """A document with its id and score, where a retriever tells them."""
    if not isinstance(found, Document):
        return {"content": found}
    made: dict[str, Any] = {}
    metadata = found.metadata
    if (own_id := found.id or metadata.get("id") or metadata.get("_id")) is not None:
        made["id"] = str(own_id)
    score = next((metadata[key] for key in _SCORES if metadata.get(key) is not None), None)
    if score is not None:
        made["score"] = score
    made["content"] = found.page_content
    if metadata:
        made["metadata"] = metadata
    return made
