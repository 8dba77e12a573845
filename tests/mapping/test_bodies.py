"""What went over the wire, as a conversation."""

from __future__ import annotations

from typing import Any

import pytest

from audittrail.receiver.mapping.messages import as_messages

CALL = {"id": "c1", "name": "get_weather", "arguments": {"city": "Paris"}}


def _text(role: str, text: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": [{"type": "text", "text": text}], **more}


def _langchain(kind: str, **held: Any) -> dict[str, Any]:
    return {"lc": 1, "type": "constructor", "id": ["langchain"], "kwargs": {"type": kind, **held}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "seed": 7},
            [_text("user", "hi")],
        ),
        (
            {
                "id": "c",
                "choices": [
                    {"finish_reason": "stop", "message": {"role": "assistant", "content": "yes"}}
                ],
            },
            [_text("assistant", "yes", finish_reason="stop")],
        ),
        (
            {"model": "gpt-4o", "instructions": "be brief", "input": "hi"},
            [_text("system", "be brief"), _text("user", "hi")],
        ),
        (
            {
                "object": "response",
                "output": [
                    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
                    {
                        "type": "function_call",
                        "call_id": "c1",
                        "name": "get_weather",
                        "arguments": '{"city": "Paris"}',
                    },
                ],
            },
            [
                {"role": "assistant", "content": [{"type": "reasoning", "text": "hm"}]},
                {"role": "assistant", "content": [], "tool_calls": [CALL]},
            ],
        ),
        (
            [
                {"role": "user", "content": "hi"},
                {"type": "function_call_output", "call_id": "c1", "output": "21C"},
            ],
            [_text("user", "hi"), _text("tool", "21C", tool_call_id="c1")],
        ),
        (
            {
                "messages": [
                    [
                        _langchain("system", content="be brief"),
                        _langchain("human", content="hi"),
                        _langchain("tool", content="21C", tool_call_id="c1"),
                    ]
                ]
            },
            [
                _text("system", "be brief"),
                _text("user", "hi"),
                _text("tool", "21C", tool_call_id="c1"),
            ],
        ),
        (
            [
                {
                    "role": "assistant",
                    "content": [
                        {"text": "I look."},
                        {
                            "toolUse": {
                                "toolUseId": "c1",
                                "name": "get_weather",
                                "input": {"city": "Paris"},
                            }
                        },
                    ],
                },
                {
                    "role": "user",
                    "content": [{"toolResult": {"toolUseId": "c1", "content": [{"text": "21C"}]}}],
                },
            ],
            [
                _text("assistant", "I look.", tool_calls=[CALL]),
                _text("tool", "21C", tool_call_id="c1"),
            ],
        ),
        (
            {"generations": [[{"text": "yes", "message": _langchain("ai", content="yes")}]]},
            [_text("assistant", "yes")],
        ),
    ],
)
def test_a_body(body: Any, expected: list[Any]) -> None:
    """Of OpenAI's APIs and of LangChain, as it was recorded."""
    assert as_messages(body) == expected


@pytest.mark.parametrize(
    "value",
    [
        {"city": "Paris"},
        {"model": "gpt-4o", "input": 7},
        {"object": "response", "output": ["text"]},
        {"choices": "none"},
        {"generations": [["text"]]},
        {"generations": []},
        {"messages": []},
        [{"type": "function_call"}, "text"],
        {"kwargs": {"type": ["human"], "content": "hi"}, "type": "constructor"},
    ],
)
def test_what_is_no_conversation(value: Any) -> None:
    """Stays what it is."""
    assert as_messages(value) is None
