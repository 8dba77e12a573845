"""Where the handler's spans are made."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.trace import Tracer, TracerProvider

from audittrail.otel_exporter import ensure_configured, get_tracer, trace_ids
from audittrail.otel_exporter.distribution import version

__all__ = ["Tracing", "in_trace"]

_SCOPE: Final = "audittrail.callback_handler"


class Tracing:
    """The tracer of the provider that was given, or of the global one. That one is set up by the
    first run, unless somebody did so before."""

    def __init__(self, provider: TracerProvider | None) -> None:
        self._given = provider
        self._found: tuple[TracerProvider, Tracer] | None = None

    def tracer(self) -> Tracer:
        found = self._found
        if found is None or found[0] is not (self._given or trace.get_tracer_provider()):
            found = self._found = self._find()
        return found[1]

    def _find(self) -> tuple[TracerProvider, Tracer]:
        if self._given is not None:
            return self._given, trace_ids.with_trace_ids(self._given.get_tracer(_SCOPE, version()))
        ensure_configured()
        return trace.get_tracer_provider(), get_tracer(_SCOPE, version())


def in_trace(trace_id: int | None) -> AbstractContextManager[Any]:
    """While it lasts, a root span that is started goes into that trace."""
    return contextlib.nullcontext() if trace_id is None else trace_ids.use_trace_id(trace_id)
