"""Why no request is made.

InvalidInput
 ├─ BadUrl              it is no URL of a web address
 ├─ NotFoundHost        its host has no address
 └─ NotAllowed          nobody may have the server ask there
     └─ OwnNetwork      unless whoever runs the server allows its own network
"""

from __future__ import annotations

from audittrail.errors import InvalidInput

__all__ = ["BadUrl", "NotAllowed", "NotFoundHost", "OwnNetwork"]


class BadUrl(InvalidInput):
    """It is no URL of a web address, or one that programs read in different ways."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="url")


class NotFoundHost(InvalidInput):
    """The host has no address now."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} cannot be found.", field="url")


class NotAllowed(InvalidInput):
    """Where no request goes, whatever is allowed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="url")


class OwnNetwork(NotAllowed):
    """The server's own network, where requests go if whoever runs it says so."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is an address of the server's own network.")
