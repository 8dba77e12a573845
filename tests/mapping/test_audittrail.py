"""AuditTrail's own attributes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audittrail import semconv
from tests.mapping.told import told, told_all
from tests.support import otlp

FULL: dict[str, Any] = {
    semconv.SPAN_TYPE: "llm",
    semconv.HEARTBEAT: 3,
    semconv.INTERRUPTED: True,
    semconv.RETRY_ATTEMPT: 2,
    semconv.INPUT: '[{"role": "user", "content": "Weather in Paris?"}]',
    semconv.OUTPUT: "Mild.",
    semconv.MODEL: "gpt-4o-mini-2024-07-18",
    semconv.PROVIDER: "openai",
    semconv.TOKENS_IN: 1200,
    semconv.TOKENS_OUT: 85,
    semconv.TOKENS_CACHED: 1024,
    semconv.TOKENS_CACHE_WRITE: 9,
    semconv.TOKENS_REASONING: 20,
    semconv.TTFT_MS: 412.5,
    semconv.COST: 0.00042,
    semconv.TOOL_CALLS: '[{"id": "c1", "name": "get_weather", "arguments": {"city": "Paris"}}]',
    semconv.AGENT_NAME: "weather-agent",
    semconv.ENVIRONMENT: "production",
    semconv.SESSION_ID: "thread-42",
    semconv.USER_ID: "user-7",
    semconv.FRAMEWORK: "langgraph",
}


def test_every_attribute_arrives() -> None:
    """All of them on one span, each in the field it is for, and all of them kept."""
    span = told(FULL)
    expected = {
        "span_type": "llm",
        "input": [{"role": "user", "content": [{"type": "text", "text": "Weather in Paris?"}]}],
        "output": "Mild.",
        "model": "gpt-4o-mini-2024-07-18",
        "provider": "openai",
        "tokens_in": 1200,
        "tokens_out": 85,
        "tokens_cached": 1024,
        "tokens_cache_write": 9,
        "tokens_reasoning": 20,
        "ttft_ms": 412.5,
        "cost": 0.00042,
        "cost_source": "agent",
        "tool_calls": [{"id": "c1", "name": "get_weather", "arguments": {"city": "Paris"}}],
        "agent_name": "weather-agent",
        "environment": "production",
        "session_id": "thread-42",
        "user_id": "user-7",
        "framework": "langgraph",
        "dialect": "audittrail",
        "attributes": FULL,
    }
    assert {name: span[name] for name in expected} == expected


def test_the_example_is_complete() -> None:
    """The test above speaks of every attribute that there is, but for the one that a finished
    span must not have."""
    assert {each.key for each in semconv.ATTRIBUTES} - {semconv.RUNNING} == set(FULL)


@pytest.mark.parametrize("name", semconv.SPAN_TYPES)
def test_span_types_go_by_name(name: str) -> None:
    """In any case of letters."""
    assert told({semconv.SPAN_TYPE: name})["span_type"] == name
    assert told({semconv.SPAN_TYPE: name.upper()})["span_type"] == name


@pytest.mark.parametrize("value", ["planner", "", 7, ["llm"], None])
def test_other_span_types_are_custom(value: Any) -> None:
    """They are not lost: the attribute keeps what was said."""
    span = told({semconv.SPAN_TYPE: value, semconv.MODEL: "m"})
    assert span["span_type"] == "custom"
    assert span["attributes"][semconv.SPAN_TYPE] == value


def test_a_span_that_says_it_runs_is_running() -> None:
    """Whatever its end time says."""
    span = told({semconv.RUNNING: True}, start_ns=1_000, end_ns=2_000)
    assert (span["status"], span["end_time"]) == ("running", None)


@pytest.mark.parametrize("value", [False, "false", 0])
def test_a_span_that_does_not_say_so_has_ended(value: Any) -> None:
    """It has an end time."""
    span = told({semconv.RUNNING: value})
    assert span["status"] == "ok"
    assert span["end_time"] is not None


def test_a_span_without_an_end_is_running() -> None:
    """No attribute is needed."""
    assert told({semconv.SPAN_TYPE: "tool"}, end_ns=0)["status"] == "running"


def test_input_may_be_text_or_json() -> None:
    """Text stays text; JSON is shown as what it says; a model's messages have one shape."""
    assert told({semconv.SPAN_TYPE: "tool", semconv.INPUT: "Paris"})["input"] == "Paris"
    assert told({semconv.SPAN_TYPE: "tool", semconv.INPUT: '{"city": "Paris"}'})["input"] == {
        "city": "Paris"
    }
    assert told({semconv.SPAN_TYPE: "tool", semconv.INPUT: '{"city"'})["input"] == '{"city"'
    assert told({semconv.SPAN_TYPE: "tool", semconv.INPUT: {"city": "Paris"}})["input"] == {
        "city": "Paris"
    }


def test_no_cost_is_free_but_one_of_zero_is() -> None:
    """Who says 0 in our own words means 0."""
    free = told({semconv.COST: 0, semconv.TOKENS_IN: 10})
    assert (free["cost"], free["cost_source"]) == (0.0, "agent")
    unknown = told({semconv.TOKENS_IN: 10})
    assert (unknown["cost"], unknown["cost_source"]) == (None, "unpriced")


def test_tool_calls_that_are_no_list_are_left_alone() -> None:
    """What cannot be shown as calls stays an attribute."""
    span = told({semconv.SPAN_TYPE: "llm", semconv.TOOL_CALLS: "get_weather"})
    assert span["tool_calls"] is None
    assert span["attributes"][semconv.TOOL_CALLS] == "get_weather"


def test_the_resource_may_say_it_once_for_all() -> None:
    """Environment, session and user of a process; a span's own word goes first."""
    resource = {
        "service.name": "planner",
        "deployment.environment.name": "staging",
        "session.id": "s",
        "user.id": "u",
    }
    said = told({}, resource=resource)
    assert [said[name] for name in ("service_name", "environment", "session_id", "user_id")] == [
        "planner",
        "staging",
        "s",
        "u",
    ]
    own = told({semconv.ENVIRONMENT: "production"}, resource=resource)
    assert (own["environment"], own["session_id"]) == ("production", "s")
    old = told({}, resource={"deployment.environment": "old name"})
    assert old["environment"] == "old name"


def test_our_words_go_before_all_others() -> None:
    """Where a span speaks two dialects, ours decides, and theirs fills what ours leaves open."""
    span = told(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "asked-for",
            "gen_ai.usage.input_tokens": 57,
            "gen_ai.usage.output_tokens": 17,
            "openinference.span.kind": "AGENT",
            "input.value": "theirs",
            "output.value": "theirs",
            "session.id": "theirs",
            semconv.SPAN_TYPE: "tool",
            semconv.INPUT: "ours",
            semconv.TOKENS_IN: 100,
            semconv.SESSION_ID: "ours",
        }
    )
    expected = {
        "span_type": "tool",
        "input": "ours",
        "output": "theirs",
        "model": "asked-for",
        "tokens_in": 100,
        "tokens_out": 17,
        "session_id": "ours",
        "dialect": "audittrail",
    }
    assert {name: span[name] for name in expected} == expected
    assert span["attributes"]["input.value"] == "theirs"


def test_a_word_that_cannot_be_read_leaves_room_for_another() -> None:
    """A count that is none does not hide the one beside it."""
    span = told({semconv.TOKENS_IN: "many", "gen_ai.usage.input_tokens": 57})
    assert span["tokens_in"] == 57
    assert span["attributes"][semconv.TOKENS_IN] == "many"


def test_spans_of_one_request_are_told_apart() -> None:
    """Spans with the same keys are mapped together, and keep their own values."""
    trace_id = otlp.new_trace_id()
    spans = [
        otlp.span(
            trace_id,
            attributes={semconv.SPAN_TYPE: kind, semconv.INPUT: json.dumps({"n": number})},
        )
        for number, kind in enumerate(semconv.SPAN_TYPES * 3)
    ]
    presented = told_all(*spans)
    assert [span["span_id"] for span in presented] == [span["span_id"] for span in spans]
    assert [span["span_type"] for span in presented] == list(semconv.SPAN_TYPES * 3)
    assert [span["input"] for span in presented] == [{"n": n} for n in range(len(spans))]
