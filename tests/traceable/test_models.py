"""Calls of models: what OpenAI's responses say of themselves is taken from them."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from audittrail.testing import Spans
from audittrail.traceable import traceable

COMPLETION = ChatCompletion.model_validate(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "message": {
                    "role": "assistant",
                    "content": "I look.",
                    "tool_calls": [
                        {
                            "id": "call_1",
                            "type": "function",
                            "function": {"name": "search", "arguments": '{"q": "x"}'},
                        }
                    ],
                },
            }
        ],
        "usage": {
            "prompt_tokens": 20,
            "completion_tokens": 5,
            "total_tokens": 25,
            "prompt_tokens_details": {"cached_tokens": 8},
            "completion_tokens_details": {"reasoning_tokens": 2},
        },
    }
)
SAID = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.request.temperature": 0.5,
    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.response.finish_reasons": ("tool_calls",),
    "gen_ai.usage.input_tokens": 20,
    "gen_ai.usage.output_tokens": 5,
    "gen_ai.usage.cache_read.input_tokens": 8,
    "gen_ai.usage.reasoning.output_tokens": 2,
}
CALL = {"type": "tool_call", "id": "call_1", "name": "search", "arguments": '{"q": "x"}'}


@pytest.mark.parametrize("response", [COMPLETION, COMPLETION.model_dump()])
def test_a_completion(spans: Spans, response: Any) -> None:
    """Model, usage, ids, and what was said, as an object or as a dictionary."""

    @traceable(span_type="llm")
    def ask(question: str, model: str, temperature: float) -> Any:
        return response

    assert ask("why", "gpt-4o-mini", 0.5) is response
    span = spans["ask"]
    assert span.attributes.items() >= SAID.items()
    assert span.output == [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "I look."}, CALL],
            "finish_reason": "tool_calls",
        }
    ]
    assert "audittrail.output" not in span.attributes


def test_usage_of_other_shapes(spans: Spans) -> None:
    """The Responses API counts cached tokens within the input, Anthropic beside it."""
    inside = {"input_tokens": 9, "output_tokens": 1, "input_tokens_details": {"cached_tokens": 4}}
    beside = {"input_tokens": 5, "output_tokens": 1, "cache_read_input_tokens": 4}

    @traceable(span_type="llm")
    def ask(usage: Any) -> Any:
        return SimpleNamespace(usage=SimpleNamespace(**usage), model="m")

    ask(inside)
    ask(beside)
    for span in spans:
        assert span.attributes["gen_ai.usage.input_tokens"] == 9
        assert span.attributes["gen_ai.usage.cache_read.input_tokens"] == 4


def test_a_stream_of_chunks(spans: Spans) -> None:
    """Their text is joined; the usage is where the stream says it."""
    deltas = [{"role": "assistant", "content": ""}, {"content": "It is "}, {"content": "mild."}, {}]
    chunks = [
        ChatCompletionChunk.model_validate(
            {
                "id": "chatcmpl-2",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": "gpt-4o-mini",
                "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
            }
        )
        for delta in deltas
    ]
    last = chunks[-1].model_copy(update={"choices": [], "usage": COMPLETION.usage})

    @traceable(span_type="llm")
    def stream() -> Iterator[ChatCompletionChunk]:
        yield from chunks
        yield last

    assert list(stream()) == [*chunks, last]
    span = spans["stream"]
    assert span.output == "It is mild."
    assert span.attributes["gen_ai.usage.output_tokens"] == 5
    assert span.attributes["gen_ai.response.model"] == "gpt-4o-mini"
    assert "audittrail.time_to_first_token_ms" in span.attributes


def test_text(spans: Spans) -> None:
    """A function that returns the answer alone is recorded as any other."""

    @traceable(span_type="llm", attributes={"gen_ai.provider.name": "mine"})
    def ask(question: str) -> str:
        return "because"

    ask("why")
    assert (spans["ask"].input, spans["ask"].output) == ({"question": "why"}, "because")
    assert spans["ask"].attributes["gen_ai.provider.name"] == "mine"


@pytest.mark.parametrize("response", [MagicMock(), {"usage": 3, "choices": [1]}, {"choices": []}])
def test_what_only_looks_like_a_response(spans: Spans, response: Any) -> None:
    """Nothing is made up, and nothing fails."""

    @traceable(span_type="llm")
    def ask() -> Any:
        return response

    assert ask() is response
    assert not [key for key in spans["ask"].attributes if key.startswith("gen_ai.usage")]
    assert spans["ask"].status == "ok"


def test_content_that_is_not_to_be_captured(spans: Spans) -> None:
    """Usage and model are no content."""

    @traceable(span_type="llm", capture_input=False, capture_output=False)
    def ask(question: str, model: str) -> Any:
        return COMPLETION

    ask("why", "gpt-4o-mini")
    span = spans["ask"]
    assert (span.input, span.output) == (None, None)
    assert span.attributes["gen_ai.usage.input_tokens"] == 20
    assert span.attributes["gen_ai.request.model"] == "gpt-4o-mini"
