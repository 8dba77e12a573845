"""Keeping instrumented libraries from tracing how spans are sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from opentelemetry import context

__all__ = ["suppressed"]

# The keys of the SDK, as far as this version of it has them, and the plain one before those.
_KEYS: Final = (
    getattr(context, "_SUPPRESS_INSTRUMENTATION_KEY", "suppress_instrumentation"),
    getattr(context, "_SUPPRESS_HTTP_INSTRUMENTATION_KEY", "suppress_http_instrumentation"),
    "suppress_instrumentation",
)


@contextmanager
def suppressed() -> Iterator[None]:
    """What runs in here is not instrumented, and belongs to no span."""
    quiet = context.Context()
    for key in _KEYS:
        quiet = context.set_value(key, True, quiet)
    token = context.attach(quiet)
    try:
        yield
    finally:
        context.detach(token)
