"""Whoever waits for their data learns that a sender beside them was refused."""

from __future__ import annotations

import time
from collections.abc import Iterator

import grpc
import httpx
import pytest

from audittrail.accounts.refusals import Refusals
from tests.api.grpc_door import grpc_export
from tests.api.rest import SPANS, rest_span
from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.people import Person, new_person
from tests.support.servers import Server, running_server

PATH = "/api/v1/ingest/refused"


@pytest.fixture(scope="module")
def quiet_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Where nobody else is refused."""
    folder = tmp_path_factory.mktemp("quiet")
    with running_server(folder, LOGIN_ATTEMPTS_PER_MINUTE="100000") as started:
        yield started


def _send(server: Server, protocol: str, key: str) -> None:
    headers = {"authorization": f"Bearer {key}"}
    if protocol == "grpc":
        assert grpc_export(server, key) is grpc.StatusCode.UNAUTHENTICATED
        return
    if protocol == "http":
        headers["content-type"] = "application/x-protobuf"
        url, body = f"{server.otlp_http}/v1/traces", traces_request(span(new_trace_id()))
        answer = httpx.post(url, content=body, headers=headers)
    else:
        batch = {"batch": [rest_span(new_trace_id())]}
        answer = httpx.post(server.api + SPANS, json=batch, headers=headers)
    assert answer.status_code == 401


def test_each_door(quiet_server: Server) -> None:
    """Nothing at first; then how many, the last one's protocol, reason and time, and never the
    credential that was sent. Whoever has a good one is not counted."""
    waiting = new_person(quiet_server)
    assert waiting.get(PATH)["count"] == 0
    told = []
    for number, protocol in enumerate(("http", "grpc", "rest"), 1):
        _send(quiet_server, protocol, f"sk-at-wrong-{protocol}")
        said = waiting.get(PATH)
        assert said["count"] == number
        assert said["reason"]
        assert "sk-at-wrong" not in str(said)
        told.append(said["protocol"])
    assert len(set(told)) == 3
    assert waiting.otlp(traces_request(span(new_trace_id()))).status_code == 200
    assert waiting.get(PATH)["count"] == 3


def test_a_key_without_the_right(quiet_server: Server) -> None:
    """Is refused, and that is another reason than a key that nobody has."""
    waiting = new_person(quiet_server)
    _send(quiet_server, "http", "sk-at-wrong")
    unknown = waiting.get(PATH)["reason"]
    reader = Person(quiet_server, waiting.email, waiting.token, waiting.new_key("read"))
    assert reader.otlp(traces_request(span(new_trace_id()))).status_code == 403
    assert waiting.get(PATH)["reason"] != unknown


def test_only_of_ones_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a machine's own addresses are one; what is older than ten minutes is forgotten, and
    so are the oldest of more than a thousand addresses."""
    refusals = Refusals()
    refusals.note("127.0.0.1", "wrong API key", "http")
    refusals.note("192.0.2.7", "no API key", "grpc")
    local, other = refusals.of("::1"), refusals.of("::ffff:192.0.2.7")
    assert local is not None
    assert (local.count, local.protocol) == (1, "http")
    assert other is not None
    assert (other.count, other.reason) == (1, "no API key")
    assert refusals.of("192.0.2.8") is None
    for number in range(1000):
        refusals.note(f"198.51.{number // 250}.{number % 250}", "no API key", "rest")
    assert refusals.of("127.0.0.1") is None
    now = time.time()
    monkeypatch.setattr("audittrail.accounts.refusals.time.time", lambda: now + 601)
    assert refusals.of("198.51.3.249") is None
