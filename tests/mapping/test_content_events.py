"""Content of model calls that is told in span events or in log records."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.mapping.told import told
from tests.support import otlp

CHAT = {"gen_ai.operation.name": "chat"}

SYSTEM = {"role": "system", "content": [{"type": "text", "text": "Be brief."}]}
USER = {"role": "user", "content": [{"type": "text", "text": "Weather?"}]}
ASKS = {
    "role": "assistant",
    "content": [],
    "tool_calls": [{"id": "c1", "name": "weather", "arguments": {"c": "Paris"}}],
}
TOOL = {"role": "tool", "content": [{"type": "text", "text": "21"}], "tool_call_id": "c1"}
ANSWER = {
    "role": "assistant",
    "content": [{"type": "text", "text": "21 degrees."}],
    "finish_reason": "stop",
}

CALL = {"id": "c1", "type": "function"} | {
    "function": {"name": "weather", "arguments": '{"c": "Paris"}'}
}

# One event a message: (name, content).
MESSAGES: list[tuple[str, dict[str, Any]]] = [
    ("gen_ai.system.message", {"content": "Be brief."}),
    ("gen_ai.user.message", {"content": "Weather?"}),
    ("gen_ai.assistant.message", {"tool_calls": [CALL]}),
    ("gen_ai.tool.message", {"id": "c1", "content": "21"}),
    (
        "gen_ai.choice",
        {"index": 0, "finish_reason": "stop", "message": {"content": "21 degrees."}},
    ),
]

# One event a call.
DETAILS: dict[str, Any] = {
    "gen_ai.system_instructions": [{"type": "text", "content": "Be brief."}],
    "gen_ai.input.messages": [
        {"role": "user", "parts": [{"type": "text", "content": "Weather?"}]},
        {
            "role": "assistant",
            "parts": [
                {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"c": "Paris"}}
            ],
        },
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "result": "21"}]},
    ],
    "gen_ai.output.messages": [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "21 degrees."}],
            "finish_reason": "stop",
        }
    ],
}

EVENT = "gen_ai.client.inference.operation.details"


def as_text(content: dict[str, Any]) -> dict[str, Any]:
    """Structured values as JSON text, which is all that older SDKs can send."""
    return {
        key: json.dumps(value) if isinstance(value, list | dict) else value
        for key, value in content.items()
    }


def record(ids: dict[str, str], name: str, **content: Any) -> dict[str, Any]:
    return ids | {"event": name} | content


@pytest.fixture
def ids() -> dict[str, str]:
    return {"trace_id": otlp.new_trace_id(), "span_id": otlp.new_span_id()}


def shown(ids: dict[str, str], logs: list[dict[str, Any]], **attributes: Any) -> Any:
    return told(CHAT | attributes, **ids, logs=logs)


@pytest.mark.parametrize("change", [dict, as_text], ids=["maps", "text"])
def test_one_span_event_a_message(change: Any) -> None:
    """In their order, whether values are structured or JSON text."""
    events = [{"name": name, "attributes": change(content)} for name, content in MESSAGES]
    span = told(CHAT, events=events)
    assert (span["input"], span["output"]) == ([SYSTEM, USER, ASKS, TOOL], [ANSWER])
    assert [event["name"] for event in span["events"]] == [name for name, _ in MESSAGES]


@pytest.mark.parametrize("change", [dict, as_text], ids=["maps", "text"])
def test_one_span_event_a_call(change: Any) -> None:
    """The details event says all at once."""
    span = told(CHAT, events=[{"name": EVENT, "attributes": change(DETAILS)}])
    assert (span["input"], span["output"]) == ([SYSTEM, USER, ASKS, TOOL], [ANSWER])


def test_details_in_parts() -> None:
    """Several partial events of one call add up."""
    events = [{"name": EVENT, "attributes": as_text({k: v})} for k, v in DETAILS.items()]
    span = told(CHAT, events=events)
    assert (span["input"], span["output"]) == ([SYSTEM, USER, ASKS, TOOL], [ANSWER])


def test_the_first_conventions_events() -> None:
    """One event with the prompt, one with the completion."""
    span = told(
        CHAT,
        events=[
            {
                "name": "gen_ai.content.prompt",
                "attributes": {"gen_ai.prompt": '[{"role": "user", "content": "Weather?"}]'},
            },
            {
                "name": "gen_ai.content.completion",
                "attributes": {
                    "gen_ai.completion": '[{"role": "assistant", "content": "21 degrees."}]'
                },
            },
        ],
    )
    answer = {"role": "assistant", "content": ANSWER["content"]}
    assert (span["input"], span["output"]) == ([USER], [answer])


def test_a_choice_whose_message_is_a_list_of_parts() -> None:
    """The parts themselves may stand where the message belongs."""
    event = {"message": '[{"text": "21 degrees."}]', "finish_reason": "stop"}
    span = told(CHAT, events=[{"name": "gen_ai.choice", "attributes": event}])
    assert span["output"] == [ANSWER]


@pytest.mark.parametrize("change", [dict, json.dumps], ids=["maps", "text"])
def test_one_log_record_a_message(ids: dict[str, str], change: Any) -> None:
    """The body holds the message, as a map or as JSON text."""
    logs = [record(ids, name, body=change(content)) for name, content in MESSAGES]
    span = shown(ids, logs)
    assert (span["input"], span["output"]) == ([SYSTEM, USER, ASKS, TOOL], [ANSWER])


def test_the_name_of_a_record_may_be_an_attribute(ids: dict[str, str]) -> None:
    """As senders of the first log API have it."""
    logs = [
        record(ids, "", body=json.dumps(content), attributes={"event.name": name})
        for name, content in MESSAGES
    ]
    span = shown(ids, logs)
    assert (span["input"], span["output"]) == ([SYSTEM, USER, ASKS, TOOL], [ANSWER])


def test_one_log_record_a_call(ids: dict[str, str]) -> None:
    """Its attributes hold the details."""
    span = shown(ids, [record(ids, EVENT, attributes=DETAILS)])
    assert (span["input"], span["output"]) == ([SYSTEM, USER, ASKS, TOOL], [ANSWER])


def test_records_of_other_spans_say_nothing(ids: dict[str, str]) -> None:
    """Nor do records that are not about models."""
    elsewhere = ids | {"span_id": otlp.new_span_id()}
    span = shown(
        ids,
        [
            record(elsewhere, "gen_ai.user.message", body={"content": "not mine"}),
            record(ids, "app.message", body={"content": "not a model's"}),
        ],
    )
    assert (span["input"], span["output"]) == (None, None)


def test_a_record_without_a_span_belongs_to_its_response(ids: dict[str, str]) -> None:
    """Streams are logged after their span is over; the provider's response id joins them."""
    said = {"gen_ai.response.id": "r1"} | DETAILS
    nowhere = ids | {"span_id": ""}
    span = shown(ids, [record(nowhere, EVENT, attributes=said)], **{"gen_ai.response.id": "r1"})
    assert span["output"] == [ANSWER]
    other = shown(ids, [record(nowhere, EVENT, attributes=said)], **{"gen_ai.response.id": "r2"})
    assert other["output"] is None


def test_what_the_span_says_goes_first(ids: dict[str, str]) -> None:
    """Attributes, then span events, then log records; each only for what is still open."""
    events = [{"name": "gen_ai.user.message", "attributes": {"content": "by the event"}}]
    logs = [record(ids, name, body=content) for name, content in MESSAGES]
    span = told(CHAT, **ids, events=events, logs=logs)
    assert span["input"][0]["content"] == [{"type": "text", "text": "by the event"}]
    assert span["output"] == [ANSWER]
    messages = json.dumps([{"role": "user", "content": "by the attribute"}])
    span = told(CHAT | {"gen_ai.input.messages": messages}, **ids, events=events, logs=logs)
    assert span["input"][0]["content"] == [{"type": "text", "text": "by the attribute"}]
    assert span["output"] == [ANSWER]


@pytest.mark.parametrize(
    "content",
    [
        {"content": '[{"type": "text"'},
        {"content": 7},
        {"tool_calls": "none"},
        {"tool_calls": [7, None, {}, {"function": "f"}]},
        {"message": [[]]},
        {"role": ["user"], "content": {"a": b"\xff"}},
        {},
    ],
)
@pytest.mark.parametrize("name", [*(name for name, _ in MESSAGES), EVENT])
def test_broken_events_lose_nothing(name: str, content: dict[str, Any]) -> None:
    """The span is stored and can be read, and the event is kept as it came."""
    events = [
        {"name": name, "attributes": content},
        {"name": "gen_ai.user.message", "attributes": {"content": "Weather?"}},
    ]
    span = told(CHAT, events=events)
    assert USER in span["input"]
    assert len(span["events"]) == 2


def test_messages_nested_beyond_reason_stay_text() -> None:
    """Arguments deeper than JSON can be written again are shown as the text that came."""
    deep = '{"a":' * 300 + "1" + "}" * 300
    call = {"type": "tool_call", "id": "c", "name": "f", "arguments": deep}
    messages = json.dumps([{"role": "assistant", "parts": [call]}])
    span = told(CHAT, events=[{"name": EVENT, "attributes": {"gen_ai.output.messages": messages}}])
    assert span["tool_calls"] == [{"id": "c", "name": "f", "arguments": deep}]
    whole = messages.replace(json.dumps(deep), deep)
    span = told(CHAT | {"gen_ai.output.messages": whole})
    assert span["output"] == whole
