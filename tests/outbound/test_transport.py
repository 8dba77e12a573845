"""Connections go where was checked."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from audittrail.outbound import (
    AsyncCheckedTransport,
    CheckedTransport,
    NotAllowed,
    OwnNetwork,
    Resolver,
    parse,
)


class Server(ThreadingHTTPServer):
    """Notes the Host header of each request; /away sends elsewhere."""

    def __init__(self) -> None:
        self.hosts: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.hosts.append(self.headers["host"])
                self.send_response(302 if self.path == "/away" else 200)
                if self.path == "/away":
                    self.send_header("location", "http://169.254.169.254/latest")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing on the terminal."""

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def blocking(url: str, *, allow_private: bool, resolver: Resolver, **more: Any) -> httpx.Response:
    transport = CheckedTransport(
        parse(more.get("made_for", url)), allow_private=allow_private, resolver=resolver
    )
    with httpx.Client(transport=transport, follow_redirects=more.get("follow", False)) as client:
        return client.get(url)


def awaited(url: str, *, allow_private: bool, resolver: Resolver, **more: Any) -> httpx.Response:
    async def get() -> httpx.Response:
        transport = AsyncCheckedTransport(
            parse(more.get("made_for", url)), allow_private=allow_private, resolver=resolver
        )
        follow = more.get("follow", False)
        async with httpx.AsyncClient(transport=transport, follow_redirects=follow) as client:
            return await client.get(url)

    return asyncio.run(get())


@pytest.fixture(params=[blocking, awaited])
def get(request: pytest.FixtureRequest) -> Callable[..., httpx.Response]:
    asking: Callable[..., httpx.Response] = request.param
    return asking


class Names:
    """A resolver that gives one answer after the other, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def test_the_name_is_kept(get: Callable[..., httpx.Response], server: Server) -> None:
    """The connection goes to the address, the Host header has the name and its port."""
    names = Names(["127.0.0.1"])
    port = server.server_port
    answer = get(f"http://Model.Example:{port}/", allow_private=True, resolver=names)
    assert answer.status_code == 200
    assert server.hosts == [f"model.example:{port}"]
    assert names.asked == [("model.example", port)]


def test_a_name_cannot_change_its_mind(get: Callable[..., httpx.Response], server: Server) -> None:
    """It is looked up once for a request, so that what was checked is what is connected to; what
    it means for the next request is checked again."""
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    url = f"http://model.example:{server.server_port}/"
    assert get(url, allow_private=True, resolver=names).status_code == 200
    with pytest.raises(NotAllowed):
        get(url, allow_private=True, resolver=names)
    assert len(names.asked) == 2
    assert len(server.hosts) == 1


def test_nothing_is_sent_into_the_own_network(
    get: Callable[..., httpx.Response], server: Server
) -> None:
    """Not even a connection is made where an address is refused."""
    with pytest.raises(OwnNetwork):
        get(
            f"http://model.example:{server.server_port}/",
            allow_private=False,
            resolver=Names(["127.0.0.1", "93.184.216.34"]),
        )
    assert server.hosts == []


def test_the_next_address_is_tried(get: Callable[..., httpx.Response], server: Server) -> None:
    """Where nothing listens on the first one."""
    port = server.server_port
    answer = get(
        f"http://model.example:{port}/",
        allow_private=True,
        resolver=Names(["127.0.0.2", "127.0.0.1"]),
    )
    assert answer.status_code == 200
    with pytest.raises(httpx.ConnectError):
        get(f"http://a.example:{port}/", allow_private=True, resolver=Names(["127.0.0.2"]))


def test_no_other_host_is_asked(get: Callable[..., httpx.Response], server: Server) -> None:
    """A client that follows redirects is refused at the next host, and so is one that is told to
    ask elsewhere."""
    url = f"http://127.0.0.1:{server.server_port}/away"
    with pytest.raises(NotAllowed):
        get(url, allow_private=True, resolver=Names([]), follow=True)
    with pytest.raises(NotAllowed):
        get(url, allow_private=True, resolver=Names([]), made_for="http://127.0.0.1:1/")
    assert len(server.hosts) == 1


def test_tls_asks_for_the_name(get: Callable[..., httpx.Response]) -> None:
    """The greeting of TLS has the name, which the certificate is then compared with."""
    greetings: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            connection, _ = listening.accept()
            with connection:
                greetings.append(connection.recv(4096))

        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises(httpx.TransportError):
            get(
                f"https://model.example:{listening.getsockname()[1]}/",
                allow_private=True,
                resolver=Names(["127.0.0.1"]),
            )
        thread.join()
    assert b"model.example" in greetings[0]
