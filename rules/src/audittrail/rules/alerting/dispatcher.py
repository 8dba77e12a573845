"""Sending alerts: written down first, then sent until they arrive or are given up."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Sequence
from typing import Final

import httpx
import structlog

from audittrail.errors import AuditTrailError, InvalidInput, NotFound
from audittrail.outbound import CheckedTransport, parse
from audittrail.rules.alerting.forms import alert_body, test_body
from audittrail.rules.alerting.signing import signed_headers
from audittrail.rules.alerting.targets import telling_what_to_set
from audittrail.rules.severity import at_least
from audittrail.storage import ViolationRow
from audittrail.storage.alerts import AlertStore, Delivery, Webhook

__all__ = ["RETRY_SECONDS", "Dispatcher"]

log = structlog.get_logger(__name__)

# After the first attempt, after the second, ...; then it is given up.
RETRY_SECONDS: Final = (5.0, 30.0, 120.0, 600.0, 3600.0, 21_600.0)
_TIMEOUT: Final = 10.0
_AT_ONCE: Final = 20
_GONE: Final = 410
_MOST_ANSWER: Final = 300


class Dispatcher:
    """``opened`` is for the thread that judges, and asks nothing of the network; a thread of its
    own sends."""

    def __init__(
        self,
        store: AlertStore,
        *,
        allow_private: bool,
        dashboard_url: str,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
        every_seconds: float = 2.0,
    ) -> None:
        self._store = store
        self.allow_private = allow_private
        self._dashboard_url = dashboard_url
        self._retry_seconds = retry_seconds
        self._every = every_seconds
        self._woken = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="audittrail-alerts", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """What is not sent yet will be after the next start."""
        self._closing.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join(_TIMEOUT + 5)

    def opened(self, owner: str, rows: Sequence[ViolationRow]) -> None:
        """Write down who is to be told of these: a webhook once of a rule and a trace."""
        webhooks = [each for each in self._store.list_webhooks(owner) if each.enabled]
        if not webhooks:
            return
        topics: dict[str, list[ViolationRow]] = {}
        for row in rows:
            topics.setdefault(f"{row.rule_id} {row.trace_id or row.session_id}", []).append(row)
        now = time.time_ns()
        deliveries = []
        for webhook in webhooks:
            wanted = {topic: some for topic, some in topics.items() if _wants(webhook, some[0])}
            known = self._store.told(owner, webhook.id, wanted) if wanted else set()
            deliveries += [
                _new(webhook, topic, alert_body(webhook.form, some, self._dashboard_url), now)
                for topic, some in wanted.items()
                if topic not in known
            ]
        if deliveries:
            self._store.add_deliveries(deliveries)
            self._woken.set()

    def test(self, owner: str, webhook_id: str) -> Delivery:
        """Send a test now. Raises NotFound."""
        webhook = self._webhook(owner, webhook_id)
        if webhook is None:
            raise NotFound("You have no webhook with this id.")
        now = time.time_ns()
        waiting = _new(webhook, f"test {now}", test_body(webhook.form, now), now)
        done = self._attempt(webhook, waiting)
        if done.state == "pending":
            done = done._replace(state="failed", next_ns=None)
        self._store.add_deliveries([done])
        return done

    def _webhook(self, owner: str, webhook_id: str) -> Webhook | None:
        found = (each for each in self._store.list_webhooks(owner) if each.id == webhook_id)
        return next(found, None)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._woken.wait(self._every)
            self._woken.clear()
            try:
                while not self._closing.is_set() and self.send_due():
                    pass
            except AuditTrailError as error:
                log.warning("alerts wait", error=str(error))
            except Exception:
                log.exception("alerts could not be sent")

    def send_due(self) -> int:
        """Attempt what is due; how many that was."""
        due = self._store.due(time.time_ns(), _AT_ONCE)
        for delivery in due:
            if self._closing.is_set():
                break
            webhook = self._webhook(delivery.owner, delivery.webhook_id)
            if webhook is None or not webhook.enabled:
                gone = delivery._replace(
                    attempt=delivery.attempt + 1,
                    state="failed",
                    error="the webhook is switched off",
                    at_ns=time.time_ns(),
                    next_ns=None,
                )
                self._store.add_deliveries([gone])
                continue
            done = self._attempt(webhook, delivery)
            self._store.add_deliveries([done])
            if done.status_code == _GONE:
                # The receiver says that it wants no more.
                self._store.enable_webhook(webhook.owner, webhook.id, False)
        return len(due)

    def _attempt(self, webhook: Webhook, delivery: Delivery) -> Delivery:
        status, error = self._post(webhook, delivery)
        attempt = delivery.attempt + 1
        now = time.time_ns()
        done = delivery._replace(attempt=attempt, status_code=status, error=error, at_ns=now)
        if error is None:
            return done._replace(state="delivered", next_ns=None)
        if status == _GONE or attempt > len(self._retry_seconds):
            return done._replace(state="failed", next_ns=None)
        return done._replace(next_ns=now + round(self._retry_seconds[attempt - 1] * 1e9))

    def _post(self, webhook: Webhook, delivery: Delivery) -> tuple[int | None, str | None]:
        """(status, what went wrong)."""
        body = delivery.body.encode()
        headers = {
            "content-type": "application/json",
            "user-agent": "AuditTrail",
            **signed_headers(webhook.secret, delivery.id, int(time.time()), body),
        }
        try:
            to = parse(webhook.url)
            transport = CheckedTransport(to, allow_private=self.allow_private)
            with (
                telling_what_to_set(),
                httpx.Client(
                    transport=transport, timeout=_TIMEOUT, follow_redirects=False, trust_env=False
                ) as client,
            ):
                answer = client.post(to.url, content=body, headers=headers)
        except InvalidInput as error:
            return None, str(error)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return None, f"{type(error).__name__}: {error}"[:_MOST_ANSWER]
        if answer.is_success:
            return answer.status_code, None
        told = ""
        with contextlib.suppress(UnicodeError):
            told = answer.text[:_MOST_ANSWER]
        return answer.status_code, f"answered {answer.status_code}: {told}"


def _wants(webhook: Webhook, row: ViolationRow) -> bool:
    named = not webhook.rule_ids or row.rule_id in webhook.rule_ids
    return named and at_least(row.severity, webhook.least_severity)


def _new(webhook: Webhook, topic: str, body: str, now_ns: int) -> Delivery:
    return Delivery(
        webhook.owner, f"msg_{uuid.uuid4().hex}", webhook.id, topic, body, 0, "pending", None, None,
        now_ns, now_ns,
    )  # fmt: skip
