"""Which model calls of a trace can be explained, and which one gave the final answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from audittrail.ablation.history import History, text_of
from audittrail.ablation.recorded import Recorded, recorded_call
from audittrail.receiver.mapping.messages import parsed
from audittrail.storage import Row

__all__ = ["Target", "final_target", "targets_of"]

_ANSWERS: Final = (
    "answer", "final_answer", "final_output", "output", "result", "response", "content", "text",
    "summary", "report",
)  # fmt: skip
_FEWEST: Final = 8
NO_INPUT: Final = "No input was recorded for this call."
NO_OUTPUT: Final = "No output was recorded for this call."


class Target(NamedTuple):
    """A model call that may be explained; ``why_not`` says why it cannot be."""

    row: Row
    recorded: Recorded
    name: str
    why_not: str | None


def targets_of(history: History) -> list[Target]:
    """All outermost model calls, by start."""
    found = []
    for row in history.calls:
        recorded = recorded_call(row, history.logs)
        why_not = None
        if not recorded.messages:
            why_not = NO_INPUT
        elif not recorded.answer.text.strip() and not recorded.answer.tool_calls:
            why_not = NO_OUTPUT
        found.append(Target(row, recorded, history.outline.place(row["span_id"]), why_not))
    return found


def final_target(history: History, targets: Sequence[Target]) -> Target | None:
    """The call whose words are what the trace returned; else the last answer of the outermost
    step that has one; None where nothing can be explained."""
    able = [each for each in targets if each.why_not is None]
    answers = [each for each in able if each.recorded.answer.text.strip()
               and not each.recorded.answer.tool_calls]  # fmt: skip
    for wanted in _returned(history.root_text):
        same = [each for each in answers if each.recorded.answer.text.strip() == wanted]
        if same:
            return same[-1]
    for wanted in _returned(history.root_text):
        within = [each for each in answers if _is_part(each.recorded.answer.text.strip(), wanted)]
        if within:
            return max(within, key=lambda each: len(each.recorded.answer.text))
    if answers:
        depths = [
            sum(1 for _ in history.outline.ancestors(each.row["span_id"])) for each in answers
        ]
        least = min(depths)
        return [each for each, depth in zip(answers, depths, strict=True) if depth == least][-1]
    return able[-1] if able else None


def _is_part(text: str, whole: str) -> bool:
    return len(text) >= _FEWEST and text in whole


def _returned(stored: str | None) -> Iterator[str]:
    """What the root returned, as texts; the likeliest first."""
    value = parsed(stored)
    if isinstance(value, dict):
        for key in _ANSWERS:
            inner = value.get(key)
            if isinstance(inner, str) and inner.strip():
                yield inner.strip()
        messages = value.get("messages")
        value = messages if isinstance(messages, list) else None
    if isinstance(value, list) and value:
        last = _content(value[-1])
        if last:
            yield last
    elif isinstance(value, str) and value.strip():
        yield value.strip()


def _content(message: Any) -> str:
    if isinstance(message, str):
        return message.strip()
    if not isinstance(message, dict):
        return ""
    content = message.get("content", message.get("parts"))
    if isinstance(content, str):
        return content.strip()
    if isinstance(content, list):
        texts = (
            part.get("text", part.get("content")) for part in content if isinstance(part, dict)
        )
        return "".join(text for text in texts if isinstance(text, str)).strip()
    return text_of(content).strip() if content is not None else ""
