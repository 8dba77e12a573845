"""The dashboard: a Dash app that shows what the REST API tells of a user's traces."""

from __future__ import annotations

from audittrail.dashboard.app import create_dashboard
from audittrail.dashboard.client import ApiClient
from audittrail.dashboard.web.relay import InProcess, LiveSource, OverNetwork

__all__ = ["ApiClient", "InProcess", "LiveSource", "OverNetwork", "create_dashboard"]
