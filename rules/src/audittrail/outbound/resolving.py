"""From a name to addresses that may be asked."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeAlias

from audittrail.outbound.addresses import Reach, reach
from audittrail.outbound.destination import Destination
from audittrail.outbound.refusals import NotAllowed, NotFoundHost, OwnNetwork

__all__ = ["Resolver", "Target", "look_up", "resolve"]

Resolver: TypeAlias = Callable[[str, int], Sequence[str]]
"""Gives the addresses of a host for a port. Raises OSError or UnicodeError if there are none."""

# Names of the metadata services of clouds, also where they lead to an address of another kind.
_METADATA: Final = frozenset(
    ("instance-data.ec2.internal", "metadata.goog", "metadata.google.internal")
)


class Target(NamedTuple):
    """Addresses to connect to, so that a name cannot mean another one a moment later."""

    destination: Destination
    addresses: tuple[str, ...]


def look_up(host: str, port: int) -> Sequence[str]:
    """What the system says, in its order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


def resolve(
    destination: Destination, *, allow_private: bool, resolver: Resolver = look_up
) -> Target:
    """Look a host up and check all of its addresses. Raises NotFoundHost, NotAllowed and, without
    ``allow_private``, OwnNetwork. Blocks for as long as the resolver does."""
    host = destination.host
    if host in _METADATA:
        raise _never(host)
    if destination.is_literal:
        found: Sequence[str] = (host,)
    else:
        try:
            found = resolver(host, destination.port)
        except (OSError, UnicodeError):
            raise NotFoundHost(host) from None
    addresses = tuple(dict.fromkeys(found))
    if not addresses:
        raise NotFoundHost(host)
    worst = max(reach(address) for address in addresses)
    if worst is Reach.NEVER:
        raise _never(host)
    if worst is not Reach.PUBLIC and not allow_private:
        raise OwnNetwork(host)
    return Target(destination, addresses)


def _never(host: str) -> NotAllowed:
    return NotAllowed(
        f"{host} is an address of the server's own network or its cloud where nobody may send it."
    )
