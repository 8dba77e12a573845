"""OpenInference: flattened messages, documents, usage."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.mapping.told import told, told_all
from tests.support import otlp

LLM = {"openinference.span.kind": "LLM"}


@pytest.mark.parametrize(
    ("kind", "span_type"),
    [
        ("LLM", "llm"),
        ("TOOL", "tool"),
        ("AGENT", "agent"),
        ("CHAIN", "chain"),
        ("PROMPT", "chain"),
        ("RETRIEVER", "retriever"),
        ("EMBEDDING", "embedding"),
        ("RERANKER", "reranker"),
        ("GUARDRAIL", "guardrail"),
        ("EVALUATOR", "custom"),
        ("UNKNOWN", "custom"),
        ("llm", "llm"),
    ],
)
def test_the_kind_tells_the_span_type(kind: str, span_type: str) -> None:
    """One that is not known is custom."""
    span = told({"openinference.span.kind": kind})
    assert (span["span_type"], span["dialect"]) == (span_type, "openinference")


def test_a_text_that_is_told_twice() -> None:
    """Some messages have their text by itself and again as a part; it is shown once. Parts that
    are alike are all shown."""
    attributes = LLM | {
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "Mild.",
        "llm.output_messages.0.message.contents.0.message_content.type": "text",
        "llm.output_messages.0.message.contents.0.message_content.text": "Mild.",
        "llm.output_messages.1.message.role": "assistant",
        "llm.output_messages.1.message.contents.0.message_content.type": "text",
        "llm.output_messages.1.message.contents.0.message_content.text": "ha",
        "llm.output_messages.1.message.contents.1.message_content.type": "text",
        "llm.output_messages.1.message.contents.1.message_content.text": "ha",
    }
    texts = [[part["text"] for part in each["content"]] for each in told(attributes)["output"]]
    assert texts == [["Mild."], ["ha", "ha"]]


def test_flattened_messages() -> None:
    """Text, parts, tool calls and their results, each from keys of its own."""
    attributes = LLM | {
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": "Be brief.",
        "llm.input_messages.1.message.role": "user",
        "llm.input_messages.1.message.contents.0.message_content.type": "text",
        "llm.input_messages.1.message.contents.0.message_content.text": "Weather?",
        "llm.input_messages.1.message.contents.1.message_content.type": "image",
        "llm.input_messages.1.message.contents.1.message_content.image.image.url": "http://a/b",
        "llm.input_messages.2.message.role": "tool",
        "llm.input_messages.2.message.content": "21",
        "llm.input_messages.2.message.tool_call_id": "c0",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c1",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "weather",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"c": "Paris"}',
        "input.value": '{"messages": "as the SDK was called"}',
        "input.mime_type": "application/json",
        "output.value": "as the SDK answered",
    }
    span = told(attributes)
    calls = [{"id": "c1", "name": "weather", "arguments": {"c": "Paris"}}]
    assert span["input"] == [
        {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Weather?"},
                {"type": "image", "image": {"image": {"url": "http://a/b"}}},
            ],
        },
        {"role": "tool", "content": [{"type": "text", "text": "21"}], "tool_call_id": "c0"},
    ]
    assert span["output"] == [{"role": "assistant", "content": [], "tool_calls": calls}]
    assert span["tool_calls"] == calls
    assert span["attributes"] == attributes


def test_messages_are_in_the_order_of_their_numbers() -> None:
    """10 comes after 9, whatever order the keys have."""
    numbers = [10, 2, 0, 9, 1]
    attributes: dict[str, Any] = dict(LLM)
    for number in numbers:
        attributes[f"llm.input_messages.{number}.message.role"] = "user"
        attributes[f"llm.input_messages.{number}.message.content"] = f"text {number}"
    texts = [message["content"][0]["text"] for message in told(attributes)["input"]]
    assert texts == [f"text {number}" for number in sorted(numbers)]


def test_messages_without_a_whole_value() -> None:
    """They are the content of any kind of span then."""
    chain = {
        "openinference.span.kind": "CHAIN",
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "Weather?",
    }
    expected = [{"role": "user", "content": [{"type": "text", "text": "Weather?"}]}]
    assert told(chain)["input"] == expected


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain words", "plain words"),
        ('{"city": "Paris"}', {"city": "Paris"}),
        ('{"city": ', '{"city": '),
        ("[1, 2]", [1, 2]),
        ("7", "7"),
        (7, "7"),
        (True, "true"),
        ("", None),
        (["a", "b"], ["a", "b"]),
    ],
)
def test_values_of_other_steps(value: Any, shown: Any) -> None:
    """JSON objects and arrays are shown as such, all else as text; JSON that is not, as it is."""
    span = told({"openinference.span.kind": "TOOL", "input.value": value, "output.value": value})
    assert (span["input"], span["output"]) == (shown, shown)
    assert span["attributes"]["input.value"] == value


@pytest.mark.parametrize(
    ("kind", "prefix"),
    [("RETRIEVER", "retrieval.documents"), ("RERANKER", "reranker.output_documents")],
)
def test_documents(kind: str, prefix: str) -> None:
    """Retrieved and ranked documents, with what is known of each."""
    span = told(
        {
            "openinference.span.kind": kind,
            f"{prefix}.0.document.id": "d1",
            f"{prefix}.0.document.content": "Paris is mild.",
            f"{prefix}.0.document.score": 0.9,
            f"{prefix}.1.document.content": "Rome is hot.",
        }
    )
    assert span["output"] == [
        {"id": "d1", "content": "Paris is mild.", "score": 0.9},
        {"content": "Rome is hot."},
    ]


def test_usage_details_are_part_of_their_totals() -> None:
    """57 input tokens with 32 read from and 9 written to a cache, 17 output with 5 reasoning."""
    span = told(
        LLM
        | {
            "llm.token_count.prompt": 57,
            "llm.token_count.completion": 17,
            "llm.token_count.total": 74,
            "llm.token_count.prompt_details.cache_read": 32,
            "llm.token_count.prompt_details.cache_write": 9,
            "llm.token_count.completion_details.reasoning": 5,
        }
    )
    names = ("tokens_in", "tokens_out", "tokens_cached", "tokens_cache_write", "tokens_reasoning")
    assert [span[name] for name in names] == [57, 17, 32, 9, 5]


@pytest.mark.parametrize(
    ("attributes", "model", "provider"),
    [
        ({"llm.model_name": "gpt-4o"}, "gpt-4o", "openai"),
        ({"llm.model_name": "m", "llm.response.model_name": "m-1"}, "m-1", None),
        ({"llm.model_name": "m", "llm.provider": "azure", "llm.system": "openai"}, "m", "azure"),
        ({"llm.model_name": "m", "llm.system": "openai"}, "m", "openai"),
        ({"embedding.model_name": "text-embedding-3-small"}, "text-embedding-3-small", "openai"),
        ({"reranker.model_name": "rerank-v3"}, "rerank-v3", None),
    ],
)
def test_model_and_provider(attributes: dict[str, Any], model: str, provider: str | None) -> None:
    """Of models, embeddings and rerankers."""
    span = told(LLM | attributes)
    assert (span["model"], span["provider"]) == (model, provider)


@pytest.mark.parametrize(
    ("attributes", "agent"),
    [
        ({"agent.name": "planner", "graph.node.id": "node"}, "planner"),
        ({"metadata": '{"lc_agent_name": "planner"}', "graph.node.id": "node"}, "planner"),
        ({"metadata": {"lc_agent_name": "planner"}}, "planner"),
        ({"metadata": "not JSON", "graph.node.id": "node"}, "node"),
        ({"metadata": "[" * 100_000, "graph.node.id": "node"}, "node"),
        ({"metadata": '["lc_agent_name"]', "graph.node.id": "node"}, "node"),
    ],
)
def test_agent_names(attributes: dict[str, Any], agent: str) -> None:
    """From the attribute of that name, LangChain's metadata, or the node of a graph; metadata
    that cannot be read is passed over."""
    assert told(LLM | attributes)["agent_name"] == agent


def test_who_talks_to_whom() -> None:
    """Session and user."""
    span = told(LLM | {"session.id": "s", "user.id": "u"})
    assert (span["session_id"], span["user_id"]) == ("s", "u")


def test_a_tool_goes_by_its_own_name() -> None:
    """Its parameters are its input where nothing else is."""
    span = told(
        {
            "openinference.span.kind": "TOOL",
            "tool.name": "get_weather",
            "tool.parameters": '{"city": "Paris"}',
        },
        name="FunctionTool.run",
    )
    assert (span["name"], span["input"]) == ("get_weather", {"city": "Paris"})


def test_a_reported_cost() -> None:
    """The instrumentation's own figure."""
    span = told(LLM | {"llm.cost.total": 0.25, "llm.token_count.prompt": 57})
    assert (span["cost"], span["cost_source"]) == (0.25, "agent")


def test_the_scope_alone_tells_the_dialect_and_the_framework() -> None:
    """Spans of an OpenInference instrumentation that have no mark of it."""
    span = told({"session.id": "s"}, scope="openinference.instrumentation.crewai")
    assert (span["dialect"], span["framework"], span["span_type"]) == (
        "openinference",
        "crewai",
        "custom",
    )


def test_it_goes_before_the_general_conventions() -> None:
    """Some instrumentations speak both; what only the other says still counts."""
    span = told(
        {
            "openinference.span.kind": "AGENT",
            "gen_ai.operation.name": "chat",
            "llm.model_name": "theirs",
            "gen_ai.response.model": "the other",
            "llm.token_count.prompt": 57,
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 17,
            "input.value": "theirs",
            "gen_ai.input.messages": "[]",
        }
    )
    expected = {
        "span_type": "agent",
        "model": "theirs",
        "tokens_in": 57,
        "tokens_out": 17,
        "input": "theirs",
        "dialect": "openinference",
    }
    assert {name: span[name] for name in expected} == expected
    unknown = told({"openinference.span.kind": "", "gen_ai.operation.name": "chat"})
    assert unknown["span_type"] == "llm"


PREFIX = "llm.input_messages.0.message."


@pytest.mark.parametrize(
    "key",
    [
        PREFIX + ".".join("a" * 3000),
        PREFIX + "contents." + "9" * 5000 + ".x",
        PREFIX + "contents.\u0663.x",
        PREFIX + "content.text",
        PREFIX + "role.x",
        PREFIX,
        "llm.input_messages.99999999999999.message.content",
        "llm.input_messages.-1.message.content",
        "llm.input_messages.x.message.content",
        "llm.input_messages.1",
        "llm.input_messages..message.content",
        "llm.input_messages.0.message..",
    ],
    ids=range(12),
)
def test_hostile_keys_cost_nothing_but_themselves(key: str) -> None:
    """A key that leads nowhere, too deep or too far stays an attribute; the messages beside it
    are shown, and so is the next span."""
    good = LLM | {PREFIX + "role": "user", "llm.input_messages.2.message.content": "Weather?"}
    trace_id = otlp.new_trace_id()
    odd, plain = told_all(
        otlp.span(trace_id, attributes=good | {key: "x"}),
        otlp.span(trace_id, attributes=good),
    )
    assert odd["attributes"] == good | {key: "x"}
    assert "Weather?" in json.dumps(odd["input"])
    assert "Weather?" in json.dumps(plain["input"])


def test_a_key_that_is_a_value_and_a_prefix() -> None:
    """Both stay among the attributes; the messages have the deeper one."""
    attributes = LLM | {
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "Weather?",
        "llm.input_messages.0.message.content.note": "odd",
    }
    span = told(attributes)
    assert span["attributes"] == attributes
    assert span["input"] == [
        {"role": "user", "content": [{"type": "json", "value": {"note": "odd"}}]}
    ]
