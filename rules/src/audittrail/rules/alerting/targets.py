"""Where alerts may go: a user of the server must not make it ask things of its own network."""

from __future__ import annotations

import ipaddress
import socket
from typing import NamedTuple
from urllib.parse import urlsplit

from audittrail.errors import InvalidInput

__all__ = ["Target", "resolve"]


class Target(NamedTuple):
    """An address to connect to, so that a name cannot mean another one a moment later."""

    scheme: str
    host: str
    port: int
    address: str


def resolve(url: str, *, allow_private: bool) -> Target:
    """Look a URL's host up. Raises InvalidInput for what no alert is sent to."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidInput("This is no URL.", field="url") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidInput("A webhook's URL begins with https:// or http://.", field="url")
    if parts.username or parts.password:
        raise InvalidInput("A webhook's URL has no user name and no password in it.", field="url")
    port = port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise InvalidInput(f"{parts.hostname} cannot be found.", field="url") from None
    addresses = [str(each[4][0]) for each in found]
    if not allow_private:
        for address in addresses:
            if not ipaddress.ip_address(address.partition("%")[0]).is_global:
                raise InvalidInput(
                    f"{parts.hostname} is an address of the server's own network. If alerts may "
                    "go there, the operator sets AUDITTRAIL_ALERT_PRIVATE_HOSTS=true.",
                    field="url",
                )
    return Target(parts.scheme, parts.hostname, port, addresses[0])
