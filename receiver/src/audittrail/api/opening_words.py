"""What a user asked and what came back, as plain text, out of whatever shape it was recorded in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from audittrail.receiver.mapping.conversation import content_of
from audittrail.storage import Row

__all__ = ["answer_text", "asked_text", "asked_texts"]

_USERS: Final = ("user", "human")
_HOLDERS: Final = ("messages", "input", "question", "query", "prompt", "task", "topic", "text")
_RETURNED: Final = ("messages", "output", "answer", "result", "response", "final_output", "text")


def asked_texts(rows: Sequence[Row]) -> dict[str, str]:
    """By trace id: what the first of its rows says that says anything. Rows have their payload."""
    told: dict[str, str] = {}
    for row in rows:
        if row["trace_id"] not in told and (text := asked_text(content_of(row, ())[0])):
            told[row["trace_id"]] = text
    return told


def asked_text(content: Any, *, last: bool = False) -> str | None:
    """The first message of a user, or the last one; else the text itself."""
    return _text_of(content, _HOLDERS, _USERS, last)


def answer_text(content: Any) -> str | None:
    """The last message, or the text itself."""
    return _text_of(content, _RETURNED, (), True)


def _text_of(content: Any, holders: Sequence[str], roles: Sequence[str], last: bool) -> str | None:
    if isinstance(content, str):
        return content.strip() or None
    if isinstance(content, list):
        return _of_messages(content, holders, roles, last)
    if isinstance(content, dict):
        if _is_message(content):
            return _message_text(content)
        for holder in holders:
            if content.get(holder) and (found := _text_of(content[holder], holders, roles, last)):
                return found
        texts = [value for value in content.values() if isinstance(value, str) and value.strip()]
        return texts[0].strip() if len(texts) == 1 else None
    return None


def _of_messages(
    content: list[Any], holders: Sequence[str], roles: Sequence[str], last: bool
) -> str | None:
    ordered = content[::-1] if last else content
    messages = [each for each in ordered if isinstance(each, dict) and _is_message(each)]
    if not messages:
        texts = (_text_of(each, holders, roles, last) for each in ordered)
        return next(filter(None, texts), None)
    wanted = [each for each in messages if str(_role(each)).lower() in roles] if roles else messages
    return next(filter(None, map(_message_text, wanted)), None)


def _is_message(value: dict[str, Any]) -> bool:
    return _role(value) is not None and ("content" in value or "parts" in value)


def _role(message: dict[str, Any]) -> Any:
    return message.get("role") or message.get("type")


def _message_text(message: dict[str, Any]) -> str | None:
    content = message.get("content")
    if content is None:
        content = message.get("parts")
    if isinstance(content, str):
        return content.strip() or None
    if not isinstance(content, list):
        return None
    texts = [each if isinstance(each, str) else _part_text(each) for each in content]
    return "\n".join(text.strip() for text in texts if text and text.strip()) or None


def _part_text(part: Any) -> str | None:
    if not isinstance(part, dict):
        return None
    text = part.get("text") or part.get("content")
    return text if isinstance(text, str) else None
