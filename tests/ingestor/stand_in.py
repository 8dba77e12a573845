"""A server that answers as a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Answer(NamedTuple):
    status: int = 200
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


class Request(NamedTuple):
    path: str
    headers: dict[str, str]
    body: Any


class StandIn:
    """Gives the answers in order, and the last one for ever; spans are stored if it has none."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.requests: list[Request] = []
        self.url = ""
        self.let_go = threading.Event()
        """Answers wait for it."""
        self.let_go.set()

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        self.let_go.wait(30)
        if len(self._answers) > 1:
            return self._answers.pop(0)
        return self._answers[0] if self._answers else stored()

    @property
    def spans(self) -> list[str]:
        """The names of all spans of all requests."""
        return [span["name"] for request in self.requests for span in request.body["batch"]]


def stored(*rejected: dict[str, Any]) -> Answer:
    return Answer(200, {"data": {"stored": [], "rejected": list(rejected)}})


@contextmanager
def stand_in(*answers: Answer, port: int = 0) -> Iterator[StandIn]:
    told = StandIn(*answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = told.answer(Request(self.path, headers, json.loads(body)))
            text = (
                answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            )
            self.send_response(answer.status)
            self.send_header("content-length", str(len(text)))
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A client that does not wait for its answer is no error."""

    server = Server(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield told
    finally:
        told.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()
