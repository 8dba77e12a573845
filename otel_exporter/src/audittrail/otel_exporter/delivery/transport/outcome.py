"""What became of one request."""

from __future__ import annotations

from dataclasses import dataclass

from audittrail.otel_exporter.settings import Settings
from audittrail.otel_exporter.settings.credentials import shown_key

__all__ = ["Delivered", "Outcome", "Refused", "Retry", "TooLarge", "no_receiver", "wrong_key"]


@dataclass(frozen=True, slots=True)
class Delivered:
    """The server has it, but for ``rejected`` spans."""

    rejected: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """The same request may succeed later: after so many seconds, where the server said."""

    reason: str
    after: float | None = None


@dataclass(frozen=True, slots=True)
class TooLarge:
    """Less at once may succeed."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never succeed. The reason says what to do."""

    reason: str


Outcome = Delivered | Retry | TooLarge | Refused


def wrong_key(settings: Settings, said: str, *, known: bool) -> Refused:
    """A key that is not valid, or one that is but may not do this."""
    shown = shown_key(settings.headers)
    if shown is None and not settings.headers:
        return Refused(f"{said}: it wants an API key; set AUDITTRAIL_API_KEY")
    key = f"the API key {shown}" if shown else "the authorization that was sent"
    if known:
        return Refused(
            f"{said}: {key} may not send spans; set AUDITTRAIL_API_KEY to one with the scope ingest"
        )
    return Refused(f"{said}: {key} is not valid; set AUDITTRAIL_API_KEY to one that is")


def no_receiver(settings: Settings, said: str) -> Refused:
    return Refused(
        f"{said}: {settings.endpoint} is not an OTLP receiver. AuditTrail takes spans at "
        "http://localhost:4318/v1/traces (HTTP), http://localhost:8000/v1/traces (beside the API) "
        "and http://localhost:4317 (gRPC); set AUDITTRAIL_ENDPOINT"
    )
