"""Sources: the pieces of a prompt that can be taken away one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

__all__ = ["PLACEHOLDER", "Piece", "Prompt", "PromptMessage", "Source", "SourceKind"]

SourceKind = Literal["system", "user", "assistant", "tool", "document"]

# A tool's message without its content would break the pairing of calls and results, and an empty
# one is refused by some endpoints.
PLACEHOLDER: Final = "[not available]"


@dataclass(frozen=True)
class Source:
    """A piece of a prompt that somebody or something said.

    ``span_id``: the span that wrote it, if one did. ``written_by``: the model call whose words it
    is, if it is one's, which can be explained in turn; ``asked_by``: the model call that asked for
    a tool's result; all as hexadecimal ids, and ``shown_id`` is the span's as its sender wrote it.
    ``pinned``: it is in every prompt that is asked. ``group``: the turn, or the tool. ``copy_of``:
    an earlier source that this one mostly repeats.
    """

    id: str
    kind: SourceKind
    label: str
    text: str
    span_id: str | None = None
    shown_id: str | None = None
    written_by: str | None = None
    asked_by: str | None = None
    pinned: bool = False
    group: str | None = None
    copy_of: str | None = None

    @property
    def key(self) -> str:
        """The same for the same thing in the prompts of several steps: a span's text, or a text."""
        if self.written_by is not None:
            return f"llm:{self.written_by}"
        if self.span_id is not None and self.kind != "document":
            return f"{self.kind}:{self.span_id}"
        return f"{self.kind}:{self.text.strip()}"


@dataclass(frozen=True)
class Piece:
    """A part of a message's text, and the source it belongs to."""

    source: str
    text: str


@dataclass(frozen=True)
class PromptMessage:
    """``role`` and ``tool_calls`` as chat completions have them; ``parts`` are what is no text,
    such as images."""

    role: str
    pieces: tuple[Piece, ...]
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    tool_call_id: str | None = None
    parts: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Prompt:
    """A recorded prompt, taken apart. ``notices`` say what of it cannot be asked again."""

    messages: tuple[PromptMessage, ...]
    sources: tuple[Source, ...]
    notices: tuple[str, ...] = ()

    @property
    def players(self) -> list[Source]:
        """The sources that are taken away, in order."""
        return [source for source in self.sources if not source.pinned]

    def without(self, removed: frozenset[str] | set[str]) -> list[dict[str, Any]]:
        """The messages of a chat completion, without these sources."""
        kinds = {source.id: source.kind for source in self.sources}
        return [_message(each, removed, kinds) for each in self.messages]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Prompt:
        messages = tuple(
            PromptMessage(
                each["role"],
                tuple(Piece(**piece) for piece in each["pieces"]),
                tuple(each["tool_calls"]),
                each["tool_call_id"],
                tuple(each["parts"]),
            )
            for each in said["messages"]
        )
        sources = tuple(Source(**each) for each in said["sources"])
        return cls(messages, sources, tuple(said["notices"]))


def _message(
    message: PromptMessage, removed: frozenset[str] | set[str], kinds: Mapping[str, str]
) -> dict[str, Any]:
    text = "".join(_left(piece, removed, kinds) for piece in message.pieces)
    if not text.strip() and any(piece.source in removed for piece in message.pieces):
        text = PLACEHOLDER
    told: dict[str, Any] = {"role": message.role, "content": text}
    if message.parts:
        texts = [{"type": "text", "text": text}] if text else []
        told["content"] = [*texts, *(dict(part) for part in message.parts)]
    if message.tool_calls:
        told["tool_calls"] = [dict(call) for call in message.tool_calls]
        told["content"] = told["content"] or None
    if message.tool_call_id is not None:
        told["tool_call_id"] = message.tool_call_id
    return told


def _left(piece: Piece, removed: frozenset[str] | set[str], kinds: Mapping[str, str]) -> str:
    if piece.source not in removed:
        return piece.text
    # One of several documents is cut out in place: the others are still there to be read.
    return "" if kinds.get(piece.source) == "document" else PLACEHOLDER
