"""How tokens are counted: by a rule that anybody can do by hand.

* A text has a token for each four characters, the last of them perhaps shorter.
* The prompt is the texts, names and arguments of its messages and the schemas of its tools, 4
  tokens more for each message and 3 more for the answer to come.
* Cached are the messages before the last answer of the assistant, which another request must have
  sent before, in whole blocks of 64.
* The completion is the text, and the name and arguments of each call of a tool, 4 more for each
  call, and what the script says of reasoning.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from audittrail.testing.model_server.answers import Answer, ToolCall, Usage
from audittrail.testing.model_server.requests import Message, ModelRequest

__all__ = ["count_text", "count_usage"]

_CHARACTERS: Final = 4
_OVERHEAD: Final = 4
_PRIMER: Final = 3
_BLOCK: Final = 64


def count_text(text: str) -> int:
    return -(-len(text) // _CHARACTERS)


def count_usage(request: ModelRequest, answer: Answer) -> Usage:
    if answer.usage is not None:
        return answer.usage
    schemas = sum(
        count_text(tool.name)
        + count_text(tool.description)
        + count_text(json.dumps(tool.parameters))
        for tool in request.tools
    )
    asked = schemas + sum(map(_count_message, request.messages)) + _PRIMER
    last = max(
        (at for at, each in enumerate(request.messages) if each.role == "assistant"), default=0
    )
    known = sum(map(_count_message, request.messages[:last]))
    written = count_text(answer.text or "") + _count_calls(answer.tool_calls)
    return Usage(
        prompt=asked,
        completion=written + answer.reasoning_tokens,
        cached=known // _BLOCK * _BLOCK,
        reasoning=answer.reasoning_tokens,
    )


def _count_message(message: Message) -> int:
    return count_text(message.text) + _count_calls(message.tool_calls) + _OVERHEAD


def _count_calls(calls: Iterable[ToolCall]) -> int:
    return sum(count_text(call.name) + count_text(call.text) + _OVERHEAD for call in calls)
