"""Bodies take room from their first byte on."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.otlp.wire import post
from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.people import Person


@contextlib.contextmanager
def _half_sent(person: Person) -> Iterator[None]:
    """A request whose body stops in the middle."""
    where = urlsplit(person.server.otlp_http)
    with socket.create_connection((str(where.hostname), int(where.port or 0))) as connection:
        connection.sendall(
            (
                f"POST /v1/traces HTTP/1.1\r\nhost: {where.netloc}\r\n"
                f"authorization: Bearer {person.key}\r\ncontent-length: 2000\r\n"
                "content-type: application/x-protobuf\r\n\r\n"
            ).encode()
            + bytes(1000)
        )
        yield


def _until(person: Person, status: int) -> None:
    """Send spans until the answer is this status."""
    until = time.monotonic() + 30
    while post(person, traces_request(span(new_trace_id()))).status_code != status:
        assert time.monotonic() < until, f"the answer never was {status}"


def test_an_upload_that_hangs_takes_its_room_until_it_ends(busy: Person) -> None:
    """Where there is room for one request, a half sent one keeps others out, which are told to come
    again; when its sender is gone the room is free."""
    _until(busy, 200)
    for _ in range(20):
        # Refused itself while the room of the request before is not free yet: then none is taken.
        with _half_sent(busy):
            statuses = {
                post(busy, traces_request(span(new_trace_id()))).status_code for _ in range(10)
            }
        if 503 in statuses:
            break
    assert 503 in statuses
    _until(busy, 200)
