"""The headers of a request: the key, and what else is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from audittrail.errors import SettingsError
from audittrail.otel_exporter.settings.environment import Environment

__all__ = ["Headers", "find_credentials", "shown_key"]

# Names are in lower case, as HTTP/2 and gRPC want them.
Headers = tuple[tuple[str, str], ...]
_VARIABLE: Final = "AUDITTRAIL_API_KEY"
_AUTHORIZATION: Final = "authorization"
_SHOWN: Final = 12
_UNUSABLE: Final = "has characters that cannot be sent in a header"


def find_credentials(
    environment: Environment,
    api_key: str | None = None,
    headers: Mapping[str, str] | None = None,
    userinfo: str | None = None,
) -> tuple[str | None, Headers]:
    """The API key, if one is sent, and all headers. An argument wins over AUDITTRAIL_API_KEY, that
    over OTEL_EXPORTER_OTLP_HEADERS, and that over a user in the URL."""
    if headers is not None and not isinstance(headers, Mapping):
        raise SettingsError("headers should be a mapping of names to values")
    given = {str(name).strip().lower(): str(value) for name, value in (headers or {}).items()}
    for name, value in given.items():
        if not _sendable(name) or not _sendable(value):
            raise SettingsError(f"the header {name!r} {_UNUSABLE}")
    if api_key is not None and not _is_key(api_key.strip()):
        raise SettingsError(f"the API key {_UNUSABLE}; copy it again from the dashboard's settings")
    names = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")
    of_environment: dict[str, str] = {}
    for name, value in environment.headers(*names):
        if _sendable(value):
            of_environment[name] = value
        else:
            environment.ignored(f"the header {name!r} of OTEL_EXPORTER_OTLP_HEADERS {_UNUSABLE}")
    basic = {_AUTHORIZATION: userinfo} if userinfo else {}
    found = basic | of_environment | given
    key = api_key.strip() if api_key else None
    if key is None and _AUTHORIZATION not in given:
        key = environment.text(_VARIABLE)
        if key is not None and not _is_key(key):
            environment.ignored(f"{_VARIABLE} {_UNUSABLE}")
            key = None
    if key is not None:
        found[_AUTHORIZATION] = f"Bearer {key}"
    return key, tuple(found.items())


def shown_key(headers: Headers) -> str | None:
    """As much of the key as may be shown: ``sk-at-384327...``."""
    authorization = dict(headers).get(_AUTHORIZATION, "")
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer" or len(secret) < 2 * _SHOWN:
        return None
    return f"{secret[:_SHOWN]}..."


def _sendable(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _is_key(text: str) -> bool:
    return bool(text) and _sendable(text) and " " not in text
