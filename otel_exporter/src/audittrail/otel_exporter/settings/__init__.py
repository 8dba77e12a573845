"""What the client is told by arguments and by the environment."""

from __future__ import annotations

from audittrail.otel_exporter.settings.endpoints import Endpoint, Protocol
from audittrail.otel_exporter.settings.settings import Compression, Settings

__all__ = ["Compression", "Endpoint", "Protocol", "Settings"]
