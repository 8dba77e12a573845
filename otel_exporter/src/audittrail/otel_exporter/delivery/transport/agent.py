"""How the client names itself to servers."""

from __future__ import annotations

from typing import Final

from audittrail.otel_exporter.distribution import DISTRIBUTION, version

__all__ = ["USER_AGENT"]

USER_AGENT: Final = f"{DISTRIBUTION}-python/{version()}"
