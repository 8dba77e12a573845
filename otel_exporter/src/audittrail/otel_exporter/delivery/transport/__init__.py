"""Ways to a server. The libraries that they need are imported when one is made."""

from __future__ import annotations

from typing import Protocol

from audittrail.otel_exporter.delivery.transport.outcome import (
    Delivered,
    Outcome,
    Refused,
    Retry,
    TooLarge,
)
from audittrail.otel_exporter.settings import Settings

__all__ = [
    "Delivered",
    "Outcome",
    "Refused",
    "Retry",
    "TooLarge",
    "Transport",
    "make_transport",
]


class Transport(Protocol):
    """Used by one thread, but for what concerns forking."""

    def send(self, body: bytes, timeout: float) -> Outcome:
        """Send one request and wait for what becomes of it, about so many seconds at most."""
        ...

    def close(self) -> None: ...

    def before_fork(self) -> None:
        """Give up what must not be there in two processes. A child makes a transport of its own."""
        ...

    def after_fork(self) -> None:
        """Go on, in the process that was forked."""
        ...


def make_transport(settings: Settings) -> Transport:
    if settings.endpoint.protocol == "grpc":
        from audittrail.otel_exporter.delivery.transport.grpc import GrpcTransport

        return GrpcTransport(settings)
    from audittrail.otel_exporter.delivery.transport.http import HttpTransport

    return HttpTransport(settings)
