"""What a web client must not do with a key, and what the environment asks of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from audittrail.otel_exporter.delivery.transport import Delivered, Refused, Retry, make_transport
from audittrail.otel_exporter.settings import Settings
from tests.otel_exporter.receivers import Answer, Receiver, http_receiver
from tests.support.otlp import new_trace_id, span, traces_request

KEY = "sk-at-384327abcdefghijklmnop"
BODY = traces_request(span(new_trace_id()))


def test_the_key_does_not_follow_a_redirect(web: Receiver) -> None:
    with http_receiver() as elsewhere:
        web.answers.append(Answer(307, headers={"location": elsewhere.endpoint + "/v1/traces"}))
        transport = make_transport(Settings.read(web.endpoint, KEY))
        made = transport.send(BODY, 30)
        transport.close()
        assert elsewhere.received == []
        assert isinstance(made, Refused)
        assert f"points to {elsewhere.endpoint}" in made.reason


def test_netrc_does_not_replace_the_key(
    web: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    transport = make_transport(Settings.read(web.endpoint, KEY))
    assert transport.send(BODY, 30) == Delivered()
    transport.close()
    assert web.headers[0]["authorization"] == f"Bearer {KEY}"


def test_netrc_adds_no_password_where_there_is_no_key(
    web: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    transport = make_transport(Settings.read(web.endpoint))
    assert transport.send(BODY, 30) == Delivered()
    transport.close()
    assert "authorization" not in web.headers[0]


def test_a_proxy_of_the_environment_is_used(web: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", web.endpoint)
    transport = make_transport(Settings.read("http://collector.invalid:4318"))
    assert transport.send(BODY, 30) == Delivered()
    transport.close()
    assert web.headers[0][":path"] == "http://collector.invalid:4318/v1/traces"


def test_an_unusable_certificate_file_is_named(web: Receiver, tmp_path: Path) -> None:
    """It may be there at the next attempt."""
    missing = tmp_path / "ca.pem"
    environ = {"OTEL_EXPORTER_OTLP_CERTIFICATE": str(missing)}
    endpoint = web.endpoint.replace("http:", "https:")
    transport = make_transport(Settings.read(endpoint, environ=environ))
    made = transport.send(BODY, 30)
    transport.close()
    assert isinstance(made, Retry)
    assert str(missing) in made.reason


@contextmanager
def trickling(head: bytes, drop: bytes) -> Iterator[str]:
    """A server that answers with ``head`` and then with one ``drop`` after the other."""
    done = threading.Event()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1 << 16)
            connection.sendall(head)
            while not done.wait(0.02):
                try:
                    connection.sendall(drop)
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            done.set()
            thread.join()


def test_an_answer_that_trickles_in_is_not_waited_for() -> None:
    """Each byte comes in time, and all of them never."""
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n"
    with trickling(head, b"x") as endpoint:
        transport = make_transport(Settings.read(endpoint))
        made = transport.send(BODY, 0.3)
        transport.close()
    assert isinstance(made, Retry)
    assert "did not end in time" in made.reason


def test_an_endless_answer_is_not_kept() -> None:
    """No more than the 4 MiB that an OTLP response may have are read."""
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n"
    with trickling(head, bytes(1 << 20)) as endpoint:
        transport = make_transport(Settings.read(endpoint))
        made = transport.send(BODY, 30)
        transport.close()
    assert made == Delivered()
