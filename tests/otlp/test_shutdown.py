"""A server that is told to stop takes nothing new and loses nothing it took."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import grpc
import httpx

from tests.otlp.wire import call, code_of, post, status_in, status_of
from tests.support.otlp import new_span_id, new_trace_id, span, traces_request
from tests.support.people import Person, new_person
from tests.support.servers import running_server

ENOUGH = 10  # each, before the stop; they go on sending until they are refused


class _Sender(threading.Thread):
    """Sends spans of a trace, one a request, until the server takes none any more."""

    def __init__(self, person: Person, door: str) -> None:
        super().__init__()
        self.trace_id = new_trace_id()
        self.acknowledged: set[str] = set()
        self.enough = threading.Event()
        self.odd: list[Any] = []
        self._person = person
        self._door = door

    def run(self) -> None:
        while True:
            span_id = new_span_id()
            body = traces_request(span(self.trace_id, span_id))
            if not (self._over_grpc(body) if self._door == "grpc" else self._over_http(body)):
                return
            self.acknowledged.add(span_id)
            if len(self.acknowledged) >= ENOUGH:
                self.enough.set()

    def _over_http(self, body: bytes) -> bool:
        try:
            response = post(self._person, body, door=self._door)
        except httpx.TransportError:
            return False
        if response.status_code == 200:
            return True
        if response.status_code != 503 or "retry-after" not in response.headers:
            self.odd.append((response.status_code, status_in(response)))
        return False

    def _over_grpc(self, body: bytes) -> bool:
        try:
            call(self._person, body)
        except grpc.RpcError as error:
            # CANCELLED is how gRPC ends calls that come while it stops; it is retryable as well.
            code = code_of(error)
            if code not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                self.odd.append((code, status_of(error)))
            return False
        return True


def test_what_was_acknowledged_before_a_stop_is_stored(tmp_path: Path) -> None:
    """The server is stopped under load on all doors: it ends by itself with success, senders are
    refused in ways that they may retry, and every acknowledged span is there after a restart."""
    with running_server(tmp_path) as server:
        person = new_person(server)
        senders = [_Sender(person, door) for door in ("otlp_http", "api", "grpc", "grpc")]
        for sender in senders:
            sender.start()
        for sender in senders:
            assert sender.enough.wait(60)
        assert server.stop() == 0
        for sender in senders:
            sender.join()
        server.start()
        for sender in senders:
            assert sender.odd == []
            assert {each["span_id"] for each in person.spans(sender.trace_id)} >= (
                sender.acknowledged
            )
