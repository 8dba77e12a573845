"""What any OpenTelemetry span may say, whatever made it."""

from __future__ import annotations

from typing import Final

from audittrail.receiver.mapping.dialect import Dialect

__all__ = ["OTEL"]

OTEL: Final = Dialect(
    name="otel",
    title="OpenTelemetry",
    spoken_by="any OpenTelemetry span",
    marks=(),
    always=True,
    fields={
        "session_id": ("session.id",),
        "user_id": ("user.id", "enduser.id"),
        "error_type": ("error.type", "exception.type"),
        "error_message": ("error.message", "exception.message"),
    },
)
