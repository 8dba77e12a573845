"""A model call as it was recorded, in the words of chat completions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from audittrail.ablation.history import talk_of, text_of
from audittrail.ablation.parameters import parameters_of, tools_of
from audittrail.attribution import Answer, ToolCall
from audittrail.receiver.mapping.conversation import tool_calls_of
from audittrail.receiver.mapping.messages import Message
from audittrail.storage import Row

__all__ = ["Recorded", "arguments_text", "recorded_call"]


class Recorded(NamedTuple):
    """``messages`` is empty where no input was recorded. ``tool_names`` are those on offer as far
    as anybody said, ``tools`` their definitions."""

    span_id: str
    model: str | None
    provider: str | None
    messages: list[Message]
    answer: Answer
    finish_reason: str | None
    tokens_in: int | None
    tokens_out: int | None
    tools: list[dict[str, Any]]
    tool_names: list[str]
    parameters: dict[str, float | int]


def recorded_call(row: Row, logs: Sequence[Row]) -> Recorded:
    """From a stored row with its payload; ``logs`` are the log records of its trace."""
    given, returned = talk_of(row, logs)
    attributes = orjson.loads(row["attributes"]) if row["attributes"] else {}
    calls = tool_calls_of(row, returned) or []
    tools = tools_of(attributes)
    names = [tool["function"]["name"] for tool in tools]
    for call in calls:
        offered = call.get("selected_from") if isinstance(call, dict) else None
        names += [each for each in offered or () if isinstance(each, str) and each not in names]
    return Recorded(
        span_id=row["span_id"],
        model=row["request_model"] or row["model"],
        provider=row["provider"],
        messages=_messages(given),
        answer=_answer(returned, calls),
        finish_reason=row["finish_reason"],
        tokens_in=row["tokens_in"],
        tokens_out=row["tokens_out"],
        tools=tools,
        tool_names=names,
        parameters=parameters_of(attributes),
    )


def _messages(given: Any) -> list[Message]:
    if given is None or given == "":
        return []
    if isinstance(given, list) and all(
        isinstance(each, dict) and isinstance(each.get("content"), list) for each in given
    ):
        return given
    text = given if isinstance(given, str) else orjson.dumps(given).decode()
    return [{"role": "user", "content": [{"type": "text", "text": text}]}]


def _answer(returned: Any, calls: Sequence[Any]) -> Answer:
    made = tuple(
        ToolCall(str(call.get("name") or ""), arguments_text(call.get("arguments")))
        for call in calls
        if isinstance(call, dict)
    )
    is_calls = isinstance(returned, list) and returned == list(calls)
    return Answer("" if is_calls else text_of(returned), made)


def arguments_text(arguments: Any) -> str:
    """Arguments of a tool call as the JSON that chat completions have."""
    if arguments is None:
        return "{}"
    return arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode()
