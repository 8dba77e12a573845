"""What is examined: where an agent's exporter sends to, where the API is, and with which key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from audittrail.server.doctor.headers import credential, masked, parse_headers
from audittrail.server.settings import Settings, is_loopback

__all__ = ["Address", "Protocol", "Target", "find_target", "parse_address"]

Protocol: TypeAlias = Literal["grpc", "http"]

TRACES_ENDPOINT: Final = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
OWN_ENDPOINT: Final = "AUDITTRAIL_ENDPOINT"
TRACES_HEADERS: Final = "OTEL_EXPORTER_OTLP_TRACES_HEADERS"
HEADERS: Final = "OTEL_EXPORTER_OTLP_HEADERS"
OWN_KEY: Final = "AUDITTRAIL_API_KEY"
OWN_EXPORTER: Final = "audittrail"
TRACES_PROTOCOL: Final = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
PROTOCOL: Final = "OTEL_EXPORTER_OTLP_PROTOCOL"

_MIN_SECRET: Final = 6


class Address(NamedTuple):
    """Where to connect to."""

    host: str
    port: int
    tls: bool = False

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def loopback(self) -> bool:
        return is_loopback(self.host)


def parse_address(url: str) -> Address | None:
    """The address in a URL, or in ``host:port``; None if there is none."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        tls = parts.scheme == "https"
        port = parts.port or (443 if tls else 80)
        return Address(parts.hostname, port, tls) if parts.hostname else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Target:
    """Everything that was said about where spans go, by options and by the environment.

    ``endpoint_from`` and ``key_from`` name who said it: an option, a variable, or ``default``.
    ``settings`` is None, and ``settings_problem`` says why, where they could not be read.
    """

    environ: Mapping[str, str]
    settings: Settings | None
    settings_problem: str | None
    endpoint: str
    endpoint_from: str
    api_url: str
    key: str | None
    key_from: str | None

    def variable(self, *names: str) -> tuple[str, str]:
        """(name, value) of the first variable that is set; the last name and "" if none is."""
        for name in names:
            value = self.environ.get(name, "").strip()
            if value:
                return name, value
        return names[-1], ""

    @property
    def ports(self) -> dict[Protocol, int]:
        """The ports of OTLP on a server with these settings."""
        if self.settings is None:
            return {"grpc": 4317, "http": 4318}
        return {"grpc": self.settings.otlp_grpc_port, "http": self.settings.otlp_http_port}

    @property
    def address(self) -> Address | None:
        """Of the endpoint."""
        return parse_address(self.endpoint)

    @property
    def api(self) -> Address | None:
        return parse_address(self.api_url)

    @property
    def protocol(self) -> Protocol:
        """What the exporter speaks: as the environment says, or else as the port suggests."""
        _, said = self.variable(TRACES_PROTOCOL, PROTOCOL)
        if said:
            return "grpc" if said.lower() == "grpc" else "http"
        address = self.address
        return "grpc" if address is not None and address.port == self.ports["grpc"] else "http"

    def door(self, protocol: Protocol) -> Address | None:
        """Where OTLP is spoken this way: the endpoint, or the usual port beside it."""
        address = self.address
        if address is None or protocol == self.protocol:
            return address
        return address._replace(port=self.ports[protocol], tls=False)

    @property
    def traces_url(self) -> str:
        """Where an OTLP/HTTP exporter posts its spans."""
        if self.protocol == "grpc":
            return f"http://{self.door('http')}/v1/traces"
        base = self.endpoint if "://" in self.endpoint else f"http://{self.endpoint}"
        whole = self.endpoint_from == TRACES_ENDPOINT
        # As exporters do it: what the general variable says is always extended.
        if whole or (self.endpoint_from != ENDPOINT and base.rstrip("/").endswith("/v1/traces")):
            return base
        return base.rstrip("/") + "/v1/traces"

    @property
    def otlp_certificate(self) -> str | None:
        _, value = self.variable(
            "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"
        )
        return value or None

    def proxy_of(self, address: Address) -> tuple[str, str] | None:
        """(variable, proxy URL) that clients would use for this address, if any."""
        names = ["HTTPS_PROXY" if address.tls else "HTTP_PROXY", "ALL_PROXY"]
        name, proxy = self.variable(*(each for one in names for each in (one.lower(), one)))
        _, without = self.variable("no_proxy", "NO_PROXY")
        return None if not proxy or _excepted(address, without) else (name, proxy)

    def redacted(self, text: str) -> str:
        """The text with nothing in it that is secret."""
        for secret in self._secrets():
            text = text.replace(secret, masked(secret))
        return text

    def _secrets(self) -> list[str]:
        found = [self.key or ""]
        for name in (TRACES_HEADERS, HEADERS, OWN_KEY):
            given = self.environ.get(name, "")
            found.append(given)
            for header in parse_headers(given):
                found += [header.written, header.value, *header.value.split()[1:]]
        urls = [self.endpoint, self.api_url]
        urls += [value for name, value in self.environ.items() if name.lower().endswith("_proxy")]
        for url in urls:
            _, _, after = url.partition("://")
            found.append(after.partition("@")[0] if "@" in after else "")
        return sorted({each for each in found if len(each) >= _MIN_SECRET}, key=len, reverse=True)


def find_target(
    environ: Mapping[str, str],
    settings: Settings | None,
    settings_problem: str | None = None,
    *,
    endpoint: str | None = None,
    api_url: str | None = None,
    api_key: str | None = None,
) -> Target:
    """Options first, then the environment, then what a server on this machine would use."""
    port = 4318 if settings is None else settings.otlp_http_port
    where, said = _first(
        ("--endpoint", endpoint),
        *((name, environ.get(name)) for name in _endpoint_variables(environ)),
    )
    if not where:
        where, said = "default", f"http://127.0.0.1:{port}"
    key_from, key = _first(
        ("--api-key", api_key),
        (OWN_KEY, environ.get(OWN_KEY)),
        *((name, credential(parse_headers(environ.get(name, "")))) for name in _HEADER_VARIABLES),
    )
    return Target(
        environ=environ,
        settings=settings,
        settings_problem=settings_problem,
        endpoint=said,
        endpoint_from=where,
        api_url=(api_url or _api_url(said, environ, settings)).rstrip("/"),
        key=key or None,
        key_from=key_from or None,
    )


def _excepted(address: Address, without: str) -> bool:
    """Whether NO_PROXY names the address: a host, a domain with all below it, or everything."""
    for part in without.lower().split(","):
        name = part.strip().removeprefix("*").lstrip(".")
        if part.strip() == "*" or str(address) == name:
            return True
        if name and f".{address.host.lower()}".endswith(f".{name}"):
            return True
    return False


def _endpoint_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Those that say where spans go, in the order in which the agent's exporter reads them."""
    exporters = environ.get("OTEL_TRACES_EXPORTER", "").lower().split(",")
    if OWN_EXPORTER in (each.strip() for each in exporters):
        return OWN_ENDPOINT, TRACES_ENDPOINT, ENDPOINT
    return TRACES_ENDPOINT, ENDPOINT, OWN_ENDPOINT


_HEADER_VARIABLES: Final = (TRACES_HEADERS, HEADERS)


def _first(*choices: tuple[str, str | None]) -> tuple[str, str]:
    for name, value in choices:
        if value and value.strip():
            return name, value.strip()
    return "", ""


def _api_url(endpoint: str, environ: Mapping[str, str], settings: Settings | None) -> str:
    """Where the API is said to be; else on the host that spans go to."""
    if settings is not None and "api_url" in settings.model_fields_set:
        return settings.api_url
    if settings is None and environ.get("AUDITTRAIL_API_URL"):
        return environ["AUDITTRAIL_API_URL"]
    port = 8000 if settings is None else settings.port
    address = parse_address(endpoint)
    if address is None or address.loopback:
        return f"http://127.0.0.1:{port}"
    scheme = "https" if address.tls else "http"
    if address.port in (80, 443):
        return f"{scheme}://{address}"
    return f"{scheme}://{address._replace(port=port)}"
