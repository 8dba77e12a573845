"""Where spans are sent: from what a user or the environment says to an address."""

from __future__ import annotations

import sys
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from audittrail.errors import SettingsError
from audittrail.otel_exporter.settings.environment import Environment

__all__ = ["Endpoint", "Protocol", "find_endpoint"]

Protocol = Literal["http/protobuf", "grpc"]
PROTOCOLS: Final[dict[str, Protocol]] = {"http/protobuf": "http/protobuf", "grpc": "grpc"}
_PATH: Final = "/v1/traces"
_DEFAULTS: Final[dict[Protocol, str]] = {
    "http/protobuf": "http://localhost:4318",
    "grpc": "http://localhost:4317",
}
_GRPC_PORT: Final = 4317


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``address`` is a URL for HTTP, and a target as gRPC names it otherwise.

    ``userinfo`` is the ``Authorization`` that a URL with a user and a password stands for.
    """

    address: str
    protocol: Protocol = "http/protobuf"
    insecure: bool = True
    userinfo: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.address


def find_endpoint(
    environment: Environment, given: str | None = None, protocol: Protocol | None = None
) -> Endpoint:
    """An argument or AUDITTRAIL_ENDPOINT is a base URL; so is OTEL_EXPORTER_OTLP_ENDPOINT, while
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is a whole one."""
    if protocol is not None and protocol not in PROTOCOLS:
        raise SettingsError(f"protocol is {protocol!r}, but should be http/protobuf or grpc")
    protocol = protocol or environment.choice(PROTOCOLS, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
    general = environment.choice(PROTOCOLS, "OTEL_EXPORTER_OTLP_PROTOCOL")
    # OpenTelemetry's distribution makes it grpc where nobody said anything, which is no word on
    # an endpoint that is AuditTrail's own.
    by_default = general == "grpc" and "opentelemetry.distro" in sys.modules
    own = protocol or (None if by_default else general)
    protocol = protocol or general
    if given is not None:
        return _endpoint(given, "endpoint", own, environment)
    for name in (
        "AUDITTRAIL_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    ):
        text = environment.text(name)
        if text is None:
            continue
        try:
            whole = name == "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
            theirs = own if name == "AUDITTRAIL_ENDPOINT" else protocol
            return _endpoint(text, name, theirs, environment, whole=whole)
        except SettingsError as error:
            environment.ignored(str(error))
    default = _DEFAULTS[protocol or "http/protobuf"]
    return _endpoint(default, "the default", protocol, environment)


def _endpoint(
    text: str,
    name: str,
    protocol: Protocol | None,
    environment: Environment,
    *,
    whole: bool = False,
) -> Endpoint:
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"{name} is not a URL: {error}") from None
    # With no protocol given, the port of OTLP/gRPC says it: over HTTP it could never work.
    protocol = protocol or ("grpc" if port == _GRPC_PORT else "http/protobuf")
    if protocol == "grpc":
        return _grpc(text, name, parts, environment)
    if parts.scheme not in ("http", "https", "") or not parts.hostname:
        raise SettingsError(f"{name} should be a URL such as http://localhost:4318")
    path = parts.path if whole else _with_traces(parts.path)
    address = urlunsplit((parts.scheme or "http", _place(parts), path, parts.query, ""))
    return Endpoint(address, protocol, parts.scheme != "https", _basic(parts))


def _grpc(text: str, name: str, parts: SplitResult, environment: Environment) -> Endpoint:
    insecure = environment.flag("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "OTEL_EXPORTER_OTLP_INSECURE")
    if parts.scheme in ("http", "https", ""):
        if not parts.hostname:
            raise SettingsError(f"{name} should be a host and a port, such as localhost:4317")
        default = ":443" if parts.scheme == "https" else f":{_GRPC_PORT}"
        target = _place(parts) + ("" if parts.port else default)
        if parts.scheme:  # it says more than the variable
            insecure = parts.scheme == "http"
        return Endpoint(target, "grpc", insecure is not False, _basic(parts))
    return Endpoint(text, "grpc", insecure is not False)  # unix:, dns: and the like


def _place(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _with_traces(path: str) -> str:
    path = path.rstrip("/")
    return path if path.endswith(_PATH) else path + _PATH


def _basic(parts: SplitResult) -> str | None:
    if parts.username is None:
        return None
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return "Basic " + b64encode(pair.encode()).decode()
