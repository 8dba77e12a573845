"""What a stored span was given and what it returned, in the shape that readers get.

Model calls give messages (``messages``), whatever the dialect; other steps give their value,
parsed where it is JSON, or their text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson

from audittrail.receiver.mapping.content_events import collect
from audittrail.receiver.mapping.dialect import IndexedMessages
from audittrail.receiver.mapping.dialects import DIALECTS
from audittrail.receiver.mapping.histories import Histories
from audittrail.receiver.mapping.indexed import compose
from audittrail.receiver.mapping.messages import Message, as_messages, parsed, tool_call

__all__ = ["belongs", "content_of", "tool_calls_of"]

_TALKING: Final = ("llm", "agent")
_INDEXED_INPUT: Final = dict.fromkeys(
    source for each in DIALECTS for source in each.input if isinstance(source, IndexedMessages)
)
_INDEXED_OUTPUT: Final = dict.fromkeys(
    source for each in DIALECTS for source in each.output if isinstance(source, IndexedMessages)
)
_SYSTEM: Final = [key for each in DIALECTS for key in each.system]


def content_of(
    row: dict[str, Any], logs: Sequence[dict[str, Any]], histories: Histories | None = None
) -> tuple[Any, Any]:
    """(input, output) of a span row with its payload; ``logs`` are the trace's log records.
    None where nothing was recorded. ``histories`` are of rows that were read before."""
    given, returned = row["input"], row["output"]
    histories = histories or Histories()
    if row["origin"] == "rest":
        return _rest_value(given), _rest_value(returned)
    attributes: dict[str, Any] = _json(row["attributes"]) or {}
    talking = row["span_type"] in _TALKING
    indexed = (_INDEXED_INPUT, _INDEXED_OUTPUT) if talking else ((), ())
    given_value = _content(given, attributes, indexed[0], histories)
    returned_value = _content(returned, attributes, indexed[1], histories)
    if talking and given_value is not None:
        given_value = _with_system(_without_answer(given_value, returned_value), attributes)
    if logs and (given_value is None or returned_value is None):
        told = collect(
            (log["event_name"] or "", _json(log["attributes"]) or {}, _json(log["body"]))
            for log in logs
            if belongs(log, row)
        )
        given_value = told.input if given_value is None else given_value
        returned_value = told.output if returned_value is None else returned_value
    return given_value, returned_value


def tool_calls_of(row: dict[str, Any], returned: Any) -> list[dict[str, Any]] | None:
    """The tool calls that a span asked for: as the agent listed them, or as its answer has them."""
    listed = parsed(row["tool_calls"])
    if isinstance(listed, list):
        # The Vercel AI SDK has names of its own for what a call has.
        return [
            tool_call(each) if isinstance(each, dict) and "toolName" in each else each
            for each in listed
        ]
    if isinstance(returned, list):
        messages = [each for each in returned if isinstance(each, dict)]
        lists = [message.get("tool_calls") for message in messages]
        calls = [call for each in lists if isinstance(each, list) for call in each]
        return calls or None
    return None


def _content(
    text: str | None, attributes: dict[str, Any], indexed: Iterable[Any], histories: Histories
) -> Any:
    for source in indexed:
        messages = as_messages(compose(source, attributes))
        if messages:
            return messages
    return None if text is None else histories.content(text)


def _without_answer(given: Any, returned: Any) -> Any:
    """Pydantic AI tells a whole conversation as what was given, the answer at its end."""
    if not isinstance(returned, str) or not isinstance(given, list) or len(given) < 2:
        return given
    last = given[-1]
    if not isinstance(last, dict) or last.get("role") != "assistant":
        return given
    said = "".join(part.get("text") or "" for part in last["content"] if isinstance(part, dict))
    return given[:-1] if said == returned else given


def _with_system(given: Any, attributes: dict[str, Any]) -> Any:
    for key in _SYSTEM:
        if attributes.get(key):
            said: list[Message] | None = as_messages(
                [{"role": "system", "parts": parsed(attributes[key])}]
            )
            if said and isinstance(given, list):
                # OpenLIT tells it among the messages as well.
                told = given[: len(said)] == said
                return given if told else said + given
    return given


def belongs(log: dict[str, Any], row: dict[str, Any]) -> bool:
    """Whether a log record is about this span: by its id, else by the response's."""
    if log["span_id"] is not None:
        return bool(log["span_id"] == row["span_id"])
    return log["response_id"] is not None and log["response_id"] == row["response_id"]


def _rest_value(text: str | None) -> Any:
    """The REST API stores every value as JSON; other text is from a version that came by OTLP."""
    try:
        return _json(text)
    except orjson.JSONDecodeError:
        return text


def _json(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)
