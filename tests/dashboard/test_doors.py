"""What the dashboard answers beside its pages: the API for browsers and for programs, the live
socket, and its own files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.dashboard.own_process import running_dashboard
from tests.support.otlp import new_trace_id, span, traces_request
from tests.support.people import Person, new_person
from tests.support.servers import Server


@pytest.fixture(scope="module", params=["within the server", "a process of its own"])
def shown(request: pytest.FixtureRequest, shown_server: Server) -> Iterator[str]:
    """The URL of a dashboard, in both ways of running it."""
    if request.param == "within the server":
        yield str(shown_server.dashboard)
    else:
        with running_dashboard(shown_server) as url:
            yield url


def _signed_in(shown: str, person: Person) -> httpx.Client:
    return httpx.Client(base_url=shown, cookies={"audittrail_token": person.token}, timeout=30)


def test_the_api_by_cookie(shown: str, viewer: Person) -> None:
    """Pages read and change through their own path, with the cookie in place of a token."""
    with _signed_in(shown, viewer) as browser:
        assert browser.get("/web/v1/auth/me").json()["data"]["email"] == viewer.email
        made = browser.post("/web/v1/api-keys", json={"name": "by cookie"})
        assert made.status_code == 201
        key = made.json()["data"]["id"]
        assert browser.delete(f"/web/v1/api-keys/{key}").status_code == 200
        assert browser.get("/web/v1/traces/" + "0" * 32).status_code == 404


def test_the_api_by_key(shown: str, viewer: Person) -> None:
    """Programs bring a key; a cookie alone is nothing there."""
    with _signed_in(shown, viewer) as browser:
        assert browser.get("/api/v1/auth/me").status_code == 401
        headers = {"authorization": f"Bearer {viewer.key}"}
        assert browser.get("/api/v1/auth/me", headers=headers).status_code == 200


def test_other_sites_change_nothing(shown: str, viewer: Person) -> None:
    """Another site's page may send a request, but not with an effect, even if a browser gave it
    the cookie."""
    with _signed_in(shown, viewer) as browser:
        for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
            body = {"name": "stolen"}
            answer = browser.post("/web/v1/api-keys", json=body, headers=headers)
            assert answer.status_code == 403
        names = [key["name"] for key in browser.get("/web/v1/api-keys").json()["data"]]
        assert "stolen" not in names


def test_ids_with_any_character(shown: str, viewer: Person) -> None:
    """What is escaped in a path arrives as it was meant."""
    session = "a/b c?d#e%2Ff"
    attributes = {"session.id": session}
    body = traces_request(span(new_trace_id(), name="agent", attributes=attributes))
    assert viewer.otlp(body).status_code == 200
    with _signed_in(shown, viewer) as browser:
        path = "/web/v1/sessions/" + "a%2Fb%20c%3Fd%23e%252Ff"
        assert browser.get(path).json()["data"]["session_id"] == session


def _live(shown: str, person: Person | None, trace_id: str, origin: str | None = None) -> str:
    url = shown.replace("http", "ws") + f"/live?trace_id={trace_id}"
    cookie = {"cookie": f"audittrail_token={person.token}"} if person else {}
    with closing(
        connect(url, additional_headers=cookie, origin=Origin(origin) if origin else None)
    ) as socket:
        assert json.loads(socket.recv(timeout=10))["type"] == "ready"
        if person is None:
            return ""
        sent = traces_request(span(trace_id, name="live"))
        assert person.otlp(sent).status_code == 200
        message = json.loads(socket.recv(timeout=10))
        return str(message["spans"][0]["name"])


def test_the_live_socket(shown: str, viewer: Person) -> None:
    """By cookie, from the dashboard's own pages; it tells what comes for this trace."""
    assert _live(shown, viewer, new_trace_id(), origin=shown) == "live"


def test_the_live_socket_of_others(shown: str, viewer: Person, shown_server: Server) -> None:
    """Without a cookie nothing is told, nor to a page of another site, nor of others' traces."""
    with pytest.raises(Exception, match="403"):
        _live(shown, viewer, new_trace_id(), origin="http://evil.example")
    with pytest.raises(ConnectionClosed, match="4401"):
        _live(shown, None, new_trace_id())
    trace_id = new_trace_id()
    url = shown.replace("http", "ws") + f"/live?trace_id={trace_id}"
    other = new_person(shown_server)
    cookie = {"cookie": f"audittrail_token={other.token}"}
    with connect(url, additional_headers=cookie) as socket:
        assert json.loads(socket.recv(timeout=10))["type"] == "ready"
        assert viewer.otlp(traces_request(span(trace_id, name="not yours"))).status_code == 200
        assert other.otlp(traces_request(span(trace_id, name="yours"))).status_code == 200
        assert json.loads(socket.recv(timeout=10))["spans"][0]["name"] == "yours"


def test_headers(shown: str, viewer: Person) -> None:
    """Pages load scripts of this origin alone and are not kept; what has a hash in its name is."""
    with _signed_in(shown, viewer) as browser:
        page = browser.get("/traces")
        policy = page.headers["content-security-policy"]
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert "unsafe" not in rules["script-src"]
        assert rules["connect-src"] == "'self'"
        assert rules["default-src"] == "'none'"
        assert page.headers["cache-control"] == "no-store"
        [script] = [
            each for each in page.text.split('"') if each.startswith("/app-") and "js" in each
        ]
        answer = browser.get(script)
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-encoding"] == "gzip"
        assert browser.get("/app-of-another-day.css").status_code == 200
