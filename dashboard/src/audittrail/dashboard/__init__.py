"""The dashboard: a Dash app that shows what the REST API tells of a user's traces."""

from __future__ import annotations

from audittrail.dashboard.app import create_dashboard
from audittrail.dashboard.client import ApiClient

__all__ = ["ApiClient", "create_dashboard"]
