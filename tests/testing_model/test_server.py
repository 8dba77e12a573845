"""The server as such: sockets, pace, embeddings, the environment, the command."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openai
import pytest
from openai import OpenAI

from audittrail.testing.model_server import (
    Answer,
    Echo,
    ModelRequest,
    ModelServer,
    Turns,
    offline_openai,
)
from tests.testing_model.asking import MODEL, QUESTION, asked


def test_plain_sockets_can_use_it() -> None:
    """Two requests on one connection: an answer with its length, then a stream in chunks that ends
    with [DONE]."""
    body = {"model": MODEL, "messages": QUESTION}
    with (
        ModelServer(Echo()) as server,
        socket.create_connection(("127.0.0.1", server.port)) as peer,
    ):
        reader = peer.makefile("rb")
        peer.sendall(raw(body))
        head, headers = read_head(reader)
        assert head == b"HTTP/1.1 200 OK"
        got = json.loads(reader.read(int(headers["content-length"])))
        assert got["choices"][0]["message"]["content"] == "Weather in Paris?"
        peer.sendall(raw(body | {"stream": True}))
        _, headers = read_head(reader)
        assert headers["content-type"] == "text/event-stream; charset=utf-8"
        events = b"".join(chunks(reader)).decode().split("\n\n")
        reader.close()
    assert events[-2:] == ["data: [DONE]", ""]
    said = [json.loads(event.removeprefix("data: ")) for event in events[:-2]]
    assert "".join(each["choices"][0]["delta"].get("content", "") for each in said) == (
        "Weather in Paris?"
    )


def raw(body: Any) -> bytes:
    data = json.dumps(body).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


def read_head(reader: Any) -> tuple[bytes, dict[str, str]]:
    status = reader.readline().strip()
    headers = {}
    while line := reader.readline().strip().decode():
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    return status, headers


def chunks(reader: Any) -> Iterator[bytes]:
    while size := int(reader.readline(), 16):
        yield reader.read(size)
        reader.readline()
    reader.readline()


def test_a_request_needs_its_length() -> None:
    """Or else the connection ends with an error."""
    head = b"POST /v1/responses HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with ModelServer() as server, socket.create_connection(("127.0.0.1", server.port)) as peer:
        peer.sendall(head)
        reader = peer.makefile("rb")
        assert reader.readline() == b"HTTP/1.1 411 Length Required\r\n"
        assert b"Content-Length is missing" in reader.read()
        reader.close()


def test_it_listens_on_this_machine_alone() -> None:
    """Whatever the port."""
    with ModelServer(Echo()) as server:
        assert server.base_url == f"http://127.0.0.1:{server.port}/v1"


def test_a_stream_is_seen_while_it_is_written() -> None:
    """The beginning is there while the rest of the answer still takes its time; an answer may have
    a pace of its own."""
    quick = Answer("one two", pace=0)
    with asked(lambda request: quick, pace=3600) as (_, client):
        got = client.chat.completions.create(model=MODEL, messages=QUESTION)
    assert got.choices[0].message.content == "one two"
    with asked(Echo(), pace=3600) as (_, client):
        stream = client.chat.completions.create(model=MODEL, messages=QUESTION, stream=True)
        # The words, an hour each, are still to come.
        assert next(iter(stream)).choices[0].delta.role == "assistant"
        stream.close()


def test_stopping_ends_what_is_open() -> None:
    """An answer that would take an hour is broken off; no thread and no port is left."""
    before = threading.active_count()
    heard = threading.Event()

    def slow(request: ModelRequest) -> Answer:
        heard.set()
        return Answer("one two", delay=3600)

    with ModelServer(slow) as server:
        failed: list[Exception] = []

        def ask() -> None:
            with OpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client:
                try:
                    client.chat.completions.create(model=MODEL, messages=QUESTION)
                except openai.APIConnectionError as error:
                    failed.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        assert heard.wait(30)
    asking.join(30)
    assert len(failed) == 1
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))


def test_embeddings_of_like_texts_are_near() -> None:
    """Both as numbers and in base64, which the client asks for by itself; of length 1."""
    texts = ["ferry to the island", "the island ferry", "quarterly revenue"]
    with asked(Echo()) as (server, client):
        packed = client.embeddings.create(model="text-embedding-3-small", input=texts)
        plain = client.embeddings.create(
            model="text-embedding-3-small", input=texts, encoding_format="float", dimensions=64
        )
    near, far = (dot(packed.data[0].embedding, packed.data[at].embedding) for at in (1, 2))
    assert near > 0.8 > 0.3 > far
    for one, two in zip(packed.data, plain.data, strict=True):
        assert one.embedding == pytest.approx(two.embedding, abs=1e-6)
        assert dot(one.embedding, one.embedding) == pytest.approx(1)
    assert packed.usage.prompt_tokens == 5 + 4 + 5
    assert [each.api for each in server.requests] == ["embeddings"] * 2


def dot(one: list[float], two: list[float]) -> float:
    return sum(a * b for a, b in zip(one, two, strict=True))


def test_models_are_listed() -> None:
    """Those that examples use; any other can be asked for as well."""
    with asked(Echo()) as (_, client):
        assert MODEL in [each.id for each in client.models.list()]
        assert client.models.retrieve("anything").id == "anything"


def test_offline_openai_is_for_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients made in it need no argument; afterwards the environment is what it was."""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    before = dict(os.environ)
    with offline_openai(Turns([Answer("offline")])) as server, OpenAI() as client:
        got = client.chat.completions.create(model=MODEL, messages=QUESTION)
        assert os.environ["OPENAI_BASE_URL"] == server.base_url
    assert got.choices[0].message.content == "offline"
    assert dict(os.environ) == before


@contextmanager
def command(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``python -m audittrail.testing.model_server``, and what it says first."""
    process = subprocess.Popen(
        [sys.executable, "-m", "audittrail.testing.model_server", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        yield process, process.stdout.readline()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        process.stdout.close()
        process.stderr.close()


def test_the_command_serves_until_it_is_told_to_stop() -> None:
    """It says what to set; its script may be any function that can be imported."""
    with command("--port=0", f"--script={__name__}:shout") as (process, said):
        found = re.fullmatch(
            r"OPENAI_BASE_URL=(http://127\.0\.0\.1:\d+/v1) OPENAI_API_KEY=any\n", said
        )
        assert found is not None, said
        with OpenAI(base_url=found[1], api_key="any") as client:
            got = client.chat.completions.create(model=MODEL, messages=QUESTION)
        assert got.choices[0].message.content == "WEATHER IN PARIS?"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def shout(request: ModelRequest) -> Answer:
    return Answer(request.question.upper())


def test_the_command_says_that_a_script_is_missing() -> None:
    """In one sentence."""
    with command("--port=0", "--script=nowhere:nothing") as (process, said):
        assert process.wait(30) == 1
        assert process.stderr is not None
        assert process.stderr.read() == (
            "nowhere:nothing is no MODULE:NAME that can be imported: No module named 'nowhere'\n"
        )
    assert said == ""


def test_the_command_says_that_a_port_is_taken() -> None:
    """In one sentence."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with command(f"--port={port}") as (process, said):
            assert process.wait(30) == 1
            assert process.stderr is not None
            assert process.stderr.read() == (
                f"Port {port} cannot be used ([Errno 98] Address already in use). "
                "Name another one.\n"
            )
    assert said == ""
