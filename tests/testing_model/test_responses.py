"""Responses, by the official client and by the Agents SDK."""

from __future__ import annotations

import asyncio
from typing import Any

from agents import Agent, OpenAIResponsesModel, RunConfig, Runner, function_tool
from openai import AsyncOpenAI
from openai.types.responses import Response, ResponseFunctionToolCall

from audittrail.testing.model_server import ModelServer
from tests.testing_model.asking import CALLS, MODEL, QUESTION, RESPONSE_TOOLS, SAID, asked, weather


def test_a_response_is_as_the_client_declares_it() -> None:
    """Text and calls of tools are items of their own; instructions are the script's system."""
    with asked(weather) as (server, client):
        got = client.responses.create(
            model=MODEL, input="Weather in Paris?", instructions="Be brief.", tools=RESPONSE_TOOLS
        )
    Response.model_validate(got.model_dump(warnings=False))
    assert got.status == "completed"
    assert got.output_text == SAID
    calls = [item for item in got.output if isinstance(item, ResponseFunctionToolCall)]
    assert {call.name: call.arguments for call in calls} == CALLS
    assert got.usage is not None
    assert got.usage.total_tokens == got.usage.input_tokens + got.usage.output_tokens
    assert (server.requests[0].system, server.requests[0].tool_names) == (
        "Be brief.",
        ("get_weather", "get_time"),
    )


def test_items_of_one_answer_are_one_turn() -> None:
    """Sent back with results, the text and both calls are one message of the assistant, as they
    are in a chat."""
    with asked(weather) as (server, client):
        first = client.responses.create(model=MODEL, input=QUESTION, tools=RESPONSE_TOOLS)
        calls = [item for item in first.output if isinstance(item, ResponseFunctionToolCall)]
        results = [
            {"type": "function_call_output", "call_id": call.call_id, "output": f"result {index}"}
            for index, call in enumerate(calls)
        ]
        history: Any = [*QUESTION, *first.output, *results]
        last = client.responses.create(model=MODEL, input=history, tools=RESPONSE_TOOLS)
    assert last.output_text == "get_weather: result 0; get_time: result 1"
    seen = server.requests[1]
    assert [each.role for each in seen.messages] == ["user", "assistant", "tool", "tool"]
    assert (seen.messages[1].text, len(seen.messages[1].tool_calls)) == (SAID, 2)


def test_a_stream_ends_with_the_response() -> None:
    """Events are numbered without a gap and each is as declared; what the pieces say is what the
    completed response says, which is what the plain one says."""
    question: Any = {"model": MODEL, "input": QUESTION, "tools": RESPONSE_TOOLS}
    with asked(weather) as (_, client):
        plain = client.responses.create(**question)
    with asked(weather) as (_, client):
        events = list(client.responses.create(**question, stream=True))
    for event in events:
        type(event).model_validate(event.model_dump(warnings=False))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"
    assert events[-1].response.to_dict() == plain.to_dict()
    texts = [each.delta for each in events if each.type == "response.output_text.delta"]
    assert len(texts) > 3
    assert "".join(texts) == plain.output_text
    arguments: dict[str, str] = {}
    for each in events:
        if each.type == "response.function_call_arguments.delta":
            arguments[each.item_id] = arguments.get(each.item_id, "") + each.delta
    assert arguments == {
        item.id: item.arguments
        for item in plain.output
        if isinstance(item, ResponseFunctionToolCall)
    }


def test_an_agent_of_the_agents_sdk_runs() -> None:
    """Plain and streamed: it calls both tools and ends with what they gave."""

    @function_tool
    def get_weather(city: str) -> str:
        return f"mild in {city}"

    @function_tool
    def get_time(city: str) -> str:
        return f"noon in {city}"

    async def run(base_url: str) -> list[str]:
        async with AsyncOpenAI(base_url=base_url, api_key="any") as client:
            model = OpenAIResponsesModel(MODEL, client)
            agent = Agent("guide", model=model, tools=[get_weather, get_time])
            quiet = RunConfig(tracing_disabled=True)
            plain = await Runner.run(agent, "Weather in Paris?", run_config=quiet)
            streamed = Runner.run_streamed(agent, "Weather in Paris?", run_config=quiet)
            async for _ in streamed.stream_events():
                pass
            return [str(plain.final_output), str(streamed.final_output)]

    with ModelServer(weather) as server:
        answers = asyncio.run(run(server.base_url))
    assert answers == ["get_weather: mild in Paris; get_time: noon in Paris"] * 2
    assert [each.stream for each in server.requests] == [False, False, True, True]
