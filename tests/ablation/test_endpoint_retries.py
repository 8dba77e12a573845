"""What passes is asked again, what does not is told, and never are too many asked at once."""

from __future__ import annotations

import asyncio
import threading

import pytest

from audittrail.ablation.completion import Completion
from audittrail.ablation.endpoint import Endpoint
from audittrail.ablation.failures import EndpointError
from audittrail.testing.model_server import (
    Answer,
    Failure,
    ModelRequest,
    ModelServer,
    hangs,
    rate_limited,
    server_error,
    unauthorized,
)
from tests.ablation.calling import (
    KEY,
    QUESTION,
    ask,
    ask_raw,
    refused_raw,
    run,
    turns,
)
from tests.ablation.raw_server import http, raw_server, said


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
