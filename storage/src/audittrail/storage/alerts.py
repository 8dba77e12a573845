"""Webhooks, and what was sent to them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

__all__ = ["AlertStore", "Delivery", "Webhook"]


class Webhook(NamedTuple):
    """Where an owner is told of violations. ``form`` is ``json`` or ``slack``; no ``rule_ids``
    means all rules."""

    owner: str
    id: str
    url: str
    form: str
    secret: str
    least_severity: str
    rule_ids: tuple[str, ...]
    enabled: bool
    created_ns: int


class Delivery(NamedTuple):
    """An alert to one webhook, after so many attempts. ``state`` is ``pending``, ``delivered`` or
    ``failed``; ``topic`` is what it is about, of which a webhook is told once."""

    owner: str
    id: str
    webhook_id: str
    topic: str
    body: str
    attempt: int
    state: str
    status_code: int | None
    error: str | None
    at_ns: int
    next_ns: int | None


class AlertStore(Protocol):
    """Every change is durable when its call returns."""

    def add_webhook(self, webhook: Webhook) -> None: ...

    def list_webhooks(self, owner: str) -> Sequence[Webhook]:
        """The oldest first."""
        ...

    def enable_webhook(self, owner: str, webhook_id: str, enabled: bool) -> bool:
        """False if the owner has no such webhook."""
        ...

    def delete_webhook(self, owner: str, webhook_id: str) -> bool:
        """With its deliveries; False if the owner has no such webhook."""
        ...

    def add_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Append new ones, or the states of known ones after an attempt."""
        ...

    def due(self, now_ns: int, limit: int) -> Sequence[Delivery]:
        """Everybody's pending ones whose next attempt is due, the longest due first."""
        ...

    def list_deliveries(self, owner: str, webhook_id: str, limit: int) -> Sequence[Delivery]:
        """Every attempt, the newest first."""
        ...

    def told(self, owner: str, webhook_id: str, topics: Collection[str]) -> set[str]:
        """Those of these topics that a webhook was told of, or will be."""
        ...
