"""Streamed answers: when they began, and that they are told in full."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk

from audittrail.callback_handler import recorder
from audittrail.callback_handler.model_calls.tokens import says_something, starts_to_answer
from tests.callback_handler.models import USAGE, Streaming, streamed
from tests.callback_handler.recorded import Recorded, parsed

TTFT = "audittrail.time_to_first_token_ms"


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Every look at the clock is a second later."""
    seconds = itertools.count(100.0)

    class Clock:
        monotonic = staticmethod(lambda: next(seconds))

    monkeypatch.setattr(recorder, "time", Clock)
    return seconds


def test_a_streamed_answer_is_told_in_full(recorded: Recorded) -> None:
    """Text, usage and finish reason are those of the whole stream."""
    model = Streaming(chunks=streamed("Mild ", "and ", "dry."))
    assert "".join(str(chunk.content) for chunk in model.stream("?", recorded.config()))
    said = recorded.spans[0].attributes
    assert parsed(said["gen_ai.output.messages"]) == [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "Mild and dry."}],
            "finish_reason": "stop",
        }
    ]
    assert said["gen_ai.usage.input_tokens"] == USAGE["input_tokens"]
    assert said["gen_ai.usage.output_tokens"] == USAGE["output_tokens"]
    assert said["gen_ai.response.finish_reasons"] == ("stop",)
    assert said["gen_ai.response.id"] == "chatcmpl-1"


def test_the_first_token_is_the_first_that_says_something(recorded: Recorded, ticks: Any) -> None:
    """The first chunk of a stream is empty. Time is looked at once: at the first real token."""
    list(Streaming(chunks=streamed("a", "b")).stream("?", recorded.config()))
    assert recorded.spans[0].attributes[TTFT] == 1_000.0
    assert next(ticks) == 102.0


def test_a_part_of_a_tool_call_is_a_first_token(recorded: Recorded, ticks: Any) -> None:
    """A model that answers with a call has answered."""
    piece = {"name": "search", "args": "{}", "id": "c1", "index": 0, "type": "tool_call_chunk"}
    chunks = [AIMessageChunk(""), AIMessageChunk("", tool_call_chunks=[piece])]
    list(Streaming(chunks=chunks).stream("?", recorded.config()))
    said = recorded.spans[0].attributes
    assert said[TTFT] == 1_000.0
    assert parsed(said["audittrail.tool_calls"]) == [
        {"id": "c1", "name": "search", "arguments": {}}
    ]


def test_a_call_that_is_not_streamed_has_no_first_token(recorded: Recorded) -> None:
    """Its answer comes at once."""
    from tests.callback_handler.models import Scripted, says

    Scripted(answers=[says("Hi.")]).invoke("?", recorded.config())
    assert TTFT not in recorded.spans[0].attributes


def test_async_streams_and_events_are_the_same(recorded: Recorded) -> None:
    """astream and both forms of astream_events."""
    model = Streaming(chunks=streamed("Mild ", "and ", "dry."))

    async def run() -> None:
        async for _ in model.astream("?", recorded.config()):
            pass
        async for _ in model.astream_events("?", recorded.config(), version="v2"):
            pass

    asyncio.run(run())
    assert recorded.tree() == ["chat gpt-4o-mini [llm]"] * 2
    for span in recorded.spans:
        assert span.output[0]["parts"] == [{"type": "text", "content": "Mild and dry."}]
        assert TTFT in span.attributes


def test_a_stream_that_breaks_keeps_what_came_before(recorded: Recorded) -> None:
    """The half answer, beside the error."""
    chunks = [*streamed("Mild ", "and ")[:3], ConnectionError("reset")]
    with pytest.raises(ConnectionError):
        list(Streaming(chunks=chunks).stream("?", recorded.config()))
    (span,) = recorded.spans
    assert span.status == "error"
    assert span.output[0]["parts"] == [{"type": "text", "content": "Mild and "}]


def test_what_counts_as_the_start_of_an_answer() -> None:
    """Also for odd tokens, and for the events of newer streams."""
    assert says_something("a", None)
    assert says_something([{"type": "text", "text": "a"}], None)
    assert not says_something("", None)
    assert not says_something(None, object())
    assert starts_to_answer({"event": "content-block-delta"})
    assert not starts_to_answer({"event": "message-start"})
    assert not starts_to_answer(None)
