"""When a streamed answer begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["says_something", "starts_to_answer"]

_ANSWERING: Final = ("content-block-start", "content-block-delta", "content-block-finish")


def says_something(token: Any, chunk: Any) -> bool:
    """Whether a chunk holds content, reasoning or a part of a tool call; the first ones of a
    stream often hold nothing."""
    if token:
        return True
    message = getattr(chunk, "message", None)
    if message is None:
        return bool(getattr(chunk, "text", None))
    if getattr(message, "content", None) or getattr(message, "tool_call_chunks", None):
        return True
    more = getattr(message, "additional_kwargs", None)
    return isinstance(more, Mapping) and any(
        more.get(key) for key in ("reasoning_content", "tool_calls", "function_call")
    )


def starts_to_answer(event: Any) -> bool:
    """The same for the events of LangChain's newer streams."""
    return isinstance(event, Mapping) and event.get("event") in _ANSWERING
