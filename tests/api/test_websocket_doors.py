"""Who may open the WebSocket, and when it is closed on somebody."""

from __future__ import annotations

import json
import socket as sockets
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from audittrail.api.live import _MAX_TRACES
from tests.api.conftest import PAGE
from tests.api.rest import rest_span, store
from tests.api.sockets import opened, watching
from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.people import Person

UNAUTHORIZED = 4401
BAD_REQUEST = 4400
TOO_SLOW = 4408


def auth(token: Any) -> str:
    return json.dumps({"type": "auth", "token": token})


@pytest.mark.parametrize("header", ["authorization", "x-api-key"])
def test_a_credential_in_a_header(person: Person, header: str) -> None:
    """A key or a token."""
    for credential in (person.key, person.token):
        value = f"Bearer {credential}" if header == "authorization" else credential
        with opened(person.server, headers={header: value}) as watcher:
            assert watcher.next()["type"] == "ready"


def test_a_credential_in_the_first_message(person: Person) -> None:
    """For pages, which cannot set headers."""
    for credential in (person.key, person.token):
        with opened(person.server) as watcher:
            watcher.socket.send(auth(credential))
            assert watcher.next()["type"] == "ready"


@pytest.mark.parametrize(
    "first",
    [
        auth("sk-at-unknown"),
        auth(""),
        auth(None),
        auth(7),
        auth(["a"]),
        auth("\0"),
        "{}",
        "[]",
        "null",
        "not json",
        "",
        b"\xff",
        "[" * 2000,
    ],
)
def test_a_bad_first_message(person: Person, first: str | bytes) -> None:
    """It is answered with an error, and the socket is closed."""
    with opened(person.server) as watcher:
        watcher.socket.send(first)
        assert watcher.next()["type"] == "error"
        assert watcher.close_code() == UNAUTHORIZED


@pytest.mark.parametrize("name", ["token", "key", "api_key", "access_token", "authorization"])
def test_a_credential_in_the_url_is_none(person: Person, name: str) -> None:
    """URLs end up in logs."""
    with opened(person.server, f"?{name}={person.key}") as watcher:
        watcher.socket.send("{}")
        assert watcher.close_code() == UNAUTHORIZED


def test_watching_needs_read(person: Person) -> None:
    """A key that may only ingest sees nothing."""
    with opened(person.server) as watcher:
        watcher.socket.send(auth(person.new_key("ingest")))
        assert "read" in watcher.next()["message"]
        assert watcher.close_code() == UNAUTHORIZED


@pytest.mark.parametrize("trace_id", ["x", "0" * 32, "%00", "1' OR 1=1", "a" * 5000, ""])
def test_a_trace_that_cannot_be(person: Person, trace_id: str) -> None:
    """An id of no trace is an error that says so."""
    headers = {"authorization": f"Bearer {person.key}"}
    with opened(person.server, f"?trace_id={trace_id.replace(' ', '%20')}", headers) as watcher:
        assert "trace_id" in watcher.next()["message"]
        assert watcher.close_code() == BAD_REQUEST


def test_a_deleted_key_watches_no_longer(person: Person) -> None:
    """Nothing that comes after the deletion is told."""
    with person.client(person.token) as client:
        made = client.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read"]})
        key = made.json()["data"]
        holder = Person(person.server, person.email, person.token, key["secret"])
        with watching(holder) as watcher:
            store(person, rest_span(new_trace_id()))
            assert watcher.next()["type"] == "commit"
            client.delete(f"/api/v1/api-keys/{key['id']}")
            store(person, rest_span(new_trace_id()))
            assert watcher.next()["type"] == "error"
            assert watcher.close_code() == UNAUTHORIZED


@pytest.mark.parametrize(
    "origin", ["https://evil.example.com", "null", f"{PAGE}.evil.example.com", "file://"]
)
def test_pages_of_other_origins_are_refused(strict_person: Person, origin: str) -> None:
    """Before the socket is opened, and however good the credential."""
    with pytest.raises(InvalidStatus) as refused, watching(strict_person, origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_pages_of_our_own_and_of_configured_origins(strict_person: Person) -> None:
    """And programs, which have no origin."""
    for origin in (PAGE, strict_person.server.api, None):
        with watching(strict_person, origin=origin):
            pass


def test_a_slow_client_is_told_to_load_again(person: Person) -> None:
    """It does not read while more traces change than are kept for it: what waits is dropped, and
    after what was under way it gets ``resync`` and is closed. Others get all."""
    small = sockets.socket()
    small.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    host, _, port = person.server.api.removeprefix("http://").partition(":")
    small.connect((host, int(port)))
    size = _MAX_TRACES // 2
    with (
        watching(person, sock=small, max_queue=1, compression=None) as slow,
        watching(person) as quick,
    ):
        told: set[str] = set()
        last = ""
        # Batches until what waits is more than fits into the buffers on the way, and then some.
        for _ in range(14):
            traces = [new_trace_id() for _ in range(size)]
            last = traces[-1]
            spans = [span(trace_id, name="x" * 900) for trace_id in traces]
            assert person.otlp(traces_request(*spans)).status_code == 200
            while not told.issuperset(traces):
                told.add(quick.next()["trace_id"])
        seen = slow.until(type="resync")
        assert slow.close_code() == TOO_SLOW
    missed = [each["trace_id"] for each in seen if each["type"] == "commit"]
    assert last not in missed
    assert seen[-1]["seq"] > max(each["seq"] for each in seen[:-1])
