"""Calls of models go out whole, and whatever comes back is an answer or a clear error."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import pytest

from audittrail.ablation.completion import Completion, ToolCallOut
from audittrail.ablation.endpoint import Endpoint
from audittrail.ablation.failures import EndpointError, EndpointRefused
from audittrail.ablation.retrying import Backoff
from audittrail.testing.model_server import (
    Answer,
    Failure,
    ModelRequest,
    ModelServer,
    Script,
    ToolCall,
    Usage,
    hangs,
    rate_limited,
    server_error,
    unauthorized,
    unsupported_parameter,
)
from tests.ablation.raw_server import RawServer, http, raw_server, said

KEY = "sk-quite-secret-1234567890"
QUESTION = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Which? 🙂"}]}
QUICK = Backoff(first=0.001, longest=0.002, longest_asked=0.05)

T = TypeVar("T")


def run(
    base_url: str, work: Callable[[Endpoint], Awaitable[T]], key: str | None = KEY, **options: Any
) -> T:
    async def working() -> T:
        endpoint = Endpoint(
            base_url, key, **{"allow_private": False, "backoff": QUICK, "retries": 3} | options
        )
        try:
            return await work(endpoint)
        finally:
            await endpoint.aclose()

    return asyncio.run(working())


def ask(server: ModelServer, body: dict[str, Any] | None = None, **options: Any) -> Completion:
    return run(server.base_url, lambda endpoint: endpoint.chat(body or QUESTION), **options)


def ask_raw(*answers: bytes | None, **options: Any) -> tuple[Completion | EndpointError, RawServer]:
    """What becomes of these answers, and the server that gave them."""

    async def working() -> tuple[Completion | EndpointError, RawServer]:
        async with raw_server(*answers) as server:
            endpoint = Endpoint(
                server.base_url,
                KEY,
                **{"allow_private": False, "backoff": QUICK, "retries": 3} | options,
            )
            try:
                return await endpoint.chat(QUESTION), server
            except EndpointError as error:
                return error, server
            finally:
                await endpoint.aclose()

    return asyncio.run(working())


def refused_raw(*answers: bytes | None, **options: Any) -> EndpointError:
    found, _ = ask_raw(*answers, **options)
    assert isinstance(found, EndpointError)
    return found


def turns(*answers: Answer) -> Script:
    """One answer after the other, the last one for ever."""
    left = list(answers)
    lock = threading.Lock()

    def script(request: ModelRequest) -> Answer:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return script


def picky(*names: str, message: str | None = None) -> Script:
    """A model that refuses these parameters, one after the other."""

    def script(request: ModelRequest) -> Answer:
        for name in names:
            if name in request.body:
                if message is None:
                    return unsupported_parameter(name)
                return Answer(error=Failure(400, message.format(name)))
        return Answer("fine")

    return script


# What is answered


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


# What is asked again


@pytest.mark.parametrize(
    "failure",
    [rate_limited(0.01), server_error(), Answer(error=Failure(529, "overloaded")),
     Answer(error=Failure(408, "too slow"))],
)  # fmt: skip
def test_what_passes_is_asked_again(failure: Answer) -> None:
    """Limits of rate and errors of the server cost attempts, not the answer."""
    with ModelServer(turns(failure, failure, Answer("at last"))) as server:
        done = ask(server)
    assert (done.text, done.attempts) == ("at last", 3)


def test_it_is_given_up() -> None:
    """After so many retries, with what the server said; later it may succeed."""
    with ModelServer(turns(server_error("all is lost"))) as server:
        with pytest.raises(EndpointError, match=r"answered 500: all is lost \(after 4 req") as told:
            ask(server)
        assert len(server.requests) == 4
    assert told.value.retryable


def test_other_errors_are_final() -> None:
    """Wrong keys and spent money do not get better by asking again."""
    spent = Answer(error=Failure(429, "You exceeded your quota.", code="insufficient_quota"))
    for failure, status in ((unauthorized(), 401), (spent, 429)):
        with ModelServer(turns(failure)) as server:
            with pytest.raises(EndpointError, match=f"answered {status}: ") as told:
                ask(server)
            assert len(server.requests) == 1
        assert not told.value.retryable


def test_a_connection_that_breaks_is_made_again() -> None:
    """Before an answer, within its head, and within its body."""
    whole = http(said({"content": "x"}))
    done, server = ask_raw(b"", b"HTTP/1.1 2", http(b'{"choi', length=99), whole)
    assert isinstance(done, Completion)
    assert (done.attempts, len(server.requests)) == (4, 4)
    assert refused_raw(http(b'{"choi', length=99)).retryable


def test_nobody_listens() -> None:
    """The error says who could not be reached, and that it may pass."""
    with ModelServer() as server:
        port = server.port
    with pytest.raises(EndpointError, match=rf"127\.0\.0\.1:{port} cannot be reached") as told:
        run(f"http://127.0.0.1:{port}", lambda endpoint: endpoint.chat(QUESTION))
    assert told.value.retryable


def test_a_model_that_never_answers() -> None:
    """Is asked twice, not for ever: what took so long may have been paid for."""
    with ModelServer(turns(hangs())) as server:
        with pytest.raises(EndpointError, match=r"did not answer within 0\.2 s") as told:
            ask(server, timeout_seconds=0.2)
        assert len(server.requests) == 2
    assert told.value.retryable


def test_so_many_at_once() -> None:
    """No more requests are open than ``at_once``, and all are answered."""
    gate, lock = threading.Semaphore(3), threading.Lock()
    over: list[int] = []

    def script(request: ModelRequest) -> Answer:
        if not gate.acquire(blocking=False):
            with lock:
                over.append(request.number)
        else:
            threading.Event().wait(0.01)
            gate.release()
        return Answer(request.question)

    async def many(endpoint: Endpoint) -> list[Completion]:
        bodies = ({**QUESTION, "user": str(number)} for number in range(20))
        return await asyncio.gather(*(endpoint.chat(body) for body in bodies))

    with ModelServer(script) as server:
        done = run(server.base_url, many, at_once=3)
    assert [each.text for each in done] == ["Which? 🙂"] * 20
    assert over == []


def test_who_cancels_leaves_nothing() -> None:
    """The connection is closed at once, and the next call is answered."""

    async def working() -> tuple[str, int]:
        async with raw_server(None, http(said({"content": "next"}))) as server:
            endpoint = Endpoint(server.base_url, KEY, allow_private=False, at_once=1)
            asking = asyncio.create_task(endpoint.chat(QUESTION))
            await server.asked.wait()
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            await server.left.wait()
            done = await endpoint.chat(QUESTION)
            await endpoint.aclose()
            return done.text, len(server.requests)

    assert asyncio.run(asyncio.wait_for(working(), 30)) == ("next", 2)


# Parameters that are refused


@pytest.mark.parametrize("name", [
    "temperature", "seed", "top_p", "n", "parallel_tool_calls", "presence_penalty",
    "frequency_penalty", "logprobs",
])  # fmt: skip
@pytest.mark.parametrize("message", [None, "This model takes no '{}' at all.", "`{}`: no."])
def test_a_refused_parameter_is_left_out(name: str, message: str | None) -> None:
    """Whether the error names it in ``param`` or in words; the rest is sent as it was."""
    body = {**QUESTION, name: 1, "stop": ["x"]}
    with ModelServer(picky(name, message=message)) as server:
        done = ask(server, body)
    assert (done.text, done.stripped, done.attempts) == ("fine", (name,), 2)
    assert server.requests[-1].body == {**QUESTION, "stop": ["x"]}


def test_a_reasoning_model_is_learned_once() -> None:
    """All that it refuses is left out in turn, the bound of its answer goes by its other name, and
    later calls of this model begin there; those of another one do not."""
    body = {**QUESTION, "temperature": 0, "seed": 1, "max_tokens": 50, "logprobs": True,
            "top_logprobs": 2}  # fmt: skip
    script = picky("max_tokens", "temperature", "logprobs", "seed")

    async def thrice(endpoint: Endpoint) -> list[Completion]:
        bodies = (body, {**body, "n": 1}, {**body, "model": "other", "temperature": 1})
        return [await endpoint.chat(each) for each in bodies]

    with ModelServer(script) as server:
        first, second, other = run(server.base_url, thrice, retries=0)
    everything = ("logprobs", "max_tokens", "seed", "temperature", "top_logprobs")
    assert (first.stripped, first.attempts) == (everything, 5)
    assert (second.stripped, second.attempts) == (everything, 1)
    assert (other.stripped, other.attempts) == (everything, 5)
    assert server.requests[5].body == {**QUESTION, "max_completion_tokens": 50, "n": 1}


def test_the_bound_of_an_answer_is_never_lost() -> None:
    """An older endpoint gets it by the older name; one that takes neither gets no request without
    it."""
    body = {**QUESTION, "max_completion_tokens": 50}
    with ModelServer(picky("max_completion_tokens")) as server:
        assert ask(server, body).stripped == ("max_completion_tokens",)
    assert server.requests[-1].body == {**QUESTION, "max_tokens": 50}
    with ModelServer(picky("max_completion_tokens", "max_tokens")) as server:
        with pytest.raises(EndpointError, match="'max_tokens' is not supported"):
            ask(server, body)
        assert len(server.requests) == 2


def test_of_two_the_lesser_goes() -> None:
    """Where an endpoint takes either temperature or top_p, temperature stays."""

    def script(request: ModelRequest) -> Answer:
        if {"temperature", "top_p"} <= request.body.keys():
            words = "`temperature` and `top_p` cannot both be specified for this model."
            return Answer(error=Failure(400, words))
        return Answer("fine")

    with ModelServer(script) as server:
        assert ask(server, {**QUESTION, "temperature": 0, "top_p": 1}).stripped == ("top_p",)


@pytest.mark.parametrize(
    "failure",
    [
        Failure(400, "Too long; reduce max_tokens.", param="messages"),
        Failure(400, "Invalid schema for function 'seed_fields'."),
        Failure(400, "No such n or m."),
        Failure(403, "temperature", param="temperature"),
        Failure(400, "You sent top_k.", param="top_k"),
    ],
)
def test_other_complaints_are_told(failure: Failure) -> None:
    """An error about something else is not mended by leaving parameters out."""
    body = {**QUESTION, "temperature": 0, "max_tokens": 5, "seed": 1, "n": 1}
    with ModelServer(turns(Answer(error=failure))) as server:
        with pytest.raises(EndpointError, match=f"answered {failure.status}"):
            ask(server, body)
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "error",
    [
        {"error": {"message": "no seed", "param": "seed"}},
        {"object": "error", "message": "no seed", "param": None},
        [{"error": {"message": "Unknown name 'seed'", "code": 400}}],
        {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]},
        {"error": "seed is not known"},
    ],
)
def test_forms_of_refusals(error: Any) -> None:
    """Of OpenAI, vLLM, Gemini, Mistral and of servers with a mere text."""

    async def working() -> Completion:
        async with raw_server(http(error, status=422), http(said({"content": "x"}))) as server:
            endpoint = Endpoint(server.base_url, None, allow_private=False)
            done = await endpoint.chat({**QUESTION, "seed": 7})
            await endpoint.aclose()
            assert b"seed" not in server.requests[1]
            return done

    assert asyncio.run(working()).stripped == ("seed",)


# What is no answer


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


# The key


def test_the_key_is_never_told(caplog: pytest.LogCaptureFixture) -> None:
    """Neither in errors, where a server repeats it, nor in logs, nor in what is printed."""
    echo = {"error": {"message": f"Bad key {KEY}!"}}
    with caplog.at_level(logging.DEBUG):
        first = refused_raw(http(echo, status=401))
    texts = [
        first,
        refused_raw(http(b"", status=302, Location=f"/?key={KEY}")),
        refused_raw(f"HTTP/1.1 200 OK\r\n{KEY}\r\n\r\n".encode(), retries=0),
        refused_raw(http(b"", kind=f"text/{KEY}")),
    ]
    assert all(KEY not in f"{each} {each!r}" for each in texts)
    assert "Bad key (the key)!" in str(first)

    async def printed(endpoint: Endpoint) -> str:
        return repr(endpoint)

    assert run("https://api.example/v1", printed) == "Endpoint('api.example')"
    assert KEY not in caplog.text


@pytest.mark.parametrize("key", ["sk-ä", "sk\nx", "a\x00b"])
def test_a_key_that_is_none(key: str) -> None:
    """One that no header can carry is refused, without being repeated."""
    with pytest.raises(EndpointError, match="characters") as told:
        Endpoint("https://api.example", key, allow_private=False)
    assert key not in str(told.value)


# Where it is


@pytest.mark.parametrize(
    ("base_url", "host", "path"),
    [
        ("{}", "127.0.0.1", "/v1/chat/completions"),
        ("{}/", "127.0.0.1", "/v1/chat/completions"),
        (" {}/chat/completions ", "127.0.0.1", "/v1/chat/completions"),
    ],
)
def test_the_address(base_url: str, host: str, path: str) -> None:
    """With or without the end that all of them have."""

    async def working() -> None:
        async with raw_server(http(said({"content": "x"}))) as server:
            endpoint = Endpoint(base_url.format(server.base_url), KEY, allow_private=False)
            assert endpoint.host == f"{host}:{server.port}"
            await endpoint.chat(QUESTION)
            await endpoint.aclose()
            assert server.requests[0].startswith(f"POST {path} HTTP/1.1\r\n".encode())

    asyncio.run(working())


@pytest.mark.parametrize(
    "base_url",
    ["", "api.openai.com/v1", "ftp://a.example", "file:///etc/passwd", "https://me:pw@a.example",
     "https://a.example/v1?key=1", "http://169.254.169.254/v1", "http://[fe80::1]/",
     "http://0.0.0.0:1/", "http://2130706433/", "http://127.1:8000/v1"],
)  # fmt: skip
def test_addresses_that_are_refused(base_url: str) -> None:
    """At once, also where private ones are allowed."""
    with pytest.raises(EndpointRefused):
        Endpoint(base_url, KEY, allow_private=True)


def names(*addresses: str) -> Callable[[str, int], Sequence[str]]:
    return lambda host, port: addresses


def test_names_of_the_own_network() -> None:
    """A name that looks public and means a private address is refused, and nothing is sent, unless
    private ones are allowed; localhost and an address itself say what they are."""
    with ModelServer() as server:
        url = f"http://model.example:{server.port}/v1"
        for found in (["127.0.0.1"], ["93.184.216.34", "127.0.0.1"]):
            with pytest.raises(EndpointRefused, match=r"own network.*allow private") as told:
                run(url, lambda endpoint: endpoint.chat(QUESTION), resolver=names(*found))
            assert not told.value.retryable
        assert server.requests == []
        local = f"http://localhost:{server.port}/v1"
        for base_url, allowed in ((url, True), (local, False), (server.base_url, False)):
            run(
                base_url,
                lambda endpoint: endpoint.chat(QUESTION),
                resolver=names("127.0.0.1"),
                allow_private=allowed,
            )
        assert [each.headers["host"].partition(":")[0] for each in server.requests] == [
            "model.example", "localhost", "127.0.0.1",
        ]  # fmt: skip


def test_metadata_is_never_asked() -> None:
    """Not by any name, and not where private addresses are allowed."""
    with pytest.raises(EndpointRefused):
        run(
            "http://model.example",
            lambda endpoint: endpoint.chat(QUESTION),
            resolver=names("169.254.169.254"),
            allow_private=True,
        )


def test_a_name_that_is_not_found() -> None:
    """May be found later."""

    def fails(host: str, port: int) -> Sequence[str]:
        raise OSError

    with pytest.raises(EndpointError, match=r"gone\.example cannot be found") as told:
        run("https://gone.example", lambda endpoint: endpoint.chat(QUESTION), resolver=fails)
    assert told.value.retryable


def test_an_endpoint_that_was_closed() -> None:
    """Says so."""

    async def late(endpoint: Endpoint) -> None:
        await endpoint.aclose()
        with pytest.raises(EndpointError, match="not used any more"):
            await endpoint.chat(QUESTION)

    run("https://api.example", late)


def test_what_was_sent_is_whole() -> None:
    """The body is JSON in ASCII, with its length."""
    _, server = ask_raw(http(said({"content": "x"})))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert json.loads(body) == QUESTION
    assert body.isascii()
    assert b"accept-encoding: identity" in head.lower()
