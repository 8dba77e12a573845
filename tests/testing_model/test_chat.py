"""Chat completions, by the official client."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from audittrail.testing.model_server import Answer, Echo, ModelServer, Usage
from tests.testing_model.asking import CALLS, CHAT_TOOLS, MODEL, QUESTION, SAID, asked, weather


def test_a_completion_is_as_the_client_declares_it() -> None:
    """With all that the real service sends: text, calls of tools, reason, model, usage."""
    with asked(weather) as (_, client):
        got = client.chat.completions.create(model=MODEL, messages=QUESTION, tools=CHAT_TOOLS)
    ChatCompletion.model_validate(got.model_dump(), strict=True)
    [choice] = got.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content == SAID
    assert choice.message.tool_calls is not None
    assert {
        call.function.name: call.function.arguments
        for call in choice.message.tool_calls
        if call.type == "function"
    } == CALLS
    assert got.model == "gpt-4o-mini-2024-07-18"
    assert got.usage is not None
    assert got.usage.total_tokens == got.usage.prompt_tokens + got.usage.completion_tokens


def test_results_of_tools_come_back_to_the_script() -> None:
    """The script sees which tool gave what to which arguments, in the order of the messages."""
    with asked(weather) as (server, client):
        first = client.chat.completions.create(model=MODEL, messages=QUESTION, tools=CHAT_TOOLS)
        message = first.choices[0].message
        results = [
            {"role": "tool", "tool_call_id": call.id, "content": f"result {index}"}
            for index, call in enumerate(message.tool_calls or ())
        ]
        history: Any = [*QUESTION, message, *results]
        last = client.chat.completions.create(model=MODEL, messages=history, tools=CHAT_TOOLS)
    assert last.choices[0].message.content == "get_weather: result 0; get_time: result 1"
    assert last.choices[0].finish_reason == "stop"
    seen = server.requests[1]
    assert [(each.name, each.arguments) for each in seen.results] == [
        ("get_weather", {"city": "Paris"}),
        ("get_time", {"city": "Paris"}),
    ]
    assert (seen.turns, seen.question, seen.attempt) == (1, "Weather in Paris?", 1)


@pytest.mark.parametrize("with_usage", [False, True])
def test_a_stream_is_the_completion_in_pieces(with_usage: bool) -> None:
    """Put together again it is what the plain answer says, down to ids and usage."""
    options: Any = {"stream_options": {"include_usage": True}} if with_usage else {}
    question: Any = {"model": MODEL, "messages": QUESTION, "tools": CHAT_TOOLS}
    with asked(weather) as (_, client):
        plain = client.chat.completions.create(**question)
    with asked(weather) as (_, client):
        chunks = list(client.chat.completions.create(**question, stream=True, **options))
    for chunk in chunks:
        ChatCompletionChunk.model_validate(chunk.model_dump(), strict=True)
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    texts = [delta.content for delta in deltas if delta.content]
    assert len(texts) > 3
    assert "".join(texts) == plain.choices[0].message.content
    calls: dict[int, list[str]] = {}
    for delta in deltas:
        for call in delta.tool_calls or ():
            assert call.function is not None
            calls.setdefault(call.index, [call.id or "", call.function.name or "", ""])
            calls[call.index][2] += call.function.arguments or ""
    assert list(calls.values()) == [
        [call.id, call.function.name, call.function.arguments]
        for call in plain.choices[0].message.tool_calls or ()
        if call.type == "function"
    ]
    assert len([delta for delta in deltas if delta.tool_calls]) > 2 * len(calls)
    reasons = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices]
    assert [reason for reason in reasons if reason] == ["tool_calls"]
    assert [chunk.usage for chunk in chunks if chunk.usage] == [plain.usage] * with_usage
    assert {chunk.id for chunk in chunks} == {plain.id}


def test_the_asynchronous_client_streams() -> None:
    """It puts pieces together by itself, many streams at once."""

    async def ask(client: AsyncOpenAI) -> tuple[str | None, int]:
        async with client.chat.completions.stream(
            model=MODEL, messages=QUESTION, tools=CHAT_TOOLS
        ) as stream:
            message = (await stream.get_final_completion()).choices[0].message
        return message.content, len(message.tool_calls or ())

    async def ask_often(base_url: str) -> list[tuple[str | None, int]]:
        async with AsyncOpenAI(base_url=base_url, api_key="any") as client:
            return await asyncio.gather(*(ask(client) for _ in range(20)))

    with ModelServer(weather) as server:
        answers = asyncio.run(ask_often(server.base_url))
    assert answers == [(SAID, 2)] * 20
    assert sorted(each.attempt for each in server.requests) == list(range(1, 21))


def test_tokens_are_counted_by_the_rule() -> None:
    """A token for each 4 characters, 4 for each message, 3 for the answer; cached is what was
    sent before, in blocks of 64."""
    system = {"role": "system", "content": "s" * 400}
    question = {"role": "user", "content": "12345"}
    history: Any = [system, question, {"role": "assistant", "content": "12345"}, question]
    with asked(Echo()) as (_, client):
        first = client.chat.completions.create(model=MODEL, messages=history[:2]).usage
        later = client.chat.completions.create(model=MODEL, messages=history).usage
    assert first is not None
    assert later is not None
    assert (first.prompt_tokens, first.completion_tokens) == (100 + 4 + 2 + 4 + 3, 2)
    assert (later.prompt_tokens, later.completion_tokens) == (113 + 2 * (2 + 4), 2)
    details = [each.prompt_tokens_details for each in (first, later)]
    assert [each and each.cached_tokens for each in details] == [0, 64]


def test_a_script_may_say_what_it_used() -> None:
    """Its usage is sent as it is; tokens of reasoning are part of the completion."""
    given = Usage(prompt=1200, completion=90, cached=1024, reasoning=64)
    with asked(lambda request: Answer("yes", usage=given)) as (_, client):
        told = client.chat.completions.create(model=MODEL, messages=QUESTION).usage
    assert told is not None
    assert told.prompt_tokens_details is not None
    assert told.completion_tokens_details is not None
    assert (told.prompt_tokens, told.prompt_tokens_details.cached_tokens) == (1200, 1024)
    assert (told.completion_tokens, told.completion_tokens_details.reasoning_tokens) == (90, 64)
    with asked(lambda request: Answer("yes", reasoning_tokens=64)) as (_, client):
        told = client.chat.completions.create(model=MODEL, messages=QUESTION).usage
    assert told is not None
    assert told.completion_tokens == 65


def test_every_run_has_the_same_ids() -> None:
    """They count requests, so a test can say them."""
    for _ in range(2):
        with asked(weather) as (_, client):
            got = [
                client.chat.completions.create(model=MODEL, messages=QUESTION, tools=CHAT_TOOLS)
                for _ in range(2)
            ]
        assert [each.id for each in got] == ["chatcmpl-00000100", "chatcmpl-00000200"]
        calls = got[1].choices[0].message.tool_calls or []
        assert [call.id for call in calls] == ["call_00000200", "call_00000201"]
