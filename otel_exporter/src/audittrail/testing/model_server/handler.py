"""The HTTP side: one request after the other on a connection."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import Any, Final, Protocol

from audittrail.testing.model_server.answers import Answer, Failure
from audittrail.testing.model_server.chat import chat_completion, chat_events
from audittrail.testing.model_server.embeddings import embeddings
from audittrail.testing.model_server.reply import Event, Reply, reply_to
from audittrail.testing.model_server.requests import Api, Malformed, ModelRequest, parse_request
from audittrail.testing.model_server.responses import response, response_events

__all__ = ["MODELS", "Model", "handler_for"]

log: Final = logging.getLogger(__name__)

MODELS: Final = ("gpt-4o-mini", "gpt-4o", "text-embedding-3-small")
_PATHS: Final[dict[str, Api]] = {
    "/v1/chat/completions": "chat",
    "/v1/responses": "responses",
    "/v1/embeddings": "embeddings",
}
_LARGEST: Final = 64 * 2**20


class Model(Protocol):
    """What answers."""

    def answer(self, asked: ModelRequest) -> tuple[ModelRequest, Answer]:
        """The request as it is recorded, and the answer to it."""
        ...

    def wait(self, seconds: float) -> None:
        """Let this time pass. Raises ConnectionAbortedError if the server is stopped."""

    pace: float


def handler_for(model: Model) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        _model = model

    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "audittrail-model-server"
    # Or each small piece of a stream would wait for the acknowledgement of the one before.
    disable_nagle_algorithm = True
    _model: Model

    def do_GET(self) -> None:
        if self.path.partition("?")[0] == "/v1/models":
            models = [_model_card(name) for name in MODELS]
            self._send(200, {"object": "list", "data": models})
        elif self.path.startswith("/v1/models/"):
            self._send(200, _model_card(self.path.removeprefix("/v1/models/")))
        else:
            self._send_failure(_unknown(self.command, self.path))

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            # What follows on this connection cannot be told apart from the body.
            self.close_connection = True
            self._send_failure(Failure(411, "Content-Length is missing, or too large."))
            return
        api = _PATHS.get(self.path.partition("?")[0])
        if api is None:
            self._send_failure(_unknown(self.command, self.path))
            return
        try:
            asked = parse_request(api, json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError, Malformed) as error:
            reason = f"We could not parse the body of your request: {error!r}"
            self._send_failure(Failure(400, str(error) if isinstance(error, Malformed) else reason))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked, answer = self._model.answer(replace(asked, headers=headers))
        self._model.wait(answer.delay)
        if answer.error is not None:
            self._model.wait(answer.error.hang)
            self._send_failure(answer.error)
        elif api == "embeddings":
            self._send(200, embeddings(asked))
        else:
            self._answer(reply_to(asked, answer), answer)

    def _answer(self, reply: Reply, answer: Answer) -> None:
        pace = self._model.pace if answer.pace is None else answer.pace
        chat = reply.request.api == "chat"
        if reply.request.stream:
            events = chat_events(reply) if chat else response_events(reply)
            self._stream(events, pace, answer.breaks_off_after)
            return
        # A model that does not stream takes the same time to write.
        self._model.wait(pace * reply.piece_count())
        self._send(200, chat_completion(reply) if chat else response(reply))

    def _stream(self, events: Iterator[Event], pace: float, breaks_off_after: int | None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        sent = 0
        for event in events:
            if event.paced:
                if sent == breaks_off_after:
                    self.close_connection = True
                    return
                self._model.wait(pace)
                sent += 1
            self._send_chunk(_as_sse(event))
        self._send_chunk(b"")

    def _send_chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def _send_failure(self, failure: Failure) -> None:
        error = {
            "message": failure.message,
            "type": failure.type,
            "param": failure.param,
            "code": failure.code,
        }
        wait = failure.retry_after
        headers = {} if wait is None else {"Retry-After": f"{wait:g}"}
        self._send(failure.status, {"error": error}, headers)

    def _send(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(content, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _LARGEST:
            return None
        return self.rfile.read(int(length))

    def handle(self) -> None:
        # The client may leave at any time.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's name)
        log.debug(format, *args)


def _as_sse(event: Event) -> bytes:
    data = event.data if isinstance(event.data, str) else json.dumps(event.data, ensure_ascii=False)
    head = f"event: {event.name}\n" if event.name else ""
    return f"{head}data: {data}\n\n".encode()


def _model_card(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "audittrail"}


def _unknown(method: str, path: str) -> Failure:
    return Failure(404, f"Unknown request URL: {method} {path}", code="unknown_url")
