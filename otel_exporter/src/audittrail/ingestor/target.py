"""Where the server and its dashboard are, and with which key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from audittrail.errors import SettingsError
from audittrail.otel_exporter.settings.credentials import find_credentials, shown_key
from audittrail.otel_exporter.settings.environment import Environment

__all__ = ["Target", "find_target"]

_API: Final = "http://localhost:8000"
_DASHBOARD: Final = "http://localhost:3000"
# Those of OTLP, where there is no REST API.
_OTLP_PORTS: Final = (4317, 4318)
_CERTIFICATES: Final = (
    "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
)


@dataclass(frozen=True, slots=True)
class Target:
    """URLs without a slash at the end. ``shown`` is as much of the key as may be shown."""

    api_url: str
    dashboard_url: str
    authorization: str | None = field(default=None, repr=False)
    shown: str | None = None
    certificate: str | None = None


def find_target(
    api_key: str | None = None, api_url: str | None = None, dashboard_url: str | None = None
) -> Target:
    """What is given, or else what the environment says, or else a server on this machine."""
    environment = Environment()
    _, headers = find_credentials(environment, api_key)
    authorization = dict(headers).get("authorization")
    return Target(
        api_url=_given(api_url, "api_url") or _of_environment(environment) or _API,
        dashboard_url=_given(dashboard_url, "dashboard_url")
        or _usable(environment, "AUDITTRAIL_DASHBOARD_URL")
        or _DASHBOARD,
        authorization=authorization,
        shown=None if authorization is None else shown_key(headers) or "not shown",
        certificate=environment.text(*_CERTIFICATES),
    )


def _given(url: str | None, name: str) -> str | None:
    if url is None:
        return None
    checked = _checked(url)
    if checked is None:
        raise SettingsError(f"{name} is {url!r}, but should be a URL such as {_API}")
    return checked


def _of_environment(environment: Environment) -> str | None:
    if found := _usable(environment, "AUDITTRAIL_API_URL"):
        return found
    endpoint = _checked(environment.text("AUDITTRAIL_ENDPOINT") or "")
    if endpoint is None or urlsplit(endpoint).port in _OTLP_PORTS:
        return None
    return endpoint.removesuffix("/v1/traces")


def _usable(environment: Environment, name: str) -> str | None:
    text = environment.text(name)
    if text is None:
        return None
    checked = _checked(text)
    if checked is None:
        environment.ignored(f"{name} should be a URL such as {_API}")
    return checked


def _checked(url: str) -> str | None:
    """The URL as it can be put before a path; None if it is none."""
    url = url.strip().rstrip("/")
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts.geturl() if usable and not parts.query and not parts.fragment else None
