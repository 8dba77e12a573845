"""Giving a trace an id that is known before its first span."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Final, TypeVar

from opentelemetry.sdk.trace.id_generator import IdGenerator

from audittrail.errors import InvalidInput

__all__ = ["GivenTraceIds", "as_trace_id", "use_trace_id", "with_trace_ids"]

_given: ContextVar[int | None] = ContextVar("audittrail_trace_id", default=None)
_LARGEST: Final = (1 << 128) - 1
Holder = TypeVar("Holder")


def as_trace_id(given: str | int | uuid.UUID) -> int:
    """The number that 32 hex digits or a UUID stand for."""
    try:
        number = given if isinstance(given, int) else uuid.UUID(str(given)).int
    except ValueError:
        number = 0
    if isinstance(given, bool) or not 0 < number <= _LARGEST:
        raise InvalidInput(
            f"{given!r} is not a trace id: give 32 hex digits, not all of them 0, or a UUID",
            field="trace_id",
        )
    return number


@contextmanager
def use_trace_id(trace_id: str | int | uuid.UUID) -> Iterator[int]:
    """Root spans that are started inside the block belong to this trace. It gives the number.

    Spans with a parent keep the trace of their parent. The tracer must be from ``get_tracer`` of
    this package, or from a provider that ``configure`` knows.
    """
    number = as_trace_id(trace_id)
    token = _given.set(number)
    try:
        yield number
    finally:
        with suppress(ValueError):  # a generator was closed from another context
            _given.reset(token)


class GivenTraceIds(IdGenerator):
    """Takes the trace id that is given, and otherwise what another generator makes."""

    def __init__(self, inner: IdGenerator) -> None:
        self.inner = inner

    def generate_span_id(self) -> int:
        return self.inner.generate_span_id()

    def generate_trace_id(self) -> int:
        given = _given.get()
        return self.inner.generate_trace_id() if given is None else given

    def is_trace_id_random(self) -> bool:
        """Samplers may rely on it, and nobody knows how a given id was made."""
        is_random = getattr(self.inner, "is_trace_id_random", None)
        return _given.get() is None and is_random is not None and bool(is_random())


def with_trace_ids(holder: Holder) -> Holder:
    """Make a tracer, or the tracers that a provider is going to make, take given trace ids; it is
    changed in place. What has no ``id_generator`` is left as it is."""
    inner = getattr(holder, "id_generator", None)
    if isinstance(inner, IdGenerator) and not isinstance(inner, GivenTraceIds):
        holder.id_generator = GivenTraceIds(inner)  # type: ignore[attr-defined]  # seen above
    return holder
