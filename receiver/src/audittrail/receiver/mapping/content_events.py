"""Content that is not in a span's attributes but in events: span events or log records.

Two forms of the OpenTelemetry conventions are in use: one event a message
(``gen_ai.user.message``, ..., ``gen_ai.choice``), and one event for the whole call
(``gen_ai.client.inference.operation.details``), which may come in several parts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from audittrail.receiver.mapping.messages import Message, as_messages, parsed

__all__ = ["EVENT_PREFIX", "Conversation", "collect"]

EVENT_PREFIX: Final = "gen_ai."

_ROLE_OF: Final = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_CHOICE: Final = "gen_ai.choice"
_DETAILS: Final = "gen_ai.client.inference.operation.details"
_OLD_FORMS: Final = {
    "gen_ai.content.prompt": "gen_ai.prompt",
    "gen_ai.content.completion": "gen_ai.completion",
}


class Conversation(NamedTuple):
    """What a model was given and what it returned; None where no event says."""

    input: list[Message] | None
    output: list[Message] | None


def collect(events: Iterable[tuple[str, dict[str, Any], Any]]) -> Conversation:
    """Put the content of events, each (name, attributes, body), together, in their order."""
    system: list[Message] = []
    given: list[Message] = []
    returned: list[Message] = []
    for name, attributes, body in events:
        if not name.startswith(EVENT_PREFIX):
            continue
        if name == _DETAILS:
            system = system or _system(attributes.get("gen_ai.system_instructions"))
            given = given or as_messages(attributes.get("gen_ai.input.messages")) or []
            returned = returned or as_messages(attributes.get("gen_ai.output.messages")) or []
        elif name in _ROLE_OF:
            given += _single(body or attributes, _ROLE_OF[name])
        elif name == _CHOICE:
            returned += _single(_choice(body or attributes), "assistant")
            if "tool.result" in attributes:  # Strands tells in one event what the tools returned
                returned += _single({"content": attributes["tool.result"]}, "tool")
        elif name in _OLD_FORMS:
            found = as_messages(attributes.get(_OLD_FORMS[name])) or []
            if name.endswith("prompt"):
                given += found
            else:
                returned += found
    return Conversation(system + given or None, returned or None)


def _system(instructions: Any) -> list[Message]:
    if not instructions:
        return []
    return as_messages([{"role": "system", "parts": parsed(instructions)}]) or []


def _single(body: Any, role: str) -> list[Message]:
    body = parsed(body)
    if isinstance(body, str):
        body = {"content": body}
    if not isinstance(body, dict):
        return []
    message = {"content": None, **body}
    for key in ("content", "tool_calls", "message"):
        if key in message:
            message[key] = parsed(message[key])
    message["role"] = message["role"] if isinstance(message.get("role"), str) else role
    return as_messages([message]) or []


def _choice(body: Any) -> Any:
    body = parsed(body)
    if not isinstance(body, dict):
        return body
    inner = parsed(body.get("message"))
    if isinstance(inner, dict):
        return {**inner, "finish_reason": body.get("finish_reason")}
    if isinstance(inner, str | list):
        return {"content": inner, "finish_reason": body.get("finish_reason")}
    return body
