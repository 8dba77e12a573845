"""The server, in threads of this process."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import socket
import threading
import time
from collections import Counter
from dataclasses import replace
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

from audittrail.testing.model_server.answers import Answer, Failure
from audittrail.testing.model_server.handler import handler_for
from audittrail.testing.model_server.requests import ModelRequest
from audittrail.testing.model_server.scripts import Script, ToolUser

__all__ = ["ModelServer"]

log: Final = logging.getLogger(__name__)

_HOST: Final = "127.0.0.1"
_POLL_SECONDS: Final = 0.02
_STOP_SECONDS: Final = 5.0


class ModelServer:
    """A model that answers as ``script`` says, on this machine alone.

        with ModelServer(script) as server:
            client = OpenAI(base_url=server.base_url, api_key="any")

    ``pace`` is the time between two pieces of an answer, in seconds. ``port`` 0 is any free one.
    ``requests`` are those that came, in order.
    """

    def __init__(self, script: Script | None = None, *, pace: float = 0.0, port: int = 0) -> None:
        self.pace = pace
        self.requests: list[ModelRequest] = []
        self._script = script or ToolUser()
        self._seen: Counter[bytes] = Counter()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._http = _Http((_HOST, port), handler_for(self))
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(_POLL_SECONDS,), name="model-server", daemon=True
        )

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def base_url(self) -> str:
        """What OPENAI_BASE_URL is set to."""
        return f"http://{_HOST}:{self.port}/v1"

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Nobody is waited for: what is being answered is broken off."""
        self._stopping.set()
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.hang_up(_STOP_SECONDS)
        self._http.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def answer(self, asked: ModelRequest) -> tuple[ModelRequest, Answer]:
        """What the script says. A script that fails is an error 400: clients do not repeat it."""
        key = hashlib.sha256(json.dumps(asked.body, sort_keys=True).encode()).digest()
        with self._lock:
            self._seen[key] += 1
            number = len(self.requests) + 1
            request = replace(asked, attempt=self._seen[key], number=number)
            self.requests.append(request)
        if request.api == "embeddings":
            return request, Answer()
        try:
            answer = self._script(request)
            if not isinstance(answer, Answer):
                raise TypeError(f"it returned {answer!r}, which is no Answer")
            return request, answer
        except Exception as error:
            log.exception("the script failed")
            return request, Answer(error=Failure(400, f"The script failed: {error!r}"))

    def wait(self, seconds: float) -> None:
        """Let time pass. Raises ConnectionAbortedError if the server is stopped meanwhile."""
        if seconds > 0 and self._stopping.wait(seconds):
            raise ConnectionAbortedError


class _Http(ThreadingHTTPServer):
    """Knows its connections, so that it can end them."""

    request_queue_size = 128

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._open: dict[threading.Thread, socket.socket] = {}

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self._open = {each: its for each, its in self._open.items() if each.is_alive()}
        self._open[thread] = request
        thread.start()

    def hang_up(self, seconds: float) -> None:
        """End all connections, and wait for their threads; once no more can come."""
        for each in self._open.values():
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        until = time.monotonic() + seconds
        for thread in self._open:
            thread.join(max(0.0, until - time.monotonic()))

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.error("a request failed", exc_info=True)  # noqa: LOG014  (called while one is handled)
