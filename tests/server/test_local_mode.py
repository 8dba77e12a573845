"""``audittrail serve --local``: nothing is asked for, and nobody else gets in."""

from __future__ import annotations

from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.servers import Server, make_server


def send(server: Server, trace_id: str, **headers: str) -> httpx.Response:
    return httpx.post(
        f"{server.otlp_http}/v1/traces",
        content=traces_request(span(trace_id)),
        headers={"content-type": "application/x-protobuf", **headers},
    )


def test_nobody_needs_credentials(local_server: Server) -> None:
    """A span goes in without a key, and comes out without a login."""
    trace_id = new_trace_id()
    assert send(local_server, trace_id).status_code == 200
    answer = httpx.get(f"{local_server.api}/api/v1/traces/{trace_id}")
    assert answer.status_code == 200
    assert answer.json()["data"]["span_count"] == 1


def test_an_unknown_key_is_no_hindrance(local_server: Server) -> None:
    """An agent that is set up for another server sends its key; it is not asked for here."""
    trace_id = new_trace_id()
    sent = send(local_server, trace_id, authorization="Bearer sk-at-of-another-server")
    assert sent.status_code == 200
    assert httpx.get(f"{local_server.api}/api/v1/traces/{trace_id}").status_code == 200


def test_only_loopback_is_listened_on(local_server: Server) -> None:
    """API, both doors of OTLP and the dashboard: none is open to the network."""
    listening = {
        connection.laddr
        for connection in psutil.Process(local_server.process.pid).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert len(listening) == 4
    # gRPC writes addresses of IPv4 as those of IPv6.
    assert {address.ip.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example"])
@pytest.mark.parametrize("door", ["api", "dashboard", "otlp"])
def test_names_of_others_are_refused(local_server: Server, door: str, host: str) -> None:
    """A page on the web whose name resolves to this machine gets nothing, by any door."""
    if door == "otlp":
        trace_id = new_trace_id()
        assert send(local_server, trace_id, host=host).status_code == 400
        assert httpx.get(f"{local_server.api}/api/v1/traces/{trace_id}").status_code == 404
    else:
        paths = {"api": f"{local_server.api}/api/v1/traces", "dashboard": local_server.dashboard}
        assert httpx.get(str(paths[door]), headers={"host": host}).status_code == 400


def test_names_of_this_machine_are_taken(local_server: Server) -> None:
    """By each of its names, with the port that a browser adds."""
    for name in ("localhost", "127.0.0.1"):
        host = {"host": f"{name}:{local_server.api.rpartition(':')[2]}"}
        assert httpx.get(f"{local_server.api}/api/v1/traces", headers=host).status_code == 200
        assert send(local_server, new_trace_id(), **host).status_code == 200
        assert httpx.get(f"{local_server.dashboard}/traces", headers=host).is_success


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.com"])
def test_it_is_refused_where_others_reach_it(tmp_path: Path, host: str) -> None:
    """The message says what to leave out; nothing is made in the data folder."""
    done = make_server(tmp_path).cli("serve", "--local", "--host", host)
    assert done.returncode == 1
    assert f"loopback only, not on {host}" in done.stderr
    assert "leave out --local" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_it_is_not_the_default(server: Server) -> None:
    """Without --local a server on loopback still wants to know who asks."""
    assert httpx.get(f"{server.api}/api/v1/health").json()["local_mode"] is False
    assert httpx.get(f"{server.api}/api/v1/traces").status_code == 401
    assert send(server, new_trace_id()).status_code == 401
