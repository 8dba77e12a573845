"""What a span says of a model call: request, messages, answer, tool calls."""

from __future__ import annotations

import base64
from typing import Any

from langchain_core.caches import InMemoryCache
from langchain_core.messages import (
    AIMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.tools import tool

from audittrail.callback_handler.model_calls.requests import request_attributes
from tests.callback_handler.models import USAGE, Scripted, calls, says
from tests.callback_handler.recorded import Recorded, parsed

PIXEL = base64.b64encode(b"\x89PNG" + b"\0" * 300).decode()


@tool
def search(query: str) -> str:
    """Search."""
    return query


@tool
def clock() -> str:
    """Tell the time."""
    return "12:00"


def ask(recorded: Recorded, model: Any, *messages: Any) -> dict[str, Any]:
    model.invoke(list(messages) or "Hi", recorded.config())
    return recorded.spans[-1].attributes


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "content": said}


def test_the_request_is_told_as_the_conventions_say(recorded: Recorded) -> None:
    """Model, provider, operation and the parameters that were set."""
    params = {
        "model": "gpt-4o-mini",
        "temperature": 0,
        "max_tokens": 100,
        "top_p": 0.5,
        "seed": 7,
        "frequency_penalty": None,
    }
    model = Scripted(answers=[says("Hello.")], params=params)
    said = ask(recorded, model.bind(stop=["END"]))
    wanted = {
        "audittrail.span.type": "llm",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.request.temperature": 0.0,
        "gen_ai.request.max_tokens": 100,
        "gen_ai.request.top_p": 0.5,
        "gen_ai.request.seed": 7,
        "gen_ai.request.stop_sequences": ("END",),
    }
    assert {key: said.get(key) for key in wanted} == wanted
    assert "gen_ai.request.frequency_penalty" not in said


def test_parameters_are_found_where_each_integration_keeps_them() -> None:
    """In LangChain's own metadata, or one level down in the parameters."""
    metadata = {"ls_provider": "google_genai", "ls_temperature": 0.5, "ls_max_tokens": 9}
    params = {"model": "models/gemini-2.5-flash", "generation_config": {"topP": 0.1}}
    assert request_attributes(params, metadata | {"ls_stop": ["END"]}, None) == {
        "gen_ai.request.model": "gemini-2.5-flash",
        "gen_ai.provider.name": "gcp.gemini",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.top_p": 0.1,
        "gen_ai.request.stop_sequences": ["END"],
    }
    serialized = {"id": ["langchain", "chat_models", "ChatBedrock"], "kwargs": {"model_id": "nova"}}
    assert request_attributes({}, {}, serialized) == {
        "gen_ai.request.model": "nova",
        "gen_ai.provider.name": "aws.bedrock",
    }


def test_what_was_asked_is_there_when_the_run_starts(recorded: Recorded) -> None:
    """A span that is sent while it runs shows its input already."""
    ask(recorded, Scripted(answers=[says("Hello.")]), SystemMessage("Be brief."), HumanMessage("?"))
    at_start = recorded.started["chat gpt-4o-mini"]
    assert parsed(at_start["gen_ai.system_instructions"]) == [text("Be brief.")]
    assert parsed(at_start["gen_ai.input.messages"]) == [{"role": "user", "parts": [text("?")]}]
    assert at_start["gen_ai.request.model"] == "gpt-4o-mini"


def test_a_conversation_is_told_in_parts(recorded: Recorded) -> None:
    """Roles, tool calls, their results and a system message in the middle keep their places."""
    said = ask(
        recorded,
        Scripted(answers=[says("Mild.")]),
        SystemMessage("Be brief."),
        HumanMessage("Weather?", name="ann"),
        calls("search", {"query": "weather"}),
        ToolMessage("mild", tool_call_id="call_1"),
        SystemMessage("Be polite."),
        ChatMessage("Go on.", role="developer"),
    )
    assert parsed(said["gen_ai.system_instructions"]) == [text("Be brief.")]
    call = {
        "type": "tool_call",
        "id": "call_1",
        "name": "search",
        "arguments": {"query": "weather"},
    }
    assert parsed(said["gen_ai.input.messages"]) == [
        {"role": "user", "parts": [text("Weather?")], "name": "ann"},
        {"role": "assistant", "parts": [call]},
        {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": "call_1", "response": "mild"}],
        },
        {"role": "system", "parts": [text("Be polite.")]},
        {"role": "system", "parts": [text("Go on.")]},
    ]


def test_images_and_files_are_references(recorded: Recorded) -> None:
    """Their bytes are in no attribute; what they are and how large is."""
    said = ask(
        recorded,
        Scripted(answers=[says("A pixel.")]),
        HumanMessage(
            [
                {"type": "text", "text": "What is it?"},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
                {"type": "image", "source_type": "base64", "mime_type": "image/png", "data": PIXEL},
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/jpeg", "data": PIXEL},
                },
                {"type": "input_audio", "input_audio": {"data": PIXEL, "format": "wav"}},
                {"type": "file", "file": {"file_id": "file-1"}},
                {"type": "media", "mime_type": "video/mp4", "file_uri": "gs://bucket/a.mp4"},
            ]
        ),
    )
    assert PIXEL[:40] not in str(said)
    (message,) = parsed(said["gen_ai.input.messages"])
    assert [(part["type"], part.get("modality")) for part in message["parts"]] == [
        ("text", None),
        ("uri", "image"),
        ("blob", "image"),
        ("blob", "image"),
        ("blob", "image"),
        ("blob", "audio"),
        ("file", "file"),
        ("uri", "video"),
    ]
    assert message["parts"][1]["uri"] == "https://example.com/a.png"
    assert message["parts"][2]["mime_type"] == "image/png"
    assert 300 <= message["parts"][2]["size"] <= 306
    assert message["parts"][6]["file_id"] == "file-1"


def test_images_in_a_chains_state_are_references_too(recorded: Recorded) -> None:
    """The same messages pass through chains and tools."""
    from langchain_core.runnables import RunnableLambda

    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
    state = {"messages": [HumanMessage([{"type": "text", "text": "See"}, image])]}
    RunnableLambda(lambda given: given).invoke(state, recorded.config())
    (span,) = recorded.spans
    assert PIXEL[:40] not in str(span.attributes)
    (message,) = span.input["messages"]
    assert message["role"] == "user"
    assert [part["type"] for part in message["content"]] == ["text", "blob"]


def test_reasoning_is_a_part_of_the_answer(recorded: Recorded) -> None:
    """In the shapes of Anthropic, OpenAI's Responses API, LangChain and DeepSeek."""
    thought = {"type": "reasoning", "content": "Hm."}
    for content, kwargs in (
        ([{"type": "thinking", "thinking": "Hm.", "signature": "x"}, text_block("Yes.")], {}),
        (
            [
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]},
                text_block("Yes."),
            ],
            {},
        ),
        ([{"type": "reasoning", "reasoning": "Hm."}, text_block("Yes.")], {}),
        ("Yes.", {"reasoning_content": "Hm."}),
    ):
        answer = AIMessage(content, additional_kwargs=kwargs)  # type: ignore[arg-type]  # mixed blocks
        said = ask(recorded, Scripted(answers=[answer]))
        (message,) = parsed(said["gen_ai.output.messages"])
        assert message["parts"] == [thought, text("Yes.")]


def text_block(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def test_the_answer_says_who_answered_and_why_it_ended(recorded: Recorded) -> None:
    """Model, id and finish reason as the provider gave them."""
    answer = AIMessage(
        "Hello.",
        response_metadata={
            "model_name": "gpt-4o-mini-2024-07-18",
            "finish_reason": "stop",
            "id": "chatcmpl-9",
        },
        usage_metadata=USAGE,
    )
    said = ask(recorded, Scripted(answers=[answer]))
    assert said["gen_ai.response.model"] == "gpt-4o-mini-2024-07-18"
    assert said["gen_ai.response.id"] == "chatcmpl-9"
    assert said["gen_ai.response.finish_reasons"] == ("stop",)
    assert parsed(said["gen_ai.output.messages"]) == [
        {"role": "assistant", "parts": [text("Hello.")], "finish_reason": "stop"}
    ]


def test_finish_reasons_of_other_providers_are_found(recorded: Recorded) -> None:
    """Anthropic's stop_reason, Bedrock's stopReason, and what generation_info says."""
    for holder in ({"stop_reason": "end_turn"}, {"stopReason": "end_turn"}):
        said = ask(recorded, Scripted(answers=[AIMessage("Hi.", response_metadata=holder)]))
        assert said["gen_ai.response.finish_reasons"] == ("end_turn",)
    model = Scripted(answers=[AIMessage("Hi.")], generation_info={"finish_reason": "length"})
    assert ask(recorded, model)["gen_ai.response.finish_reasons"] == ("length",)


def test_an_id_that_langchain_makes_up_is_not_the_response_id(recorded: Recorded) -> None:
    """Nobody could look it up at the provider."""
    assert "gen_ai.response.id" not in ask(recorded, Scripted(answers=[AIMessage("Hi.")]))
    said = ask(recorded, Scripted(answers=[AIMessage("Hi.", id="msg_01")]))
    assert said["gen_ai.response.id"] == "msg_01"


def test_a_tool_call_says_what_it_was_selected_from(recorded: Recorded) -> None:
    """Id, name, arguments, and the tools that were on offer."""
    model = Scripted(answers=[calls("search", {"query": "weather"})])
    said = ask(recorded, model.bind_tools([search, clock]))
    assert parsed(said["audittrail.tool_calls"]) == [
        {
            "id": "call_1",
            "name": "search",
            "arguments": {"query": "weather"},
            "selected_from": ["search", "clock"],
        }
    ]


def test_tools_are_found_in_every_providers_declaration(recorded: Recorded) -> None:
    """OpenAI's, Anthropic's, Google's, Bedrock's and the older functions."""
    for declared in (
        {"tools": [{"type": "function", "function": {"name": "search"}}]},
        {"tools": [{"name": "search", "input_schema": {}}]},
        {"tools": [{"function_declarations": [{"name": "search"}]}]},
        {"toolConfig": {"tools": [{"toolSpec": {"name": "search"}}]}},
        {"functions": [{"name": "search"}]},
        {"tools": [search]},
    ):
        said = ask(recorded, Scripted(answers=[calls("search", {})], params=declared))
        assert parsed(said["audittrail.tool_calls"])[0]["selected_from"] == ["search"]


def test_a_call_with_broken_arguments_is_kept(recorded: Recorded) -> None:
    """The model asked for it, although it cannot be run."""
    broken = {"id": "c1", "name": "search", "args": "{oops", "error": "bad", "type": "x"}
    answer = AIMessage("", invalid_tool_calls=[{**broken, "type": "invalid_tool_call"}])
    said = ask(recorded, Scripted(answers=[answer]))
    assert parsed(said["audittrail.tool_calls"]) == [
        {"id": "c1", "name": "search", "arguments": "{oops"}
    ]


def test_an_answer_from_langchains_cache_used_nothing(recorded: Recorded) -> None:
    """The second time nothing is sent: no tokens, no cost."""
    model = Scripted(answers=[says("Hello.")], cache=InMemoryCache())
    assert ask(recorded, model)["gen_ai.usage.input_tokens"] == 12
    said = ask(recorded, model)
    assert said["audittrail.cost"] == 0.0
    assert "gen_ai.usage.input_tokens" not in said
    assert parsed(said["gen_ai.output.messages"])[0]["parts"] == [text("Hello.")]
