"""A web address as one reading of it, where programs would read it in different ways."""

from __future__ import annotations

import ipaddress
import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import idna

from audittrail.outbound.refusals import BadUrl

__all__ = ["Destination", "parse"]

_PORTS: Final = {"http": 80, "https": 443}
_LONGEST: Final = 4096
# Programs drop some of these, and take a backslash for a slash.
_MISREAD: Final = re.compile(r"[\x00-\x20\x7f\\]")
_NETLOC: Final = re.compile(r"(?:\[(?P<address>[^\[\]]*)\]|(?P<name>[^\[\]:]+))(?::[0-9]*)?")
# The last label of a host that inet_aton reads as an IPv4 address: 127.1, 0x7f000001, 2130706433.
_NUMBER: Final = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)")


class Destination(NamedTuple):
    """``host`` is in lower case and ASCII, without a trailing dot and without brackets."""

    scheme: str
    host: str
    port: int
    path: str
    query: str

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them: a port only if it is not the scheme's."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        query = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{self.authority}{self.path}{query}"

    @property
    def is_literal(self) -> bool:
        """Whether the host is an IP address itself, not a name that stands for one."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return True


def parse(url: str) -> Destination:
    """Raises BadUrl for what is no http or https URL, has a user in it, or spells its host in a way
    that hides where it leads."""
    if len(url) > _LONGEST:
        raise BadUrl("This URL is too long.")
    if _MISREAD.search(url):
        raise BadUrl("A URL has no spaces, control characters or backslashes in it.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadUrl("This is no URL.") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise BadUrl("The URL begins with https:// or http:// and a host.")
    if "@" in parts.netloc:
        raise BadUrl("The URL has no user name and no password in it.")
    # Or urlsplit would leave out what stands before or after brackets.
    written = _NETLOC.fullmatch(parts.netloc)
    if written is None:
        raise BadUrl(f"{parts.netloc} is no host.")
    if port == 0:
        raise BadUrl("There is no port 0.")
    name = _name(written["name"]) if written["name"] else _bracketed(written["address"])
    return Destination(
        parts.scheme, name, port or _PORTS[parts.scheme], parts.path or "/", parts.query
    )


def _bracketed(host: str) -> str:
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        raise BadUrl(f"[{host}] is no IPv6 address.") from None
    if address.scope_id is not None:
        raise BadUrl("An IPv6 address in a URL has no zone (%) here.")
    return str(address)


def _name(host: str) -> str:
    try:
        # UTS 46, as browsers do: full-width digits and ideographic dots become plain ones.
        name = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise BadUrl(f"{host} is no name of a host.") from None
    name = name.lower().removesuffix(".")
    if _NUMBER.fullmatch(name):
        return _ipv4(name)
    labels = name.split(".")
    if len(name) > 253 or not all(re.fullmatch(r"[a-z0-9_-]{1,63}", label) for label in labels):
        raise BadUrl(f"{host} is no name of a host.")
    return name


def _ipv4(name: str) -> str:
    try:
        # Four decimal numbers without leading zeros: others are octal to some programs.
        return str(ipaddress.IPv4Address(name))
    except ValueError:
        raise BadUrl(
            f"{name} is no IPv4 address as it is written here: four decimal numbers, such as "
            "127.0.0.1."
        ) from None
