"""TLS, over HTTP and gRPC, to a server with a certificate of a private authority."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import grpc
import pytest

from audittrail.otel_exporter.delivery.transport import Delivered, Outcome, Retry, make_transport
from audittrail.otel_exporter.settings import Settings
from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.tools import need

BODY = traces_request(span(new_trace_id()))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    openssl = need("openssl", "openssl")
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=tests"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder / "cert.pem", folder / "key.pem"


class Quiet(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


class Server(HTTPServer):
    def handle_error(self, *_: object) -> None: ...  # the client does not trust it


@contextmanager
def https(certificate: Path, key: Path, *, asks: bool) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if asks:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificate)
    with Server(("127.0.0.1", 0), Quiet) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def grpcs(certificate: Path, key: Path, *, asks: bool) -> Iterator[str]:
    class Handler(grpc.GenericRpcHandler):
        def service(self, _: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
            return grpc.unary_unary_rpc_method_handler(lambda _body, _context: b"")

    credentials = grpc.ssl_server_credentials(
        [(key.read_bytes(), certificate.read_bytes())],
        root_certificates=certificate.read_bytes() if asks else None,
        require_client_auth=asks,
    )
    with ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool, handlers=[Handler()])
        port = server.add_secure_port("127.0.0.1:0", credentials)
        server.start()
        try:
            yield f"https://127.0.0.1:{port}"
        finally:
            server.stop(0).wait()


def send(endpoint: str, protocol: str, environ: dict[str, str]) -> Outcome:
    environ = {"OTEL_EXPORTER_OTLP_PROTOCOL": protocol} | environ
    transport = make_transport(Settings.read(endpoint, environ=environ))
    outcome = transport.send(BODY, 30)
    transport.close()
    return outcome


@pytest.fixture(params=["http/protobuf", "grpc"])
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_private_authority_can_be_trusted(certificate: tuple[Path, Path], protocol: str) -> None:
    with (grpcs if protocol == "grpc" else https)(*certificate, asks=False) as endpoint:
        trust = {"OTEL_EXPORTER_OTLP_CERTIFICATE": str(certificate[0])}
        assert send(endpoint, protocol, trust) == Delivered()


def test_a_private_authority_is_not_trusted_by_itself(
    certificate: tuple[Path, Path], protocol: str
) -> None:
    """What waits is sent when the setting is there."""
    with (grpcs if protocol == "grpc" else https)(*certificate, asks=False) as endpoint:
        outcome = send(endpoint, protocol, {})
    assert isinstance(outcome, Retry)
    assert "certificate" in outcome.reason.lower()


def test_a_client_shows_its_certificate(certificate: tuple[Path, Path], protocol: str) -> None:
    with (grpcs if protocol == "grpc" else https)(*certificate, asks=True) as endpoint:
        settings = {
            "OTEL_EXPORTER_OTLP_CERTIFICATE": str(certificate[0]),
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": str(certificate[0]),
            "OTEL_EXPORTER_OTLP_CLIENT_KEY": str(certificate[1]),
        }
        assert send(endpoint, protocol, settings) == Delivered()
