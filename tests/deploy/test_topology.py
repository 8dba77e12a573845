"""The deployment as docker-compose.yml describes it works, seen from outside its proxy."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import re

import grpc
import httpx
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.deploy.people import Visitor, client_from, export_by, new_address, new_email
from tests.deploy.topology import LOGIN_ATTEMPTS, MAX_MESSAGE_BYTES, OUTER_PROXY, Topology
from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.people import PASSWORD

pytestmark = pytest.mark.slow

_PROTOBUF = "application/x-protobuf"


def _large_request(trace_id: str, size: int) -> bytes:
    """One span with so many bytes that do not compress."""
    return traces_request(span(trace_id, name="large", attributes={"x": os.urandom(size)}))


class TestIngest:
    def test_spans_by_http_and_gzip(self, topology: Topology, visitor: Visitor) -> None:
        """A compressed OTLP request passes the proxy as it is and is stored."""
        trace_id = new_trace_id()
        answer = httpx.post(
            topology.web + "/v1/traces",
            content=gzip.compress(traces_request(span(trace_id, name="zipped"))),
            headers={
                **visitor.headers,
                "content-type": _PROTOBUF,
                "content-encoding": "gzip",
            },
        )
        assert (answer.status_code, answer.content) == (200, b"")
        assert visitor.span_names(trace_id) == ["zipped"]

    def test_official_http_exporter_on_its_usual_port(
        self, topology: Topology, visitor: Visitor
    ) -> None:
        """OTLP/HTTP has its own port as well, and nothing else is there."""
        address = f"http://{topology.address('proxy', 4318)}"
        exporter = HttpExporter(
            endpoint=address + "/v1/traces", headers=visitor.headers, compression=Compression.Gzip
        )
        assert visitor.span_names(export_by(exporter, "by http")) == ["by http"]
        assert httpx.get(address + "/api/v1/health").status_code == 404

    def test_official_grpc_exporter(self, topology: Topology, visitor: Visitor) -> None:
        """The official exporter sends through the proxy's HTTP/2 port with a key as metadata."""
        exporter = GrpcExporter(
            endpoint=topology.address("proxy", 4317), insecure=True, headers=visitor.headers
        )
        assert visitor.span_names(export_by(exporter, "by grpc")) == ["by grpc"]

    def test_grpc_status_comes_back(
        self, export: grpc.UnaryUnaryMultiCallable[bytes, bytes]
    ) -> None:
        """The proxy passes on the server's own gRPC status and its details."""
        with pytest.raises(grpc.RpcError) as refused:
            export(b"", metadata=(("authorization", "Bearer sk-at-unknown"),))
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
        assert "grpc-status-details-bin" in dict(refused.value.trailing_metadata())

    def test_large_requests_pass(
        self,
        topology: Topology,
        visitor: Visitor,
        export: grpc.UnaryUnaryMultiCallable[bytes, bytes],
    ) -> None:
        """What is just under the limit is stored, by HTTP and by gRPC."""
        over_http, over_grpc = new_trace_id(), new_trace_id()
        answer = httpx.post(
            topology.web + "/v1/traces",
            content=_large_request(over_http, MAX_MESSAGE_BYTES - 1000),
            headers={**visitor.headers, "content-type": _PROTOBUF},
            timeout=30,
        )
        assert answer.status_code == 200
        body = _large_request(over_grpc, MAX_MESSAGE_BYTES - 1000)
        export(body, metadata=tuple(visitor.headers.items()), timeout=30)
        assert visitor.span_names(over_http) == visitor.span_names(over_grpc) == ["large"]

    def test_too_large_by_grpc(
        self, visitor: Visitor, export: grpc.UnaryUnaryMultiCallable[bytes, bytes]
    ) -> None:
        """The server refuses it in gRPC's terms, so the exporter knows not to send it again."""
        body = _large_request(new_trace_id(), MAX_MESSAGE_BYTES)
        with pytest.raises(grpc.RpcError) as refused:
            export(body, metadata=tuple(visitor.headers.items()), timeout=30)
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


class TestLimits:
    def test_announced_too_large(self, topology: Topology) -> None:
        """A body over the limit is answered 413 before any of it is sent."""
        connection = http.client.HTTPConnection(topology.address("proxy", 8080), timeout=30)
        connection.putrequest("POST", "/api/v1/auth/login")
        connection.putheader("Content-Length", str(MAX_MESSAGE_BYTES + 1))
        connection.endheaders()
        assert connection.getresponse().status == 413
        connection.close()

    def test_too_large_in_chunks(self, topology: Topology) -> None:
        """A body without an announced length is cut off at the limit."""
        chunk = bytes(2**20)
        chunks = (chunk for _ in range(MAX_MESSAGE_BYTES // len(chunk) + 2))
        answer = httpx.post(topology.web + "/api/v1/auth/login", content=chunks, timeout=30)
        assert answer.status_code == 413

    def test_refusal_of_a_large_body(self, topology: Topology) -> None:
        """A stranger's large request gets the server's 401, not an error of the proxy."""
        answer = httpx.post(
            topology.web + "/v1/traces",
            content=bytes(MAX_MESSAGE_BYTES),
            headers={"content-type": _PROTOBUF},
            timeout=30,
        )
        assert answer.status_code == 401


class TestAddresses:
    """The server limits logins by the client's address, which it knows from the proxy alone."""

    def attempt(self, client: httpx.Client, **headers: str) -> int:
        credentials = {"email": new_email(), "password": PASSWORD}
        return client.post("/api/v1/auth/login", json=credentials, headers=headers).status_code

    def test_two_clients_are_limited_apart(self, topology: Topology) -> None:
        """One address that has used up its attempts leaves those of another alone."""
        with (
            client_from(topology, new_address()) as one,
            client_from(topology, new_address()) as other,
        ):
            tried = [self.attempt(one) for _ in range(LOGIN_ATTEMPTS + 1)]
            assert tried == [401] * LOGIN_ATTEMPTS + [429]
            assert self.attempt(other) == 401

    def test_a_client_cannot_choose_its_address(self, topology: Topology) -> None:
        """X-Forwarded-For from a client changes nothing."""
        with client_from(topology, new_address()) as client:
            tried = [
                self.attempt(client, **{"x-forwarded-for": f"192.0.2.{number}"})
                for number in range(LOGIN_ATTEMPTS + 1)
            ]
        assert tried[-1] == 429

    def test_signing_in_on_the_dashboard(self, topology: Topology) -> None:
        """The dashboard asks the server on behalf of many people. One who has used up the attempts
        of an address leaves those of the others alone."""
        form = {"password": PASSWORD, "action": "in"}
        told = []
        for count in (LOGIN_ATTEMPTS + 1, 1):
            with client_from(topology, new_address()) as client:
                for _ in range(count):
                    page = client.post("/login", data={**form, "email": new_email()}).text
                    told.append("Too many attempts" in page)
        assert told == [False] * LOGIN_ATTEMPTS + [True, False]

    def test_a_proxy_in_front_is_believed(self, topology: Topology) -> None:
        """Clients behind the proxy named by PROXY_BEHIND are told apart by what it says, and
        what they claimed themselves before it does not count."""
        with client_from(topology, OUTER_PROXY) as client:
            claimed = (f"203.0.113.{n}, 198.51.100.1" for n in range(LOGIN_ATTEMPTS + 1))
            tried = [self.attempt(client, **{"x-forwarded-for": each}) for each in claimed]
            assert tried == [401] * LOGIN_ATTEMPTS + [429]
            assert self.attempt(client, **{"x-forwarded-for": "198.51.100.2"}) == 401


class TestLive:
    def test_commit_events(self, topology: Topology, visitor: Visitor) -> None:
        """A WebSocket through the proxy gets an event for a span that is sent meanwhile."""
        trace_id = new_trace_id()
        address = f"ws://{topology.address('proxy', 8080)}/ws?trace_id={trace_id}"
        with connect(address, additional_headers=visitor.headers, proxy=None) as socket:
            assert json.loads(socket.recv(timeout=30))["type"] == "ready"
            visitor.send(trace_id, "live")
            event = json.loads(socket.recv(timeout=30))
        assert (event["type"], event["trace_id"]) == ("commit", trace_id)
        assert [each["name"] for each in event["spans"]] == ["live"]

    def test_origin(self, topology: Topology, visitor: Visitor) -> None:
        """A page of the proxy's own address may connect and another site's may not: the server
        sees the Host that the browser named, with its port."""
        host = topology.address("proxy", 8080)
        address, headers = f"ws://{host}/ws", visitor.headers
        with connect(
            address, additional_headers=headers, proxy=None, origin=Origin(f"http://{host}")
        ) as ws:
            assert json.loads(ws.recv(timeout=30))["type"] == "ready"
        for stranger in ("http://example.com", "http://127.0.0.1"):
            with pytest.raises(InvalidStatus) as refused:
                connect(address, additional_headers=headers, proxy=None, origin=Origin(stranger))
            assert refused.value.response.status_code == 403


class TestDashboard:
    def test_page(self, topology: Topology, visitor: Visitor) -> None:
        """Everything that is not the API's comes from the dashboard, its scripts compressed."""
        assert "<title>AuditTrail: " in httpx.get(topology.web + "/").text
        path = "/traces/" + new_trace_id()
        stranger = httpx.get(topology.web + path)
        assert stranger.status_code == 303
        assert stranger.headers["location"].startswith("/login?next=")
        form = {"email": visitor.email, "password": PASSWORD}
        with client_from(topology, new_address()) as client:
            assert client.post("/login", data=form).status_code == 303
            page = client.get(path)
        assert page.status_code == 200
        scripts = re.findall(r'<script src="(/[^"]+)"', page.text)
        assert scripts
        for script in scripts:
            answer = httpx.get(topology.web + script)
            assert answer.status_code == 200
        assert answer.headers["content-encoding"] == "gzip"

    def test_signing_in(self, topology: Topology, visitor: Visitor) -> None:
        """An account signs in through the dashboard and gets a cookie that scripts cannot read."""
        form = {"email": visitor.email, "password": PASSWORD}
        answer = httpx.post(topology.web + "/login", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/traces")
        assert "httponly" in answer.headers["set-cookie"].lower()
        token = {"authorization": f"Bearer {answer.cookies['audittrail_token']}"}
        me = httpx.get(topology.web + "/api/v1/auth/me", headers=token).json()["data"]
        assert me["email"] == visitor.email
        wrong = httpx.post(topology.web + "/login", data={**form, "password": "not this one"})
        assert wrong.status_code == 401
        assert "set-cookie" not in wrong.headers

    def test_cookie_behind_tls(self, topology: Topology, visitor: Visitor) -> None:
        """The cookie is for HTTPS alone if the proxy in front says that it came by HTTPS. From
        anybody else that counts for nothing."""
        form = {"email": visitor.email, "password": PASSWORD}
        cookies = []
        for address in (OUTER_PROXY, new_address()):
            with client_from(topology, address) as client:
                answer = client.post("/login", data=form, headers={"x-forwarded-proto": "https"})
            cookies.append(answer.headers["set-cookie"].lower())
        assert ["secure" in each for each in cookies] == [True, False]


class TestWhatIsWhere:
    @pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/api/v1/health", "/api/v1/ready"])
    def test_the_servers_own(self, topology: Topology, path: str) -> None:
        """These are the API's, word for word."""
        direct = httpx.get(f"http://{topology.address('audittrail', 8000)}{path}")
        assert httpx.get(topology.web + path).content == direct.content
        assert direct.status_code == 200

    def test_metrics_are_for_the_operator(self, topology: Topology) -> None:
        """The server's figures are there for its own machine, and not through the proxy."""
        direct = httpx.get(f"http://{topology.address('audittrail', 8000)}/metrics")
        assert "audittrail_store_up 1.0" in direct.text
        for path in (
            "/metrics",
            "//metrics",
            "/%6detrics",
            "/api/../metrics",
            "/v1/%2e%2e/metrics",
        ):
            connection = http.client.HTTPConnection(topology.address("proxy", 8080), timeout=30)
            connection.request("GET", path)
            answer = connection.getresponse()
            assert (answer.status, b"audittrail_" in answer.read()) == (403, False), path
            connection.close()
