"""The OpenTelemetry conventions for generative AI: span attributes, present and past names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.mapping.told import told

CHAT = {"gen_ai.operation.name": "chat"}


@pytest.mark.parametrize(
    ("operation", "span_type"),
    [
        ("chat", "llm"),
        ("text_completion", "llm"),
        ("generate_content", "llm"),
        ("embeddings", "embedding"),
        ("retrieval", "retriever"),
        ("invoke_agent", "agent"),
        ("execute_tool", "tool"),
        ("invoke_workflow", "chain"),
        ("execute_event_loop_cycle", "chain"),
        ("create_agent", "custom"),
        ("an operation of next year", "custom"),
        ("CHAT", "llm"),
    ],
)
def test_the_operation_tells_the_span_type(operation: str, span_type: str) -> None:
    """One that is not known is custom."""
    span = told({"gen_ai.operation.name": operation})
    assert (span["span_type"], span["dialect"]) == (span_type, "otel_genai")


@pytest.mark.parametrize("operation", [7, "", None, ["chat"]])
def test_an_operation_that_is_no_text_is_custom(operation: Any) -> None:
    """The span is kept all the same."""
    assert told({"gen_ai.operation.name": operation})["span_type"] == "custom"


@pytest.mark.parametrize(
    ("attributes", "tokens"),
    [
        (
            {
                "gen_ai.usage.input_tokens": 57,
                "gen_ai.usage.output_tokens": 17,
                "gen_ai.usage.cache_read.input_tokens": 32,
                "gen_ai.usage.cache_creation.input_tokens": 9,
                "gen_ai.usage.reasoning.output_tokens": 5,
            },
            [57, 17, 32, 9, 5],
        ),
        (
            {
                "gen_ai.usage.input_tokens": 57,
                "gen_ai.usage.output_tokens": 17,
                "gen_ai.usage.cache_read_input_tokens": 32,
                "gen_ai.usage.cache_creation_input_tokens": 9,
                "gen_ai.usage.reasoning_tokens": 5,
            },
            [57, 17, 32, 9, 5],
        ),
        (
            {
                "gen_ai.usage.input_tokens": 57,
                "gen_ai.usage.output_tokens": 17,
                "gen_ai.usage.details.cache_read_tokens": 32,
                "gen_ai.usage.details.cache_write_tokens": 9,
                "gen_ai.usage.details.reasoning_tokens": 5,
            },
            [57, 17, 32, 9, 5],
        ),
        (
            {
                "gen_ai.usage.cache_write.input_tokens": 9,
                "gen_ai.usage.prompt_tokens": 57,
                "gen_ai.usage.completion_tokens": 17,
            },
            [57, 17, None, 9, None],
        ),
        (
            {
                "gen_ai.usage.input_tokens": 57,
                "gen_ai.usage.prompt_tokens": 99,
                "gen_ai.usage.output_tokens": 17,
                "gen_ai.usage.completion_tokens": 99,
            },
            [57, 17, None, None, None],
        ),
        (
            {"gen_ai.usage.input_tokens": "57", "gen_ai.usage.output_tokens": 17.0},
            [57, 17] + 3 * [None],
        ),
        ({"gen_ai.usage.input_tokens": 0}, [0, None, None, None, None]),
    ],
    ids=["present", "past", "details", "oldest", "both", "as text", "zero"],
)
def test_usage_under_every_name(attributes: dict[str, Any], tokens: list[int | None]) -> None:
    """Present names go before past ones; a detail is part of its total, as it stands."""
    span = told(CHAT | attributes)
    names = ("tokens_in", "tokens_out", "tokens_cached", "tokens_cache_write", "tokens_reasoning")
    assert [span[name] for name in names] == tokens


def test_a_cache_detail_is_not_added_to_the_input() -> None:
    """The conventions count cache reads and writes as input tokens, and reasoning as output."""
    span = told(
        CHAT
        | {
            "gen_ai.usage.input_tokens": 66,
            "gen_ai.usage.cache_read.input_tokens": 32,
            "gen_ai.usage.cache_creation.input_tokens": 9,
            "gen_ai.usage.output_tokens": 17,
            "gen_ai.usage.reasoning.output_tokens": 5,
        }
    )
    assert (span["tokens_in"], span["tokens_out"]) == (66, 17)


@pytest.mark.parametrize(
    ("attributes", "model", "request_model"),
    [
        (
            {"gen_ai.request.model": "gpt-4o", "gen_ai.response.model": "gpt-4o-2024-11-20"},
            "gpt-4o-2024-11-20",
            "gpt-4o",
        ),
        ({"gen_ai.request.model": "gpt-4o"}, "gpt-4o", "gpt-4o"),
        ({"gen_ai.response.model": "gpt-4o"}, "gpt-4o", None),
        ({"gen_ai.request.model": "gpt-4o", "gen_ai.response.model": ""}, "gpt-4o", "gpt-4o"),
        ({"gen_ai.request.model": ""}, None, None),
    ],
)
def test_the_model_that_answered_goes_before_the_one_asked_for(
    attributes: dict[str, Any], model: str | None, request_model: str | None
) -> None:
    """Both are kept."""
    span = told(CHAT | attributes)
    assert (span["model"], span["request_model"]) == (model, request_model)


@pytest.mark.parametrize(
    ("attributes", "provider", "framework"),
    [
        ({"gen_ai.provider.name": "openai"}, "openai", None),
        ({"gen_ai.system": "az.ai.openai"}, "az.ai.openai", None),
        ({"gen_ai.provider.name": "new", "gen_ai.system": "old"}, "new", None),
        ({"gen_ai.system": "langchain", "gen_ai.request.model": "gpt-4o"}, "openai", "langchain"),
        ({"gen_ai.system": "CrewAI"}, None, "crewai"),
        ({"gen_ai.request.model": "claude-haiku-4-5"}, "anthropic", None),
        ({"gen_ai.request.model": "models/gemini-2.5-pro"}, "google", None),
        ({"gen_ai.request.model": "a-model-of-our-own"}, None, None),
    ],
)
def test_the_provider_is_who_serves_the_model(
    attributes: dict[str, Any], provider: str | None, framework: str | None
) -> None:
    """A framework's name in its place is the framework; the model's name then tells who serves
    it, where it is unmistakable."""
    span = told(CHAT | attributes)
    assert (span["provider"], span["framework"]) == (provider, framework)


def test_messages_of_a_call() -> None:
    """Instructions, text, reasoning, a tool call and its result, in one shape."""
    given = [
        {"role": "user", "parts": [{"type": "text", "content": "Weather?"}]},
        {
            "role": "assistant",
            "parts": [
                {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"c": "Paris"}}
            ],
        },
        {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": "c1", "response": {"temp": 21}}],
        },
    ]
    returned = [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "It is mild."},
                {"type": "text", "content": "21 degrees."},
            ],
            "finish_reason": "stop",
        }
    ]
    attributes = CHAT | {
        "gen_ai.system_instructions": json.dumps([{"type": "text", "content": "Be brief."}]),
        "gen_ai.input.messages": json.dumps(given),
        "gen_ai.output.messages": json.dumps(returned),
        "gen_ai.response.finish_reasons": ["stop", "length"],
    }
    span = told(attributes)
    assert span["input"] == [
        {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "content": [{"type": "text", "text": "Weather?"}]},
        {
            "role": "assistant",
            "content": [],
            "tool_calls": [{"id": "c1", "name": "weather", "arguments": {"c": "Paris"}}],
        },
        {
            "role": "tool",
            "content": [{"type": "json", "value": {"temp": 21}}],
            "tool_call_id": "c1",
        },
    ]
    assert span["output"] == [
        {
            "role": "assistant",
            "content": [
                {"type": "reasoning", "text": "It is mild."},
                {"type": "text", "text": "21 degrees."},
            ],
            "finish_reason": "stop",
        }
    ]
    assert span["finish_reason"] == "stop,length"
    assert span["attributes"] == attributes


@pytest.mark.parametrize("arguments", [{"c": "Paris"}, '{"c": "Paris"}'])
def test_tool_calls_of_an_answer_are_listed(arguments: Any) -> None:
    """Their arguments may be an object or its JSON text."""
    part = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": arguments}
    message = {"role": "assistant", "parts": [part], "finish_reason": "tool_call"}
    span = told(CHAT | {"gen_ai.output.messages": json.dumps([message])})
    assert span["tool_calls"] == [{"id": "c1", "name": "weather", "arguments": {"c": "Paris"}}]


def test_messages_as_structured_attributes() -> None:
    """Arrays and maps of OTLP mean the same as their JSON text."""
    messages = [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
    native = told(CHAT | {"gen_ai.input.messages": messages})
    as_text = told(CHAT | {"gen_ai.input.messages": json.dumps(messages)})
    assert native["input"] == as_text["input"]
    assert native["attributes"]["gen_ai.input.messages"] == messages


def test_content_of_the_first_conventions() -> None:
    """Two attributes with the whole prompt and the whole answer."""
    span = told(
        CHAT
        | {
            "gen_ai.prompt": '[{"role": "user", "content": "Hi"}]',
            "gen_ai.completion": '[{"role": "assistant", "content": "Hello"}]',
        }
    )
    assert span["input"] == [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
    assert span["output"] == [{"role": "assistant", "content": [{"type": "text", "text": "Hello"}]}]


def test_a_tool_goes_by_its_own_name() -> None:
    """Its arguments and result are its input and output; an operation named like the tool's
    span is of no use to readers."""
    span = told(
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "get_weather",
            "gen_ai.tool.call.arguments": '{"city": "Paris"}',
            "gen_ai.tool.call.result": "21",
        },
        name="execute_tool get_weather",
    )
    assert (span["name"], span["span_type"]) == ("get_weather", "tool")
    assert (span["input"], span["output"]) == ({"city": "Paris"}, "21")
    assert told(CHAT | {"gen_ai.tool.name": "t"}, name="chat gpt-4o")["name"] == "chat gpt-4o"


def test_a_retriever() -> None:
    """The query and the documents."""
    documents = [{"id": "d1", "score": 0.9}]
    span = told(
        {
            "gen_ai.operation.name": "retrieval",
            "gen_ai.retrieval.query.text": "Paris",
            "gen_ai.retrieval.documents": json.dumps(documents),
        }
    )
    assert (span["span_type"], span["input"], span["output"]) == ("retriever", "Paris", documents)


def test_who_talks_to_whom() -> None:
    """Session, user and agent (a workflow is none); the names that any span may use go first."""
    span = told(
        CHAT
        | {
            "gen_ai.conversation.id": "c",
            "gen_ai.user": "u",
            "gen_ai.agent.name": "a",
            "gen_ai.workflow.name": "w",
            "gen_ai.response.id": "r",
        }
    )
    names = ("session_id", "user_id", "agent_name", "response_id")
    assert [span[name] for name in names] == ["c", "u", "a", "r"]
    general = told(CHAT | {"gen_ai.conversation.id": "c", "session.id": "s", "enduser.id": "e"})
    assert (general["session_id"], general["user_id"]) == ("s", "e")
    assert told({"gen_ai.workflow.name": "w"})["agent_name"] is None


@pytest.mark.parametrize(
    ("value", "ttft_ms"),
    [(0.4125, 412.5), (2, 2000.0), ("0.5", 500.0), (True, None), ("soon", None), ([1], None)],
)
def test_the_time_to_the_first_chunk_is_in_seconds(value: Any, ttft_ms: float | None) -> None:
    """It is shown in milliseconds; what is no time is none."""
    assert told(CHAT | {"gen_ai.response.time_to_first_chunk": value})["ttft_ms"] == ttft_ms


@pytest.mark.parametrize("key", ["gen_ai.cost.total_cost", "gen_ai.usage.cost", "operation.cost"])
def test_a_reported_cost(key: str) -> None:
    """Under any of the names in use, as a number or as text."""
    for value in (0.25, "0.25"):
        span = told(CHAT | {key: value, "gen_ai.usage.input_tokens": 57})
        assert (span["cost"], span["cost_source"]) == (0.25, "agent")
