"""Messages of many texts, most of which begin like one before: agents resend their history."""

from __future__ import annotations

import re
from collections import deque
from typing import Any, Final, NamedTuple

from audittrail.receiver.mapping.messages import Message, as_messages, parsed

__all__ = ["Histories"]

# Agents that take turns in a trace each have a history of their own.
_KEPT: Final = 8
# Shorter texts are parsed as fast as they are compared.
_LONG: Final = 4096

_SPACE: Final = " \t\r\n"
_COMMA: Final = re.compile(f"[{_SPACE}]*,")


class _History(NamedTuple):
    """``open`` is the text of a JSON array without its last bracket."""

    open: str
    messages: list[Message]


class Histories:
    """Reads messages, and of a text that goes on from one before only what is new. The same
    messages are the same objects, so they are not to be changed. Not thread-safe."""

    def __init__(self) -> None:
        self._kept: deque[_History] = deque(maxlen=_KEPT)

    def content(self, text: str) -> Any:
        """The messages that a text holds, else its value where it is JSON, else the text."""
        long = len(text) >= _LONG and text[0] == "[" and text[-1] == "]"
        messages = self._gone_on(text) if long else None
        if messages is None:
            value = parsed(text)
            messages = as_messages(value)
            if messages is None:
                return value
        if long:
            self._kept.appendleft(_History(text[:-1].rstrip(_SPACE), messages))
        return messages

    def _gone_on(self, text: str) -> list[Message] | None:
        """None if the text begins like none before, or goes on with something else."""
        for place, history in enumerate(self._kept):
            if not text.startswith(history.open):
                continue
            del self._kept[place]  # the new one says all that it says
            at = len(history.open)
            if at == len(text) - 1:
                return history.messages
            comma = _COMMA.match(text, at)
            # Elements after an element and a comma: an array of both is the two arrays together.
            new = as_messages(parsed("[" + text[comma.end() :])) if comma else None
            return None if new is None else history.messages + new
        return None
