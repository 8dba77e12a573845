"""A parameter that a model refuses is left out; nothing else is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from audittrail.ablation.completion import Completion
from audittrail.ablation.endpoint import Endpoint
from audittrail.ablation.failures import EndpointError
from audittrail.testing.model_server import (
    Answer,
    Failure,
    ModelRequest,
    ModelServer,
)
from tests.ablation.calling import (
    QUESTION,
    ask,
    picky,
    run,
    turns,
)
from tests.ablation.raw_server import http, raw_server, said


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
