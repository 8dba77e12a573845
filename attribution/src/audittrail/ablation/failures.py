"""Why an endpoint gave no answer."""

from __future__ import annotations

from audittrail.errors import AuditTrailError

__all__ = ["EndpointError", "EndpointRefused"]


class EndpointError(AuditTrailError):
    """An endpoint did not answer, or with what is no completion. The text is for people.

    ``retryable`` says that the same call may succeed later, ``retry_after`` after how many seconds
    if the endpoint said so.
    """

    def __init__(
        self, message: str, *, retryable: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.retry_after = retry_after


class EndpointRefused(EndpointError):
    """The endpoint's address is none, or one that is not asked."""
