"""``audittrail doctor`` against what is no server of ours, or not a well one."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from audittrail.server.doctor import Check, Examination, examine, find_target
from audittrail.server.settings import load_settings
from tests.support.servers import free_ports


class Peer(BaseHTTPRequestHandler):
    """Answers like AuditTrail's API but for what ``server.says`` changes."""

    def do_GET(self) -> None:
        status, body, headers = self.server.says(self.path)  # type: ignore[attr-defined]  # ours
        self.send_response_only(status)
        for name, value in {"date": formatdate(usegmt=True), **headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        """Nothing: this is a test."""


@contextlib.contextmanager
def peer(health: Mapping[str, Any] | bytes, status: int = 200, **headers: str) -> Iterator[str]:
    """A server whose every answer is this one; yields its URL."""
    body = health if isinstance(health, bytes) else json.dumps(health).encode()
    with ThreadingHTTPServer(("127.0.0.1", 0), Peer) as server:
        server.says = lambda _: (status, body, headers)  # type: ignore[attr-defined]  # for Peer
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


WELL = {"status": "ok", "version": "0.0.1", "db_connected": True, "local_mode": False}


def examined(url: str) -> dict[str, Check]:
    (grpc,) = free_ports(1)
    settings = load_settings(otlp_grpc_port=grpc, dashboard_port=0)
    target = find_target({}, settings, endpoint=url, api_url=url)
    return {check.name: check for _, check in examine(Examination(target))}


def test_a_server_of_another_version_is_a_warning() -> None:
    """Both versions are named."""
    with peer(WELL) as url:
        check = examined(url)["Version"]
    assert check.status == "warning"
    assert "0.0.1" in check.found


@pytest.mark.parametrize(("seconds", "words"), [(-3600, "ahead of"), (3600, "behind")])
def test_a_clock_that_is_wrong_is_a_warning(seconds: int, words: str) -> None:
    """An hour between the two clocks, in either direction."""
    with peer(WELL, date=formatdate(time.time() + seconds, usegmt=True)) as url:
        check = examined(url)["Clock"]
    assert check.status == "warning"
    assert words in check.found
    assert "3,600 s" in check.found or "3,599 s" in check.found or "3,601 s" in check.found


def test_a_server_without_its_database_is_a_failure() -> None:
    """It answers 503 and says why."""
    with peer({**WELL, "db_connected": False}, 503) as url:
        assert examined(url)["Health"].status == "failed"


@pytest.mark.parametrize(
    ("body", "status", "headers"),
    [
        (b"<html>It works!</html>", 200, {}),
        (b"", 301, {"location": "https://elsewhere.invalid/"}),
        (b"[" * 100_000, 200, {}),
        (b"\xff\xfe", 200, {"date": "yesterday"}),
        (b"null", 200, {"content-encoding": "gzip"}),
        (b'{"version": 1, "db_connected": []}', 500, {}),
    ],
)
def test_what_is_not_audittrail_is_said_to_be_something_else(
    body: bytes, status: int, headers: dict[str, str]
) -> None:
    """Whatever answers there, the health line fails and says where the API should be."""
    with peer(body, status, **headers) as url:
        checks = examined(url)
    assert checks["Health"].status == "failed"
    assert "--api-url" in (checks["Health"].remedy or "")
    assert checks["Span over HTTP"].status == "failed"


@contextlib.contextmanager
def raw_peer(says: bytes) -> Iterator[str]:
    """A port that says something to whoever connects, and hangs up; yields its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, contextlib.suppress(OSError):
                        connection.sendall(says)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize(
    "says",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nshort",
        b"HTTP/1.1 999 \r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 300_000,
        os.urandom(2000),
    ],
)
def test_no_answer_makes_it_raise(says: bytes) -> None:
    """A port that speaks anything at all, or hangs up, gives a failure with a remedy."""
    with raw_peer(says) as url:
        checks = examined(url)
    assert checks["Health"].status == "failed"
    assert checks["Health"].remedy


def test_a_stopped_server_is_not_waited_for() -> None:
    """A port that takes connections and never answers: every line comes, and the end."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        checks = examined(f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert "no answer within 3 s" in checks["Health"].found
    assert "no answer within 3 s" in checks["Span over HTTP"].found
