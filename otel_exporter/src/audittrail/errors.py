"""The one tree of exceptions that AuditTrail raises on purpose.

AuditTrailError
 ├─ SettingsError            a setting is missing or wrong; the text says which and how to mend it
 ├─ InvalidInput             a client sent something that cannot be stored (HTTP 4xx)
 │   ├─ Undecodable          the bytes are not what their Content-Type promises (HTTP 400)
 │   ├─ TooLarge             over the size limit, compressed or not (HTTP 413)
 │   └─ Conflict             it exists already (HTTP 409)
 ├─ NotAuthenticated         no credentials, or wrong ones (HTTP 401)
 ├─ NotPermitted             the credentials lack the scope (HTTP 403)
 ├─ NotFound                 nothing by that id belongs to the caller (HTTP 404)
 └─ Unavailable              a passing fault; the same request may succeed later (HTTP 503)
     ├─ Overloaded           the bounded queue is full
     └─ ShuttingDown         the server accepts nothing new
"""

from __future__ import annotations

__all__ = [
    "AuditTrailError",
    "Conflict",
    "InvalidInput",
    "NotAuthenticated",
    "NotFound",
    "NotPermitted",
    "Overloaded",
    "SettingsError",
    "ShuttingDown",
    "TooLarge",
    "Unavailable",
    "Undecodable",
]


class AuditTrailError(Exception):
    """Base of every exception that AuditTrail raises on purpose."""


class SettingsError(AuditTrailError):
    """A setting is missing or wrong."""


class InvalidInput(AuditTrailError):
    """A client sent something that cannot be stored.

    ``field`` names the part that is wrong, as a dotted path, where there is one.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Undecodable(InvalidInput):
    """The bytes are not what their Content-Type or Content-Encoding promises."""


class TooLarge(InvalidInput):
    """The message is over the size limit, before or after decompression."""


class Conflict(InvalidInput):
    """What should be made exists already."""


class NotAuthenticated(AuditTrailError):
    """No credentials were given, or they are not valid."""


class NotPermitted(AuditTrailError):
    """The credentials are valid but lack the scope."""


class NotFound(AuditTrailError):
    """Nothing by that id belongs to the caller."""


class Unavailable(AuditTrailError):
    """A passing fault: the same request may succeed after ``retry_after`` seconds."""

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Overloaded(Unavailable):
    """The bounded queue is full."""


class ShuttingDown(Unavailable):
    """The server is stopping and accepts nothing new."""
