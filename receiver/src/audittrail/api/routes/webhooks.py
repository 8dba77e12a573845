"""Where alerts of violations go."""

from __future__ import annotations

import time
import uuid
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from audittrail.api.dependencies import OwnerReading, Person, ServicesDep
from audittrail.api.responses import Data, iso_time
from audittrail.errors import Conflict, NotFound
from audittrail.rules.alerting import new_secret, resolve
from audittrail.rules.severity import Severity
from audittrail.storage import Delivery, Webhook

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/webhooks", tags=["rules"])

_NO_WEBHOOK: Final = "You have no webhook with this id."
_MOST: Final = 20


class WebhookIn(BaseModel):
    """A webhook to make. ``slack`` is the form of Slack's incoming webhooks."""

    url: Annotated[str, Field(max_length=2000, examples=["https://alerts.example.com/audittrail"])]
    form: Literal["json", "slack"] = "json"
    least_severity: Severity = "high"
    rule_ids: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=80)]], Field(max_length=100)
    ] = []


class WebhookState(BaseModel):
    enabled: bool


def _shown(webhook: Webhook) -> dict[str, Any]:
    told = webhook._asdict()
    for hidden in ("owner", "secret", "created_ns"):
        told.pop(hidden)
    return {**told, "created_at": iso_time(webhook.created_ns)}


def _attempt(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "topic": delivery.topic,
        "attempt": delivery.attempt,
        "state": delivery.state,
        "status_code": delivery.status_code,
        "error": delivery.error,
        "at": iso_time(delivery.at_ns),
        "next_attempt_at": iso_time(delivery.next_ns),
    }


@router.get("", summary="Your webhooks, without their secrets")
def list_webhooks(owner: OwnerReading, services: ServicesDep) -> Response:
    found = services.store.alerts.list_webhooks(owner)
    return Data([_shown(webhook) for webhook in found], next_cursor=None)


@router.post("", summary="Add a webhook; its secret is in this answer only")
def add_webhook(body: WebhookIn, owner: Person, services: ServicesDep) -> Response:
    """It is told once of each rule that a trace breaks. Bodies are signed as the Standard Webhooks
    specification says."""
    resolve(body.url, allow_private=services.dispatcher.allow_private)
    if len(services.store.alerts.list_webhooks(owner)) >= _MOST:
        raise Conflict(f"There may be {_MOST} webhooks; delete one first.")
    webhook = Webhook(
        owner=owner,
        id=f"wh_{uuid.uuid4().hex[:16]}",
        url=body.url,
        form=body.form,
        secret=new_secret(),
        least_severity=body.least_severity,
        rule_ids=tuple(dict.fromkeys(body.rule_ids)),
        enabled=True,
        created_ns=time.time_ns(),
    )
    services.store.alerts.add_webhook(webhook)
    return Data({**_shown(webhook), "secret": webhook.secret}, 201)


@router.patch("/{webhook_id}", summary="Switch a webhook on or off")
def switch(webhook_id: str, body: WebhookState, owner: Person, services: ServicesDep) -> Response:
    if not services.store.alerts.enable_webhook(owner, webhook_id, body.enabled):
        raise NotFound(_NO_WEBHOOK)
    return Data({"id": webhook_id, "enabled": body.enabled})


@router.delete("/{webhook_id}", summary="Delete a webhook with its log")
def delete_webhook(webhook_id: str, owner: Person, services: ServicesDep) -> Response:
    if not services.store.alerts.delete_webhook(owner, webhook_id):
        raise NotFound(_NO_WEBHOOK)
    return Data({"id": webhook_id, "deleted": True})


@router.get("/{webhook_id}/deliveries", summary="What was sent to a webhook, and what it answered")
def list_deliveries(
    webhook_id: str,
    owner: OwnerReading,
    services: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Every attempt, the newest first. One that failed is made again after 5 s, 30 s, 2 min,
    10 min, 1 h and 6 h."""
    if all(each.id != webhook_id for each in services.store.alerts.list_webhooks(owner)):
        raise NotFound(_NO_WEBHOOK)
    found = services.store.alerts.list_deliveries(owner, webhook_id, limit)
    return Data([_attempt(each) for each in found], next_cursor=None)


@router.post("/{webhook_id}/test", summary="Send a test to a webhook")
def send_test(webhook_id: str, owner: Person, services: ServicesDep) -> Response:
    """What came of it; a test is not tried again."""
    return Data(_attempt(services.dispatcher.test(owner, webhook_id)))
