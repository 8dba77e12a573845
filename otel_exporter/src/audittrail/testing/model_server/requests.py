"""What a model is asked, in the same words for both APIs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from audittrail.testing.model_server.answers import ToolCall

__all__ = ["Malformed", "Message", "ModelRequest", "Tool", "ToolResult", "parse_request"]

Api: TypeAlias = Literal["chat", "responses", "embeddings"]


class Malformed(Exception):
    """The body is not a request that this server understands."""


@dataclass(frozen=True)
class Message:
    """One message. Only the assistant's have tool calls, only a tool's has ``tool_call_id``."""

    role: str
    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True)
class Tool:
    """A tool on offer. ``parameters`` is a JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class ToolResult:
    """What a tool gave, with the call that it answers."""

    name: str
    arguments: Any
    text: str

    @property
    def json(self) -> Any:
        """The result as a value; None where it is not JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


@dataclass(frozen=True)
class ModelRequest:
    """One request. ``attempt`` is 1, and more where the very same request came before; ``number``
    counts all requests. ``body`` is what was sent."""

    api: Api
    model: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    stream: bool
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    attempt: int = 1
    number: int = 1

    @property
    def system(self) -> str:
        """The instructions."""
        said = (each.text for each in self.messages if each.role in ("system", "developer"))
        return "\n".join(said)

    @property
    def question(self) -> str:
        """What the user said last."""
        said = [each.text for each in self.messages if each.role == "user"]
        return said[-1] if said else ""

    @property
    def turns(self) -> int:
        """How often the assistant has spoken so far."""
        return sum(1 for each in self.messages if each.role == "assistant")

    @property
    def tool_names(self) -> tuple[str, ...]:
        return tuple(tool.name for tool in self.tools)

    @property
    def results(self) -> tuple[ToolResult, ...]:
        """What tools gave so far, in the order of the messages."""
        return self._results_in(self.messages)

    @property
    def results_since_question(self) -> tuple[ToolResult, ...]:
        """Those after what the user said last."""
        asked = [at for at, each in enumerate(self.messages) if each.role == "user"]
        return self._results_in(self.messages[max(asked, default=-1) + 1 :])

    def _results_in(self, messages: Iterable[Message]) -> tuple[ToolResult, ...]:
        calls = {call.id: call for each in self.messages for call in each.tool_calls}
        given = []
        for each in messages:
            if each.role == "tool":
                call = calls.get(each.tool_call_id) or ToolCall("unknown")
                given.append(ToolResult(call.name, call.parsed, each.text))
        return tuple(given)

    def result_of(self, tool: str) -> ToolResult | None:
        """What this tool gave last, or None if it gave nothing."""
        given = [each for each in self.results if each.name == tool]
        return given[-1] if given else None


def parse_request(api: Api, body: Any) -> ModelRequest:
    """Raises Malformed."""
    if not isinstance(body, dict):
        raise Malformed("The body must be a JSON object.")
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Malformed("you must provide a model parameter")
    if body.get("n") not in (None, 1):
        raise Malformed("This server gives one choice: n must be 1.")
    if body.get("previous_response_id"):
        raise Malformed("This server keeps no conversations: send all items as input.")
    messages = tuple(_READERS[api](body))
    tools = tuple(_tools(body.get("tools") or ()))
    return ModelRequest(api, model, messages, tools, body.get("stream") is True, body)


def _chat_messages(body: Mapping[str, Any]) -> Iterable[Message]:
    for each in _objects(body.get("messages"), "messages"):
        calls = [
            ToolCall(call["function"]["name"], call["function"]["arguments"], call["id"])
            for call in each.get("tool_calls") or ()
            if "function" in call
        ]
        yield Message(
            str(each.get("role", "")),
            _text(each.get("content")),
            tuple(calls),
            each.get("tool_call_id"),
        )


def _response_messages(body: Mapping[str, Any]) -> Iterable[Message]:
    """Items in a row that the model made are one message, as they were one answer."""
    if body.get("instructions"):
        yield Message("system", str(body["instructions"]))
    given = body.get("input")
    if isinstance(given, str):
        yield Message("user", given)
        return
    texts: list[str] = []
    calls: list[ToolCall] = []
    for item in [*_objects(given, "input"), {"type": "end"}]:
        kind = item.get("type", "message")
        if kind == "reasoning":
            continue
        if kind == "function_call":
            calls.append(ToolCall(item["name"], item["arguments"], item["call_id"]))
            continue
        if kind == "message" and item.get("role") == "assistant":
            texts.append(_text(item.get("content")))
            continue
        if texts or calls:
            yield Message("assistant", "\n".join(texts), tuple(calls))
            texts, calls = [], []
        if kind == "function_call_output":
            yield Message("tool", _text(item.get("output")), tool_call_id=item.get("call_id"))
        elif kind == "message":
            yield Message(str(item.get("role", "")), _text(item.get("content")))


def _embedding_messages(body: Mapping[str, Any]) -> Iterable[Message]:
    given = body.get("input")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts:
        raise Malformed("input must be a text or an array of texts.")
    for each in texts:
        yield Message("user", each if isinstance(each, str) else json.dumps(each))


_READERS = {
    "chat": _chat_messages,
    "responses": _response_messages,
    "embeddings": _embedding_messages,
}


def _objects(given: Any, name: str) -> Sequence[Mapping[str, Any]]:
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise Malformed(f"{name} must be an array of objects.")
    return given


def _text(content: Any) -> str:
    """The texts of a content, which is text, or parts of which some are texts."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict))
        return "".join(part for part in parts if isinstance(part, str))
    return json.dumps(content, ensure_ascii=False)


def _tools(given: Iterable[Mapping[str, Any]]) -> Iterable[Tool]:
    for each in given:
        said = each.get("function", each)
        if each.get("type") == "function" and isinstance(said.get("name"), str):
            yield Tool(said["name"], said.get("description") or "", said.get("parameters") or {})
