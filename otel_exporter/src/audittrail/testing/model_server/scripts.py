"""Scripts: what the model answers to what it is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from audittrail.testing.model_server.answers import Answer, ToolCall
from audittrail.testing.model_server.requests import ModelRequest, Tool

__all__ = ["Echo", "Rules", "Script", "ToolUser", "Turns"]

Script: TypeAlias = Callable[[ModelRequest], Answer]


@dataclass(frozen=True)
class Echo:
    """Says what the user said last."""

    prefix: str = ""

    def __call__(self, request: ModelRequest) -> Answer:
        return Answer(self.prefix + request.question)


@dataclass(frozen=True)
class Turns:
    """One answer for each turn, by how often the assistant has spoken; the last one again when
    there are no more. An answer may be a script of its own."""

    answers: Sequence[Answer | Script]

    def __call__(self, request: ModelRequest) -> Answer:
        answer = self.answers[min(request.turns, len(self.answers) - 1)]
        return answer if isinstance(answer, Answer) else answer(request)


@dataclass
class Rules:
    """The first script whose condition holds; else ``otherwise``.

    rules = Rules()

    @rules.when("weather")                      # a pattern in the user's last message
    def ask(request: ModelRequest) -> Answer:
        return Answer(tool_calls=[ToolCall("get_weather", {"city": "Paris"})])

    @rules.when(lambda request: request.turns == 2)
    def done(request: ModelRequest) -> Answer: ...
    """

    otherwise: Script = field(default_factory=Echo)
    rules: list[tuple[Callable[[ModelRequest], bool], Script]] = field(default_factory=list)

    def when(self, condition: str | Callable[[ModelRequest], bool]) -> Callable[[Script], Script]:
        holds = _said(condition) if isinstance(condition, str) else condition

        def register(script: Script) -> Script:
            self.rules.append((holds, script))
            return script

        return register

    def __call__(self, request: ModelRequest) -> Answer:
        for holds, script in self.rules:
            if holds(request):
                return script(request)
        return self.otherwise(request)


@dataclass(frozen=True)
class ToolUser:
    """For any agent: calls each tool on offer once, all at the same time, then says what they gave.

    Arguments are made from the tool's schema: a text is the name that the question has (its last
    word with a capital letter, but for the first word), or else the question itself; a number is
    the one in the question, or 1. Where no tool is on offer it echoes.
    """

    def __call__(self, request: ModelRequest) -> Answer:
        given = request.results_since_question
        called = {each.name for each in given}
        calls = [
            ToolCall(tool.name, _arguments(tool, request.question))
            for tool in request.tools
            if tool.name not in called
        ]
        if calls:
            return Answer(tool_calls=calls)
        known = [each for each in given if each.name in request.tool_names] or given
        said = " ".join(f"{each.name} says: {each.text}" for each in known)
        return Answer(said or f"You said: {request.question}")


def _said(pattern: str) -> Callable[[ModelRequest], bool]:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda request: compiled.search(request.question) is not None


def _arguments(tool: Tool, question: str) -> dict[str, Any]:
    properties: Mapping[str, Any] = tool.parameters.get("properties") or {}
    required = tool.parameters.get("required", list(properties))
    return {name: _value(properties.get(name) or {}, question) for name in required}


def _value(schema: Mapping[str, Any], question: str) -> Any:
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type", "string")
    if kind in ("integer", "number"):
        found = re.search(r"-?\d+(\.\d+)?", question)
        number = float(found[0]) if found else 1.0
        return int(number) if kind == "integer" or number.is_integer() else number
    if kind == "boolean":
        return True
    if kind == "array":
        return [_value(schema.get("items") or {}, question)]
    if kind == "object":
        return {}
    names = re.findall(r"(?<=\s)[A-Z][\w-]*", question)
    return names[-1] if names else question
