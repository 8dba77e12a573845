"""The ``audittrail`` command line."""

from __future__ import annotations

from audittrail.server.cli.app import app

__all__ = ["app"]
