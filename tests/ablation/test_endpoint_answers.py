"""Calls of models go out whole, and whatever comes back is an answer or a clear error."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import pytest

from audittrail.ablation.completion import Completion, ToolCallOut
from audittrail.ablation.endpoint import Endpoint
from audittrail.ablation.failures import EndpointError
from audittrail.testing.model_server import (
    Answer,
    ModelServer,
    ToolCall,
    Usage,
)
from tests.ablation.calling import (
    KEY,
    QUESTION,
    ask,
    ask_raw,
    refused_raw,
    turns,
)
from tests.ablation.raw_server import http, raw_server, said


def test_a_whole_answer() -> None:
    """Text, calls, reason, model and tokens; the request goes out with the key and is not
    streamed."""
    answer = Answer(
        "I look.", [ToolCall("find", '{"q": broken', "c1")], usage=Usage(100, 20, 40, 8)
    )
    with ModelServer(turns(answer)) as server:
        done = ask(server, {**QUESTION, "stream": True, "stream_options": {"include_usage": True}})
    (request,) = server.requests
    assert request.body == QUESTION
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert done[:9] == (
        "I look.", (ToolCallOut("c1", "find", '{"q": broken'),), "tool_calls", False,
        "gpt-4o-2024-08-06", 100, 20, 40, 8,
    )  # fmt: skip
    assert (done.stripped, done.attempts) == ((), 1)
    assert done.duration_ms > 0


def test_without_a_key() -> None:
    """A model on this machine needs none, and gets no empty one."""
    with ModelServer() as server:
        ask(server, key=None)
        ask(server, key=" ")
    assert [each.headers.get("authorization") for each in server.requests] == [None, None]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"content": ""}, ("", (), False)),
        ({"content": None}, ("", (), False)),
        ({}, ("", (), False)),
        ({"content": None, "refusal": "I will not."}, ("I will not.", (), True)),
        ({"content": [{"type": "refusal", "refusal": "No."}]}, ("No.", (), True)),
        (
            {"content": [{"type": "text", "text": "a"}, {"type": "image"}, 3, {"text": "b"}]},
            ("ab", (), False),
        ),
        ({"content": "half \ud83d of"}, ("half ? of", (), False)),
        (
            {"function_call": {"name": "f", "arguments": "{}"}},
            ("", (ToolCallOut("", "f", "{}"),), False),
        ),
        (
            {"tool_calls": [
                {"id": "1", "function": {"name": "f", "arguments": {"a": 1}}},
                {"id": "2", "type": "custom", "custom": {"name": "g", "input": "text"}},
                {"id": "3"}, None,
            ]},
            ("", (ToolCallOut("1", "f", '{"a": 1}'), ToolCallOut("2", "g", "text")), False),
        ),
    ],
)  # fmt: skip
def test_forms_of_answers(message: Any, expected: tuple[Any, ...]) -> None:
    """A refusal or an empty answer is an answer; what endpoints do differently reads the same."""
    done, server = ask_raw(http(said(message)))
    assert isinstance(done, Completion)
    assert (done.text, done.tool_calls, done.refusal) == expected
    assert (done.tokens_in, done.tokens_out, done.tokens_cached) == (None, None, None)
    assert len(server.requests) == 1


def test_odd_usage_is_unknown() -> None:
    """Counts that are no counts are None, not an error."""
    usage = {
        "prompt_tokens": "9", "completion_tokens": -1, "prompt_tokens_details": None,
        "completion_tokens_details": {"reasoning_tokens": True}, "prompt_cache_hit_tokens": 3,
    }  # fmt: skip
    done, _ = ask_raw(http(said({"content": "x"}, usage=usage), kind=None))
    assert isinstance(done, Completion)
    assert done[5:9] == (None, None, 3, None)


def test_a_filtered_answer_is_a_refusal() -> None:
    """Whoever stopped it."""
    with ModelServer(turns(Answer("", finish_reason="content_filter"))) as server:
        done = ask(server)
    assert (done.refusal, done.finish_reason) == (True, "content_filter")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (http(b'{"choices": ['), "no valid JSON"),
        (http(b"[" * 200_000), "no valid JSON"),
        (http(b'{"a": "\xff"}'), "no valid JSON"),
        (http(b""), "no valid JSON"),
        (http([]), "no choice"),
        (http(None), "no choice"),
        (http({}), "no choice"),
        (http({"choices": []}), "no choice"),
        (http({"choices": {}}), "no choice"),
        (http({"choices": [None]}), "no choice"),
        (http({"choices": [{"message": None}]}), "no choice"),
        (http(b"<!DOCTYPE html><p>Hello", kind="text/html; charset=utf-8"), "web page"),
        (http(b"<html>Hello"), "web page"),
        (http(b"hello", kind="text/plain"), "text/plain, not JSON"),
        (http(b"data: {}", kind="text/event-stream"), "stream"),
        (http(b" " * (4 * 2**20 + 1)), "larger than 4 MiB"),
        (http(gzip.compress(b" " * 2**20), content_encoding="gzip"), "compressed"),
        (http(b"<html>", status=404, kind="text/html"), "answered 404: a web page"),
        (http(b"no\x00such\r\nthing", status=404, kind=None), "answered 404: no such thing$"),
        (http(b"", status=403), "answered 403: nothing"),
        (http({"error": {"message": "m" * 5000}}, status=400), "answered 400: m{299}…$"),
        (http({"error": {"message": "relayed", "code": 400}}), "answered 400: relayed"),
        (http({"error": "wrong"}), "answered 200: wrong"),
    ],
)
def test_what_is_no_completion(answer: bytes, words: str) -> None:
    """Each is a clear error, and is not asked for again."""
    found, server = ask_raw(answer)
    assert isinstance(found, EndpointError)
    with pytest.raises(EndpointError, match=words):
        raise found
    assert not found.retryable
    assert len(server.requests) == 1


def test_a_relayed_error_that_passes() -> None:
    """A relay's 200 with the status of the model's server inside is asked again."""
    relayed = http({"error": {"message": "busy", "code": 502}})
    done, _ = ask_raw(relayed, http(said({"content": "x"})))
    assert isinstance(done, Completion)
    assert done.attempts == 2


def test_no_protocol() -> None:
    """What is not HTTP at all is told."""
    assert "cannot be reached" in str(refused_raw(b"SSH-2.0-OpenSSH\r\n", retries=0))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    """The server must not be sent on, least of all with a key."""

    async def working() -> int:
        async with raw_server(http(said({"content": "x"}))) as other:
            away = http(b"", status=status, Location=f"{other.base_url}/chat/completions")
            async with raw_server(away) as server:
                endpoint = Endpoint(server.base_url, KEY, allow_private=True)
                with pytest.raises(EndpointError, match="redirect") as told:
                    await endpoint.chat(QUESTION)
                assert not told.value.retryable
                await endpoint.aclose()
            return len(other.requests)

    assert asyncio.run(working()) == 0


def test_what_cannot_be_written() -> None:
    """A recorded value that JSON does not have is told before anything is sent; half a character,
    which it does have, is sent as it was."""
    with ModelServer() as server:
        for value in (float("nan"), {1, 2}):
            with pytest.raises(EndpointError, match="cannot be written as JSON"):
                ask(server, {**QUESTION, "temperature": value})
        assert server.requests == []
        ask(server, {**QUESTION, "user": "\ud83d"})
    assert server.requests[0].body["user"] == "\ud83d"
