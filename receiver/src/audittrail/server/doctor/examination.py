"""One run of the doctor: what is examined, and what earlier checks found out about it."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

import httpx

from audittrail.server.doctor.check import Check
from audittrail.server.doctor.target import Address, Protocol, Target, parse_address

__all__ = ["SECONDS", "Answer", "Checking", "Examination", "NoAnswer"]

# A server that is well answers within milliseconds, over any network within a second.
SECONDS: Final = 3.0
_MAX_ANSWER: Final = 2**20


class NoAnswer(Exception):
    """Nothing that can be understood came back; the text says what happened instead."""


class Answer(NamedTuple):
    """An HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Examination:
    """``reached`` holds the addresses that took a connection, ``health`` what the API says of
    itself, ``scopes`` what the key may do, ``sent`` the ids of the spans that were acknowledged,
    by protocol, ``link`` where to look at them until they are deleted, which ``keep`` forbids."""

    target: Target
    keep: bool = False
    reached: set[Address] = field(default_factory=set)
    health: dict[str, Any] | None = None
    clock: tuple[float, str] | None = None
    scopes: frozenset[str] | None = None
    trace_id: str | None = None
    sent: dict[Protocol, str] = field(default_factory=dict)
    read_back: bool = False
    link: str | None = None

    @property
    def local_mode(self) -> bool:
        return self.health is not None and self.health.get("local_mode") is True

    def credentials(self) -> dict[str, str]:
        """The header that shows the key; empty without one that can be sent."""
        key = self.target.key
        if key is None or not sendable(key):
            return {}
        return {"authorization": f"Bearer {key}"}

    def api(self, path: str) -> Answer:
        """GET from the API. Raises NoAnswer."""
        return self.ask("GET", self.target.api_url + path)

    def ask(self, method: str, url: str, body: bytes | None = None, **headers: str) -> Answer:
        """Ask with the key. Raises NoAnswer."""
        sent = self.credentials() | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        try:
            with (
                self._client(url) as client,
                client.stream(method, url, content=body, headers=sent) as response,
            ):
                return Answer(response.status_code, response.headers, _body(response))
        except httpx.TimeoutException:
            raise NoAnswer(f"no answer within {SECONDS:.0f} s") from None
        except httpx.RemoteProtocolError as error:
            raise NoAnswer(f"what answers does not speak HTTP ({error})") from None
        except Exception as error:
            # Broken certificates, names that cannot be encoded, and what else a URL may hold.
            raise NoAnswer(str(error) or type(error).__name__) from None

    @contextlib.contextmanager
    def _client(self, url: str) -> Iterator[httpx.Client]:
        address = parse_address(url)
        # Loopback is asked directly, so that a proxy in the way is told from a server that is
        # not there.
        through = None
        if address is not None and not address.loopback:
            through = self.target.proxy_of(address)
        with httpx.Client(
            timeout=SECONDS,
            trust_env=False,
            proxy=None if through is None else through[1],
            verify=self._trust(address),
        ) as client:
            yield client

    def _trust(self, address: Address | None) -> ssl.SSLContext | bool:
        if address is None or not address.tls:
            return True
        own = self.target.otlp_certificate
        context = ssl.create_default_context()
        if own is not None:
            context.load_verify_locations(own)
        return context


Checking: TypeAlias = Callable[[Examination], Iterator[Check]]


def sendable(key: str) -> bool:
    """Whether a key can be part of a header."""
    return key.isascii() and key.isprintable() and " " not in key


def _body(response: httpx.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > _MAX_ANSWER:
            raise NoAnswer(f"an answer of more than {_MAX_ANSWER // 2**20} MiB")
    return b"".join(parts)
