"""Alerts of violations: signed webhooks, tried again until they arrive, with a log."""

from __future__ import annotations

from audittrail.rules.alerting.dispatcher import Dispatcher
from audittrail.rules.alerting.signing import new_secret
from audittrail.rules.alerting.targets import resolve

__all__ = ["Dispatcher", "new_secret", "resolve"]
