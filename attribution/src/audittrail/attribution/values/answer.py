"""What a model answered."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Answer", "ToolCall"]


@dataclass(frozen=True)
class ToolCall:
    """A tool that the model chose. ``arguments``: the JSON text as the model wrote it."""

    name: str
    arguments: str


@dataclass(frozen=True)
class Answer:
    """A response of the model. Without text and calls it is a refusal to say anything."""

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
