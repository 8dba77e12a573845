"""The REST API and the WebSocket: everything that is read of traces is read here."""

from __future__ import annotations

from audittrail.api.app import create_api
from audittrail.api.live import LiveHub
from audittrail.api.services import Services

__all__ = ["LiveHub", "Services", "create_api"]
