"""Alerts: to real sockets, from a real file."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from audittrail.errors import InvalidInput
from audittrail.rules.alerting import Dispatcher, new_secret, resolve
from audittrail.storage import ViolationRow, Webhook
from audittrail.storage.duckdb.store import DuckDBStore


class Received(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Somebody's endpoint; ``answers`` are its statuses in order, then 200."""

    def __init__(self) -> None:
        self.got: list[Received] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.append(Received(self.path, headers, body))
                status = receiver.answers.pop(0) if receiver.answers else 200
                self.send_response(status)
                if status == 302:
                    self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing on the terminal."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?a=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBStore]:
    opened = DuckDBStore(tmp_path / "a.duckdb")
    yield opened
    opened.close()


def webhook(store: DuckDBStore, url: str, **fields: Any) -> Webhook:
    made = Webhook("ada", "wh_1", url, "json", new_secret(), "high", (), True, 1)
    made = made._replace(**fields)
    store.alerts.add_webhook(made)
    return made


@pytest.fixture
def dispatcher(store: DuckDBStore) -> Iterator[Dispatcher]:
    made = Dispatcher(
        store.alerts,
        allow_private=True,
        dashboard_url="https://board.example/",
        retry_seconds=(0.01, 0.01, 0.01),
        every_seconds=0.02,
    )
    made.start()
    yield made
    made.close()


def violation(rule: str = "r", trace: str = "t", span: str = "s", **fields: Any) -> ViolationRow:
    row = ViolationRow(
        f"{rule}{trace}{span}", rule, "d", "A <title>", "high", "span", trace, span, None, "agent",
        "prod", "it & that", '[{"column": "input", "start": 0, "length": 9, "what": "API key"}]',
        "[]", 10**18, 10**18, 1, "open",
    )  # fmt: skip
    return row._replace(**fields)


def until(true: Callable[[], bool]) -> None:
    for _ in range(1000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to be")


def states(store: DuckDBStore) -> list[str]:
    """By attempt, the first one first; the row before any attempt is left out."""
    found = store.alerts.list_deliveries("ada", "wh_1", 100)
    return [each.state for each in sorted(found, key=lambda each: each.attempt) if each.attempt]


def test_an_alert_is_signed(store: DuckDBStore, dispatcher: Dispatcher, receiver: Receiver) -> None:
    """With the webhook's secret, over id, time and body, as the receiver computes it."""
    made = webhook(store, receiver.url)
    dispatcher.opened("ada", [violation()])
    until(lambda: bool(receiver.got))
    (got,) = receiver.got
    assert got.path == "/hook?a=1"
    key = base64.b64decode(made.secret.removeprefix("whsec_"))
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert got.headers["webhook-signature"] == f"v1,{expected}"
    assert abs(int(got.headers["webhook-timestamp"]) - time.time()) < 60
    told = json.loads(got.body)
    assert told["type"] == "violation.opened"
    assert told["data"]["url"] == "https://board.example/traces/t?span=s"
    assert "evidence" not in told["data"]


def all_is_sent(dispatcher: Dispatcher) -> None:
    """Nothing is under way, and nothing is due."""
    dispatcher.close()
    assert dispatcher.send_due() == 0


def test_repeats_are_one_alert(
    store: DuckDBStore, dispatcher: Dispatcher, receiver: Receiver
) -> None:
    """Several violations of one rule in one trace are one alert that says how many; later ones
    of the same are none; another rule or trace is another one."""
    webhook(store, receiver.url)
    dispatcher.opened("ada", [violation(span="a"), violation(span="b")])
    dispatcher.opened("ada", [violation(span="c")])
    dispatcher.opened("ada", [violation(rule="q"), violation(trace="u")])
    until(lambda: len(receiver.got) == 3)
    all_is_sent(dispatcher)
    told = [json.loads(got.body)["data"] for got in receiver.got]
    assert sorted((each["rule_id"], each["trace_id"], each["count"]) for each in told) == [
        ("q", "t", 1),
        ("r", "t", 2),
        ("r", "u", 1),
    ]


def test_it_is_tried_again(store: DuckDBStore, dispatcher: Dispatcher, receiver: Receiver) -> None:
    """After an error of the receiver; the log has every attempt, and the id stays the same."""
    webhook(store, receiver.url)
    receiver.answers = [500, 503]
    dispatcher.opened("ada", [violation()])
    until(lambda: states(store) == ["pending", "pending", "delivered"])
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    errors = [each.error for each in store.alerts.list_deliveries("ada", "wh_1", 100)]
    assert sum("answered 500" in (error or "") for error in errors) == 1


def test_it_is_given_up(store: DuckDBStore, dispatcher: Dispatcher, receiver: Receiver) -> None:
    """After the last attempt of the schedule."""
    webhook(store, receiver.url)
    receiver.answers = [500] * 9
    dispatcher.opened("ada", [violation()])
    until(lambda: states(store) == ["pending", "pending", "pending", "failed"])
    all_is_sent(dispatcher)
    assert len(receiver.got) == 4


def test_what_waits_is_sent_after_a_restart(store: DuckDBStore, receiver: Receiver) -> None:
    """An alert is written down before it is sent."""
    webhook(store, receiver.url)
    made = Dispatcher(store.alerts, allow_private=True, dashboard_url="https://board.example")
    made.opened("ada", [violation()])
    again = Dispatcher(store.alerts, allow_private=True, dashboard_url="https://board.example")
    assert again.send_due() == 1
    assert len(receiver.got) == 1
    assert again.send_due() == 0


def test_gone_switches_it_off(
    store: DuckDBStore, dispatcher: Dispatcher, receiver: Receiver
) -> None:
    """410 says that nothing more is wanted."""
    webhook(store, receiver.url)
    receiver.answers = [410]
    dispatcher.opened("ada", [violation()])
    until(lambda: not store.alerts.list_webhooks("ada")[0].enabled)
    dispatcher.opened("ada", [violation(trace="other")])
    all_is_sent(dispatcher)
    assert len(receiver.got) == 1


def test_filters(store: DuckDBStore, dispatcher: Dispatcher, receiver: Receiver) -> None:
    """Only rules that were chosen, and only what is grave enough; never another owner's."""
    webhook(store, receiver.url, rule_ids=("r", "q"), least_severity="high")
    dispatcher.opened(
        "ada",
        [
            violation(rule="r"),
            violation(rule="q", severity="medium"),
            violation(rule="p", severity="critical"),
        ],
    )
    dispatcher.opened("bob", [violation(trace="bobs")])
    until(lambda: bool(receiver.got))
    all_is_sent(dispatcher)
    assert [json.loads(got.body)["data"]["rule_id"] for got in receiver.got] == ["r"]


def test_redirects_are_not_followed(
    store: DuckDBStore, dispatcher: Dispatcher, receiver: Receiver
) -> None:
    """A receiver cannot send alerts on to where the server alone can reach."""
    webhook(store, receiver.url)
    receiver.answers = [302, 302, 302, 302]
    dispatcher.opened("ada", [violation()])
    until(lambda: states(store)[-1:] == ["failed"])
    assert {got.path for got in receiver.got} == {"/hook?a=1"}


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://10.0.0.8/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://0.0.0.0/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "ftp://93.184.216.34/",
        "https://user:word@93.184.216.34/",
        "https:///path",
        "nothing",
        "http://93.184.216.34:99999/",
        "https://no-such-host.invalid/",
    ],
)
def test_where_alerts_do_not_go(url: str) -> None:
    """Into the server's own network, and to what is no web address."""
    with pytest.raises(InvalidInput):
        resolve(url, allow_private=False)


def test_a_private_address_is_refused_when_it_is_sent(
    store: DuckDBStore, receiver: Receiver
) -> None:
    """Also where a name meant another address when the webhook was made."""
    webhook(store, receiver.url)
    strict = Dispatcher(store.alerts, allow_private=False, dashboard_url="https://board.example")
    strict.opened("ada", [violation()])
    strict.send_due()
    assert receiver.got == []
    (attempt, _) = store.alerts.list_deliveries("ada", "wh_1", 10)
    assert "own network" in (attempt.error or "")


def test_the_form_of_slack(store: DuckDBStore, dispatcher: Dispatcher, receiver: Receiver) -> None:
    """A text and a block, with what Slack would read as its own escaped."""
    webhook(store, receiver.url, form="slack")
    dispatcher.opened("ada", [violation()])
    until(lambda: bool(receiver.got))
    told = json.loads(receiver.got[0].body)
    assert told["text"] == "HIGH: A &lt;title&gt;: it &amp; that"
    assert "<https://board.example/traces/t?span=s|" in told["blocks"][0]["text"]["text"]


def test_a_test(store: DuckDBStore, dispatcher: Dispatcher, receiver: Receiver) -> None:
    """It is sent at once, its outcome is told, and it is not tried again."""
    webhook(store, receiver.url)
    assert dispatcher.test("ada", "wh_1").state == "delivered"
    receiver.answers = [500]
    failed = dispatcher.test("ada", "wh_1")
    assert (failed.state, failed.status_code) == ("failed", 500)
    assert len(receiver.got) == 2
