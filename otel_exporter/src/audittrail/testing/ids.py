"""Ids of traces and spans that are the same in every run."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator

from audittrail.otel_exporter.trace_ids import GivenTraceIds

__all__ = ["CountingIds", "deterministic_ids"]

_METHODS: Final = ("generate_trace_id", "generate_span_id")


class CountingIds(IdGenerator):
    """1, 2, 3, ...: for ``TracerProvider(id_generator=CountingIds())``."""

    def __init__(self) -> None:
        self._traces = itertools.count(1)
        self._spans = itertools.count(1)

    def generate_trace_id(self) -> int:
        return next(self._traces)

    def generate_span_id(self) -> int:
        return next(self._spans)


@contextmanager
def deterministic_ids(provider: TracerProvider) -> Iterator[CountingIds]:
    """Let a provider that exists already count its ids, also in tracers that it has made."""
    ids = CountingIds()
    # Its tracers, and what wraps their generators, all ask this one object in the end.
    asked: Any = provider.id_generator
    while isinstance(asked, GivenTraceIds):
        asked = asked.inner
    before = {name: vars(asked).get(name) for name in _METHODS}
    for name in _METHODS:
        setattr(asked, name, getattr(ids, name))
    try:
        yield ids
    finally:
        for name, method in before.items():
            if method is None:
                delattr(asked, name)
            else:
                setattr(asked, name, method)
