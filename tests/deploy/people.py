"""People and agents at the proxy, each with an address of their own on the loopback network."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import httpx
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from tests.deploy.topology import Topology
from tests.support.otlp import span, traces_request
from tests.support.people import PASSWORD

_numbers = itertools.count(1)


def new_address() -> str:
    return f"127.0.1.{next(_numbers)}"


def new_email() -> str:
    return f"visitor{next(_numbers)}@example.com"


def client_from(topology: Topology, address: str, **headers: str) -> httpx.Client:
    """A client of the proxy whose connections come from this address."""
    transport = httpx.HTTPTransport(local_address=address)
    return httpx.Client(
        base_url=topology.web, transport=transport, headers=headers, timeout=30, trust_env=False
    )


@dataclass
class Visitor:
    """Somebody with an account and a key with both scopes, made through the proxy."""

    topology: Topology
    email: str
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}

    def get(self, path: str) -> Any:
        """The data of a successful answer."""
        answer = httpx.get(self.topology.web + path, headers=self.headers, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def span_names(self, trace_id: str) -> list[str]:
        return [each["name"] for each in self.get(f"/api/v1/traces/{trace_id}/spans")]

    def send(self, trace_id: str, name: str = "step") -> None:
        """One span by OTLP/HTTP."""
        answer = httpx.post(
            self.topology.web + "/v1/traces",
            content=traces_request(span(trace_id, name=name)),
            headers={**self.headers, "content-type": "application/x-protobuf"},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text


def new_visitor(topology: Topology) -> Visitor:
    """Register, log in and create a key, over REST."""
    credentials = {"email": new_email(), "password": PASSWORD}
    with client_from(topology, new_address()) as client:
        assert client.post("/api/v1/auth/register", json=credentials).status_code == 201
        logged_in = client.post("/api/v1/auth/login", json=credentials)
        assert logged_in.status_code == 200, logged_in.text
        token = logged_in.json()["data"]["access_token"]
        made = client.post(
            "/api/v1/api-keys",
            json={"name": "agent", "scopes": ["ingest", "read"]},
            headers={"authorization": f"Bearer {token}"},
        )
    assert made.status_code == 201, made.text
    return Visitor(topology, credentials["email"], made.json()["data"]["secret"])


def export_by(exporter: SpanExporter, name: str) -> str:
    """Export one span by the official SDK; returns its trace id."""
    made = TracerProvider(shutdown_on_exit=False).get_tracer("tests").start_span(name)
    made.end()
    try:
        assert exporter.export([made]) is SpanExportResult.SUCCESS  # type: ignore[list-item]  # the SDK's spans can be read
    finally:
        exporter.shutdown()
    return format(made.get_span_context().trace_id, "032x")
