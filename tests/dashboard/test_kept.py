"""Scripts and styles are answered from memory, as they were at first."""

from __future__ import annotations

import gzip
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from audittrail.dashboard.web import kept
from audittrail.dashboard.web.kept import KeptAnswers
from tests.support.servers import Server


class Counting:
    """Answers with the number of the call, in two parts."""

    def __init__(self, status: int = 200, size: int = 0, whole: bool = True) -> None:
        self.calls = 0
        self.whole = whole
        self.status = status
        self.size = size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.calls += 1
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        body = f"{self.calls}".encode() + bytes(self.size)
        await send({"type": "http.response.body", "body": body, "more_body": True})
        if self.whole:
            # Servers may leave more_body out of the last part.
            await send({"type": "http.response.body", "body": b"."})


def ask(app: KeptAnswers, path: str = "/app-1.js", method: str = "GET", **headers: str) -> bytes:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError

    named = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    scope: dict[str, Any] = {
        "type": "http", "method": method, "path": path, "query_string": b"", "headers": named,
    }  # fmt: skip
    # Driven by hand: an event loop runs here already, for the browser's sake.
    with pytest.raises(StopIteration):
        app(scope, receive, send).__await__().__next__()
    return b"".join(message.get("body", b"") for message in sent).replace(b"\0", b"")


def test_it_is_made_once() -> None:
    """For each address, and for each of both ways to send it."""
    app = KeptAnswers(Counting(), ["/app-"])
    for _ in range(2):
        assert ask(app) == b"1."
        assert ask(app, accept_encoding="gzip, br") == b"2."
        assert ask(app, accept_encoding="br, gzip") == b"2."
        assert ask(app, "/app-2.js") == b"3."


def test_what_is_made_anew() -> None:
    """What is not asked for with GET, or in parts, or only if it differs, or is no success, or has
    no version in its address."""
    inner = Counting()
    app = KeptAnswers(inner, ["/app-"])
    for _ in range(2):
        ask(app, method="HEAD")
        ask(app, range="bytes=0-1")
        ask(app, if_none_match='"x"')
        ask(app, "/traces")
    assert inner.calls == 8
    failing = Counting(status=404)
    app = KeptAnswers(failing, ["/app-"])
    ask(app)
    ask(app)
    assert failing.calls == 2


def test_what_was_cut_off() -> None:
    """An answer that a browser did not wait for is not kept as the whole."""
    inner = Counting(whole=False)
    app = KeptAnswers(inner, ["/app-"])
    assert ask(app) == b"1"
    inner.whole = True
    assert ask(app) == b"2."
    assert ask(app) == b"2."


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more than may be kept, what was asked for last is."""
    monkeypatch.setattr(kept, "_MOST_BYTES", 2500)
    inner = Counting(size=1000)
    app = KeptAnswers(inner, ["/app-"])
    assert [ask(app, f"/app-{n}") for n in (1, 2, 1, 3, 1)] == [b"1.", b"2.", b"1.", b"3.", b"1."]
    assert ask(app, "/app-2") == b"4."


def test_a_page_gets_the_same_from_memory(shown_server: Server) -> None:
    """Through all that stands before it: the same headers, the same body."""
    with httpx.Client(base_url=str(shown_server.dashboard)) as browser:
        page = browser.get("/login").text
        [script] = [each for each in page.split('"') if each.startswith("/app-") and "css" in each]
        whole = browser.get(script, headers={"accept-encoding": "identity"})
        first, second = browser.get(script), browser.get(script)
        assert "content-encoding" not in whole.headers
        assert first.headers["content-encoding"] == "gzip"
        assert first.content == second.content == whole.content
        different = {"date"}
        assert {k: v for k, v in first.headers.items() if k not in different} == {
            k: v for k, v in second.headers.items() if k not in different
        }
        with browser.stream("GET", script) as raw:
            packed = b"".join(raw.iter_raw())
        assert gzip.decompress(packed) == whole.content
