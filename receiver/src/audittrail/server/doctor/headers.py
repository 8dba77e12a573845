"""The header list that exporters read from ``OTEL_EXPORTER_OTLP_HEADERS``.

https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import unquote

__all__ = ["Header", "credential", "masked", "parse_headers"]

_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_KEY_PREFIX: Final = "sk-at-"
_SHOWN: Final = len(_KEY_PREFIX) + 6
_SHORT: Final = 12


class Header(NamedTuple):
    """One header as it was written and as an exporter sends it. ``name`` is in lower case, and
    None where the part is no ``name=value`` pair."""

    name: str | None
    written: str
    value: str


def parse_headers(text: str) -> list[Header]:
    """The parts of a comma-separated list; a part that exporters drop has no name."""
    found = []
    for part in filter(None, map(str.strip, text.split(","))):
        name, equals, value = (each.strip() for each in part.partition("="))
        known = bool(equals) and _NAME.fullmatch(name) is not None
        found.append(Header(unquote(name).lower() if known else None, value, unquote(value)))
    return found


def credential(headers: list[Header]) -> str | None:
    """The key or token that the server would take from these headers."""
    sent = {header.name: header.value for header in headers}
    kind, _, secret = sent.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and secret.strip():
        return secret.strip()
    return sent.get("x-api-key") or None


def masked(secret: str) -> str:
    """Enough of a key to recognise it in a list, and never all of it."""
    if secret.startswith(_KEY_PREFIX) and len(secret) > _SHOWN:
        return secret[:_SHOWN] + "…"
    return secret[:3] + "…" if len(secret) > _SHORT else "…"
