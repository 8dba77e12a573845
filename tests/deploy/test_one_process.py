"""A server without containers, as docs/deployment.md describes it: one service, nginx in front."""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.deploy.outer_proxy import OuterProxy, block, running_outer_proxy
from tests.deploy.people import export_by, new_address, new_email
from tests.deploy.variables import DEPLOYMENT, meanings
from tests.support.people import PASSWORD, Person, new_person
from tests.support.servers import Server, running_server

_ATTEMPTS = 4


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """All in one process, on loopback."""
    folder = tmp_path_factory.mktemp("alone")
    attempts = str(_ATTEMPTS)
    with running_server(folder, dashboard=True, LOGIN_ATTEMPTS_PER_MINUTE=attempts) as started:
        yield started


@pytest.fixture(scope="module")
def outer(alone: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OuterProxy]:
    assert alone.dashboard
    moved = {
        "127.0.0.1:8000": alone.api.removeprefix("http://"),
        "127.0.0.1:3000": alone.dashboard.removeprefix("http://"),
        "127.0.0.1:4317": alone.otlp_grpc,
    }
    folder = tmp_path_factory.mktemp("outer")
    with running_outer_proxy(block(one_process=True), moved, "127.0.0.1", folder) as started:
        yield started


@pytest.fixture(scope="module")
def somebody(alone: Server, outer: OuterProxy) -> Person:
    return new_person(alone)


def _client(outer: OuterProxy) -> httpx.Client:
    """Of another address than all others."""
    transport = httpx.HTTPTransport(verify=outer.trust, local_address=new_address())
    return httpx.Client(base_url=outer.web, transport=transport, timeout=30)


class TestProxy:
    def test_what_is_where(self, outer: OuterProxy) -> None:
        """The API and the dashboard are both at the one address, and the figures of the server
        are not."""
        with _client(outer) as client:
            assert client.get("/api/v1/ready").status_code == 200
            assert "swagger" in client.get("/docs").text.lower()
            assert client.get("/openapi.json").json()["paths"]
            otlp = {"content-type": "application/x-protobuf"}
            assert client.post("/v1/traces", headers=otlp).status_code == 401
            for path in ("/", "/metrics", "/documents"):
                assert "audittrail_store_up" not in client.get(path).text
            assert "<title>AuditTrail" in client.get("/").text

    def test_grpc_and_live(self, outer: OuterProxy, somebody: Person) -> None:
        """A span that is sent with TLS is an event of a WebSocket with TLS."""
        headers = {"authorization": f"Bearer {somebody.key}"}
        exporter = OTLPSpanExporter(
            endpoint=outer.web,
            credentials=grpc.ssl_channel_credentials(outer.certificate.read_bytes()),
            headers=headers,
        )
        with connect(
            f"wss://{outer.address}/ws",
            additional_headers=headers,
            origin=Origin(outer.web),
            ssl=outer.trust,
            proxy=None,
        ) as live:
            assert json.loads(live.recv(timeout=30))["type"] == "ready"
            trace_id = export_by(exporter, "by tls")
            assert trace_id in str(live.recv(timeout=30))

    @pytest.mark.parametrize("path", ["/login", "/api/v1/auth/login"])
    def test_addresses(self, outer: OuterProxy, path: str) -> None:
        """Clients are told apart by the address that they come from, those of the dashboard in
        the same process too."""
        told = []
        for count in (_ATTEMPTS + 1, 1):
            with _client(outer) as client:
                for _ in range(count):
                    body = {"email": new_email(), "password": PASSWORD}
                    how = {"data": {**body, "action": "in"}} if path == "/login" else {"json": body}
                    told.append("Too many attempts" in client.post(path, **how).text)  # type: ignore[arg-type]  # one of the two
        assert told == [False] * _ATTEMPTS + [True, False]


class TestUnit:
    """The example of a systemd unit."""

    @pytest.fixture
    def service(self) -> configparser.SectionProxy:
        [text] = re.findall(r"```ini\n(\[Unit\].*?)```", DEPLOYMENT.read_text(), re.DOTALL)
        unit = configparser.ConfigParser(delimiters="=", interpolation=None)
        unit.optionxform = str  # type: ignore[method-assign, assignment]  # names keep their case
        unit.read_string(text)
        return unit["Service"]

    def test_it_serves_as_another_user(self, service: configparser.SectionProxy) -> None:
        """It starts the command that is installed above it, and not as root."""
        text = DEPLOYMENT.read_text()
        program, *words = service["ExecStart"].split()
        assert words == ["serve"]
        assert f"{Path(program).parent}/pip install" in text
        assert service["User"] != "root"
        assert re.search(rf"(?m)^sudo useradd .* {service['User']}$", text)

    def test_data(self, service: configparser.SectionProxy) -> None:
        """Its data folder is one that systemd makes for it, the only one where it may write."""
        name, _, folder = service["Environment"].partition("=")
        assert name in meanings()
        assert folder == f"/var/lib/{service['StateDirectory']}" == service["WorkingDirectory"]
        assert service["ProtectSystem"] == "strict"
        assert f"{name}={folder} " in DEPLOYMENT.read_text(), "as commands have it too"
