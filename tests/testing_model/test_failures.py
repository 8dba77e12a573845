"""What goes wrong with models, on purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import httpx
import openai
import pytest
from openai import OpenAI

from audittrail.testing.model_server import (
    Answer,
    ModelRequest,
    ModelServer,
    Script,
    ToolCall,
    hangs,
    rate_limited,
    server_error,
    unauthorized,
    unsupported_parameter,
)
from tests.testing_model.asking import CHAT_TOOLS, MODEL, QUESTION, asked

ASK: Final[dict[str, Callable[[OpenAI], Any]]] = {
    "chat": lambda client: client.chat.completions.create(model=MODEL, messages=QUESTION),
    "responses": lambda client: client.responses.create(model=MODEL, input="?", stream=True),
}


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (rate_limited(2), openai.RateLimitError, "rate_limit_exceeded"),
        (server_error(), openai.InternalServerError, None),
        (unauthorized(), openai.AuthenticationError, "invalid_api_key"),
        (unsupported_parameter("seed"), openai.BadRequestError, "unsupported_parameter"),
    ],
)
@pytest.mark.parametrize("api", ASK)
def test_errors_are_those_of_the_client(
    answer: Answer, error: type[openai.APIStatusError], code: str | None, api: str
) -> None:
    """The client raises what it raises for the real service, with the message."""
    with asked(lambda request: answer) as (_, client), pytest.raises(error) as raised:
        ASK[api](client)
    assert answer.error is not None
    assert answer.error.message in str(raised.value)
    assert raised.value.code == code
    assert raised.value.response.headers.get("retry-after") == (
        "2" if code and "rate" in code else None
    )


def test_a_client_that_repeats_gets_its_answer() -> None:
    """The script sees the attempt, and needs no memory of its own."""

    def busy_once(request: ModelRequest) -> Answer:
        return rate_limited(0.01) if request.attempt == 1 else Answer("here I am")

    with (
        ModelServer(busy_once) as server,
        OpenAI(base_url=server.base_url, api_key="any") as client,
    ):
        got = client.chat.completions.create(model=MODEL, messages=QUESTION)
    assert got.choices[0].message.content == "here I am"
    assert [each.attempt for each in server.requests] == [1, 2]


def test_a_model_that_hangs_delays_nobody_else() -> None:
    """The client runs out of patience; another question is answered; the server stops, and does not
    wait for the hour that the answer takes."""

    def script(request: ModelRequest) -> Answer:
        return hangs() if "hang" in request.question else Answer("yes")

    with asked(script) as (_, client):
        with pytest.raises(openai.APITimeoutError):
            client.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": "hang"}], timeout=0.3
            )
        got = client.chat.completions.create(model=MODEL, messages=QUESTION)
    assert got.choices[0].message.content == "yes"


def test_arguments_may_be_no_json() -> None:
    """They arrive as they were written, plain and in pieces."""
    bad = '{"city": "Paris", oops'
    answer = Answer(tool_calls=[ToolCall("get_weather", bad)])
    question: Any = {"model": MODEL, "messages": QUESTION, "tools": CHAT_TOOLS}
    with asked(lambda request: answer) as (_, client):
        [call] = client.chat.completions.create(**question).choices[0].message.tool_calls or []
        chunks = list(client.chat.completions.create(**question, stream=True))
    assert call.type == "function"
    assert call.function.arguments == bad
    deltas = [each for chunk in chunks for each in chunk.choices[0].delta.tool_calls or ()]
    assert "".join(each.function.arguments or "" for each in deltas if each.function) == bad


def test_a_stream_may_break_off() -> None:
    """After as many pieces as the script says, without an end."""
    answer = Answer("one two three four", breaks_off_after=2)
    with asked(lambda request: answer) as (_, client):
        stream = client.chat.completions.create(model=MODEL, messages=QUESTION, stream=True)
        heard = [next(stream).choices[0].delta.content for _ in range(3)]
        with pytest.raises((httpx.RemoteProtocolError, openai.APIConnectionError)):
            next(stream)
        stream.close()
    assert heard == ["", "one ", "two "]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (lambda request: {}["no such city"], "no such city"),
        (lambda request: "text", "which is no Answer"),
    ],
)
def test_a_script_that_fails_says_so_once(script: Script, said: str) -> None:
    """As an error that clients do not repeat, with the reason in it."""

    with ModelServer(script) as server, OpenAI(base_url=server.base_url, api_key="any") as client:
        with pytest.raises(openai.BadRequestError, match=said):
            client.chat.completions.create(model=MODEL, messages=QUESTION)
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/v1/chat/completions", b"{", 400, "could not parse"),
        ("/v1/chat/completions", b"[]", 400, "JSON object"),
        ("/v1/chat/completions", b'{"messages": []}', 400, "model parameter"),
        ("/v1/chat/completions", b'{"model": "m", "messages": 1}', 400, "messages"),
        ("/v1/chat/completions", b'{"model": "m", "messages": [], "n": 2}', 400, "n must be 1"),
        ("/v1/responses", b'{"model": "m", "previous_response_id": "r"}', 400, "conversations"),
        ("/v1/embeddings", b'{"model": "m", "input": []}', 400, "input"),
        ("/v1/images", b"{}", 404, "Unknown request URL: POST /v1/images"),
    ],
)
def test_what_is_no_request_is_refused(path: str, body: bytes, status: int, said: str) -> None:
    """With an error as the service words them; the script is not asked, and the connection goes on
    to serve."""
    with (
        ModelServer() as server,
        httpx.Client(base_url=server.base_url.removesuffix("/v1"), trust_env=False) as client,
    ):
        answer = client.post(path, content=body)
        assert client.get("/v1/models").status_code == 200
    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]
    assert server.requests == []
