"""Users of a test server, each with keys of their own."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.connections import KEPT
from tests.support.servers import Server

_numbers = itertools.count(1)
PASSWORD = "correct horse battery staple"


@dataclass
class Person:
    """A registered user. ``key`` has both scopes."""

    server: Server
    email: str
    token: str
    key: str

    def client(self, credential: str | None = None) -> httpx.Client:
        headers = {"authorization": f"Bearer {credential or self.key}"}
        return httpx.Client(base_url=self.server.api, headers=headers, timeout=30, transport=KEPT)

    def get(self, path: str, **params: Any) -> Any:
        """The data of a successful answer."""
        with self.client() as client:
            response = client.get(path, params=params)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def pages(self, path: str, **params: Any) -> Iterator[Any]:
        """The items of all pages of a list."""
        with self.client() as client:
            while True:
                response = client.get(path, params=params)
                assert response.status_code == 200, response.text
                body = response.json()
                yield from body["data"]
                if body["next_cursor"] is None:
                    return
                params["cursor"] = body["next_cursor"]

    def spans(self, trace_id: str) -> list[dict[str, Any]]:
        return list(self.pages(f"/api/v1/traces/{trace_id}/spans"))

    def post(self, path: str, body: Any) -> httpx.Response:
        with self.client() as client:
            return client.post(path, json=body)

    def otlp(
        self, body: bytes, signal: str = "traces", content_type: str = "application/x-protobuf"
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.key}", "content-type": content_type}
        with httpx.Client(timeout=60, transport=KEPT) as client:
            url = f"{self.server.otlp_http}/v1/{signal}"
            return client.post(url, content=body, headers=headers)

    def new_key(self, *scopes: str) -> str:
        with self.client(self.token) as client:
            made = client.post("/api/v1/api-keys", json={"name": "k", "scopes": list(scopes)})
        assert made.status_code == 201, made.text
        return str(made.json()["data"]["secret"])


def new_person(server: Server) -> Person:
    """Register somebody over the API. Servers for tests limit that less than others do."""
    email = f"person{next(_numbers)}-{time.time_ns()}@example.com"
    credentials = {"email": email, "password": PASSWORD}
    url = server.api + "/api/v1/auth/register"
    with httpx.Client(timeout=60, transport=KEPT) as client:
        answer = client.post(url, json=credentials)
    assert answer.status_code == 201, answer.text
    person = Person(server, email, answer.json()["data"]["access_token"], "")
    person.key = person.new_key("ingest", "read")
    return person
