"""The scripts that are ready to use."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audittrail.testing.model_server import (
    Answer,
    Echo,
    ModelRequest,
    Rules,
    Script,
    ToolUser,
    Turns,
)
from tests.testing_model.asking import CHAT_TOOLS, MODEL, asked


def answers(script: Script, *questions: str) -> list[str | None]:
    """What a conversation of these questions is answered."""
    said: Any = []
    with asked(script) as (_, client):
        for question in questions:
            said.append({"role": "user", "content": question})
            got = client.chat.completions.create(model=MODEL, messages=said)
            said.append({"role": "assistant", "content": got.choices[0].message.content})
    return [each["content"] for each in said if each["role"] == "assistant"]


def test_echo() -> None:
    """Says what the user said last."""
    assert answers(Echo("You said "), "a", "b") == ["You said a", "You said b"]


def test_turns_go_by_the_conversation() -> None:
    """Not by how often the server was asked: another conversation starts anew. The last answer
    stays; an answer may be a script."""
    script = Turns([Answer("one"), lambda request: Answer(f"two to {request.question}")])
    assert answers(script, "a", "b", "c") == ["one", "two to b", "two to c"]
    assert answers(script, "a") == ["one"]


def test_the_first_rule_that_holds_answers() -> None:
    """Patterns look into the user's last message, functions at the whole request."""
    rules = Rules(otherwise=lambda request: Answer("no idea"))

    @rules.when(r"\bweather\b")
    def weather(request: ModelRequest) -> Answer:
        return Answer("mild")

    @rules.when(lambda request: request.turns == 2)
    def third(request: ModelRequest) -> Answer:
        return Answer("third")

    assert answers(rules, "Weather?", "Time?", "Time?", "weather!") == [
        "mild",
        "no idea",
        "third",
        "mild",
    ]


def test_the_tool_user_uses_every_tool_once() -> None:
    """All at the same time, with arguments from the question; then it says what they gave."""
    history: Any = [{"role": "user", "content": "How is it in Paris today?"}]
    with asked(ToolUser()) as (_, client):
        for _ in range(2):
            got = client.chat.completions.create(model=MODEL, messages=history, tools=CHAT_TOOLS)
            message = got.choices[0].message
            history.append(message)
            history += [
                {"role": "tool", "tool_call_id": call.id, "content": call.function.arguments}
                for call in message.tool_calls or ()
                if call.type == "function"
            ]
    assert message.content == (
        'get_weather says: {"city": "Paris"} get_time says: {"city": "Paris"}'
    )


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"type": "string"}, "Rome"),
        ({"type": "integer"}, 3),
        ({"type": "number"}, 3),
        ({"type": "boolean"}, True),
        ({"type": "array", "items": {"type": "integer"}}, [3]),
        ({"enum": ["c", "f"]}, "c"),
        ({"type": "string", "default": "x"}, "x"),
        ({"type": "object"}, {}),
        ({}, "Rome"),
    ],
)
def test_the_tool_user_makes_arguments_by_the_schema(schema: dict[str, Any], made: Any) -> None:
    """Required properties only; where there is no list of those, all."""
    parameters = {"type": "object", "properties": {"value": schema, "more": {"type": "string"}}}
    tool: Any = {"name": "tool", "parameters": parameters | {"required": ["value"]}}
    with asked(ToolUser()) as (_, client):
        got = client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": "Tell me of 3 days in Rome"}],
            tools=[{"type": "function", "function": tool}],
        )
    [call] = got.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert json.loads(call.function.arguments) == {"value": made}
