"""An answer made ready to be sent: with ids, usage and pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from audittrail.testing.model_server.answers import Answer, ToolCall, Usage
from audittrail.testing.model_server.requests import ModelRequest
from audittrail.testing.model_server.tokens import count_usage

__all__ = ["Event", "Reply", "pieces", "reply_to"]

# The models that answer under a longer name than they are asked for.
_DATED: Final = {
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4.1": "gpt-4.1-2025-04-14",
    "gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
}
_EPOCH: Final = 1_700_000_000
_ARGUMENTS_PIECE: Final = 12


@dataclass(frozen=True)
class Event:
    """One event of a stream. A ``paced`` one is a piece of the answer, and takes its time."""

    data: Any
    name: str | None = None
    paced: bool = False


@dataclass(frozen=True)
class Reply:
    """``number`` makes all ids and the time, so that they are the same in every run."""

    request: ModelRequest
    text: str | None
    tool_calls: tuple[ToolCall, ...]
    usage: Usage
    finish_reason: str
    number: int
    likelihood: float | None = None

    @property
    def model(self) -> str:
        return _DATED.get(self.request.model, self.request.model)

    @property
    def created(self) -> int:
        return _EPOCH + self.number

    def id(self, prefix: str, index: int = 0) -> str:
        return f"{prefix}{self.number:06d}{index:02d}"

    def piece_count(self) -> int:
        """How many pieces a stream of it has."""
        calls = sum(sum(1 for _ in pieces(call.text, code=True)) for call in self.tool_calls)
        return calls + sum(1 for _ in pieces(self.text or ""))


def reply_to(request: ModelRequest, answer: Answer) -> Reply:
    number = request.number
    calls = tuple(
        replace(call, id=call.id or f"call_{number:06d}{index:02d}")
        for index, call in enumerate(answer.tool_calls)
    )
    reason = answer.finish_reason or ("tool_calls" if calls else "stop")
    text = "" if answer.text is None and not calls else answer.text
    usage = count_usage(request, answer)
    return Reply(request, text, calls, usage, reason, number, answer.likelihood)


def pieces(text: str, *, code: bool = False) -> Iterator[str]:
    """Words with the space after them; pieces of the same length where it is ``code``."""
    if code:
        for start in range(0, len(text), _ARGUMENTS_PIECE):
            yield text[start : start + _ARGUMENTS_PIECE]
    else:
        yield from re.findall(r"\S+\s*|^\s+", text)
