"""What an IP address reaches."""

from __future__ import annotations

import enum
import ipaddress
from collections.abc import Iterator
from typing import Final, TypeAlias

__all__ = ["Reach", "reach"]

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class Reach(enum.IntEnum):
    """From harmless to what is never asked."""

    PUBLIC = 0
    PRIVATE = 1
    NEVER = 2


# Link-local addresses and the metadata services of clouds, which hand out credentials to whoever
# asks from the machine; and what is no address of one machine.
_NEVER: Final[tuple[_Network, ...]] = tuple(
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8",  # this machine, as Linux has it
        "169.254.0.0/16",  # link-local; 169.254.169.254 of AWS, Azure, Google, Oracle
        "100.100.100.200/32",  # Alibaba
        "168.63.129.16/32",  # Azure's host
        "192.0.0.192/32",  # Oracle
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "::/128",
        "fe80::/10",  # link-local
        "fd00:ec2::254/128",  # AWS
        "fd20:ce::254/128",  # Google
        "fd00:c1::a9fe:a9fe/128",  # Oracle
        "fd00:42::42/128",  # Scaleway
        "ff00::/8",  # multicast
    )
)
# RFC 4291: what is routed on the internet. Newer registries of Python know more exceptions, which
# is_global adds.
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
# Where an IPv6 address has an IPv4 address in its last 32 bits: RFC 4291 (compatible, mapped),
# RFC 2765 (translated), RFC 6052 (NAT64).
_IPV4_LAST: Final = tuple(
    ipaddress.IPv6Network(each)
    for each in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")
)


def reach(address: str) -> Reach:
    """What an address reaches, and any IPv4 address that it carries; the worst of them. Raises
    ValueError if it is none."""
    return max(_reach(each) for each in _with_carried(ipaddress.ip_address(_plain(address))))


def _plain(address: str) -> str:
    """Without a scope (``%eth0``), which says by which interface, not where to."""
    return address.partition("%")[0]


def _with_carried(address: _Address) -> Iterator[_Address]:
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    if any(address in each for each in _IPV4_LAST) and int(address) > 1:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return
    yield address
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo


def _reach(address: _Address) -> Reach:
    if any(address in network for network in _NEVER if network.version == address.version):
        return Reach.NEVER
    public = address.is_global and not address.is_reserved
    if isinstance(address, ipaddress.IPv6Address):
        public = public and address in _GLOBAL_UNICAST
    return Reach.PUBLIC if public else Reach.PRIVATE
