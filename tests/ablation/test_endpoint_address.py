"""Where an endpoint is allowed to be, and what nobody is told of its key."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence

import pytest

from audittrail.ablation.endpoint import Endpoint
from audittrail.ablation.failures import EndpointError, EndpointRefused
from audittrail.testing.model_server import (
    ModelServer,
)
from tests.ablation.calling import (
    KEY,
    QUESTION,
    ask_raw,
    refused_raw,
    run,
)
from tests.ablation.raw_server import http, raw_server, said


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
