"""Which release this is."""

from __future__ import annotations

__all__ = ["version"]


def version() -> str:
    from importlib import metadata  # with the parser of e-mail that it brings, 30 ms

    return metadata.version("audittrail-otel")
