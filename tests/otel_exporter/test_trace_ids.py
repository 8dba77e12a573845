"""Trace ids that are known before the first span."""

from __future__ import annotations

import asyncio
import contextvars
import uuid
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import NoOpTracer, Tracer, set_span_in_context

from audittrail.errors import InvalidInput
from audittrail.otel_exporter.trace_ids import (
    GivenTraceIds,
    as_trace_id,
    use_trace_id,
    with_trace_ids,
)

HEX = "0af7651916cd43dd8448eb211c80319c"
UUID = "0af76519-16cd-43dd-8448-eb211c80319c"
NUMBER = int(HEX, 16)


@pytest.fixture
def tracer() -> Tracer:
    return with_trace_ids(TracerProvider(shutdown_on_exit=False).get_tracer("tests"))


def trace_of(tracer: Tracer) -> int:
    return tracer.start_span("root").get_span_context().trace_id


@pytest.mark.parametrize("given", [HEX, HEX.upper(), UUID, UUID.upper(), NUMBER, uuid.UUID(UUID)])
def test_a_trace_id_has_several_forms(given: str | int | uuid.UUID) -> None:
    """The same 128 bits."""
    assert as_trace_id(given) == NUMBER


@pytest.mark.parametrize(
    "given", ["", "0" * 32, "abc", HEX + "0", "not a trace id", 0, -1, 1 << 128, True, None, 1.5]
)
def test_what_is_no_trace_id_is_refused(given: object) -> None:
    """With words that say what is one."""
    with pytest.raises(InvalidInput, match="32 hex digits") as refused:
        as_trace_id(given)  # type: ignore[arg-type]  # wrong on purpose
    assert refused.value.field == "trace_id"


def test_a_root_span_takes_the_given_id(tracer: Tracer) -> None:
    """Inside the block, and not after it."""
    with use_trace_id(UUID) as number:
        assert number == NUMBER
        first, second = tracer.start_span("root"), tracer.start_span("root")
    assert first.get_span_context().trace_id == second.get_span_context().trace_id == NUMBER
    assert first.get_span_context().span_id != second.get_span_context().span_id
    assert trace_of(tracer) != NUMBER


def test_a_span_with_a_parent_stays_in_its_trace(tracer: Tracer) -> None:
    """The given id is for roots."""
    root = tracer.start_span("root")
    with use_trace_id(NUMBER):
        child = tracer.start_span("child", context=set_span_in_context(root))
    assert child.get_span_context().trace_id == root.get_span_context().trace_id


def test_tasks_have_ids_of_their_own(tracer: Tracer) -> None:
    """Blocks of several tasks do not mix."""

    async def one(number: int) -> bool:
        with use_trace_id(number):
            await asyncio.sleep(0)
            return trace_of(tracer) == number

    async def all_of_them() -> list[bool]:
        return await asyncio.gather(*(one(number) for number in range(1, 50)))

    assert all(asyncio.run(all_of_them()))


def test_a_generator_that_is_closed_elsewhere(tracer: Tracer) -> None:
    """As the garbage collector may do: no exception, and the id does not leak."""

    def steps() -> Iterator[int]:
        with use_trace_id(NUMBER):
            yield trace_of(tracer)

    generator = steps()
    assert contextvars.copy_context().run(next, generator) == NUMBER
    generator.close()
    assert trace_of(tracer) != NUMBER


def test_blocks_may_be_nested(tracer: Tracer) -> None:
    """The inner one counts, and then the outer one again."""
    with use_trace_id(1):
        with use_trace_id(2):
            assert trace_of(tracer) == 2
        assert trace_of(tracer) == 1


def test_a_given_id_is_not_called_random() -> None:
    """Samplers of other services may rely on that flag."""
    ids = GivenTraceIds(RandomIdGenerator())
    assert ids.is_trace_id_random()
    with use_trace_id(NUMBER):
        assert not ids.is_trace_id_random()


class Counting(IdGenerator):
    """As an application may have it."""

    def __init__(self) -> None:
        self.number = 0

    def generate_span_id(self) -> int:
        self.number += 1
        return self.number

    generate_trace_id = generate_span_id


def test_the_applications_own_ids_are_kept() -> None:
    """Where none is given."""
    provider = TracerProvider(id_generator=Counting(), shutdown_on_exit=False)
    tracer = with_trace_ids(provider).get_tracer("tests")
    context = tracer.start_span("root").get_span_context()
    assert (context.trace_id, context.span_id) == (1, 2)
    assert not context.trace_flags & 2


def test_it_is_done_once() -> None:
    """However often it is asked for, and what has no ids is left alone."""
    provider = TracerProvider(shutdown_on_exit=False)
    generator = with_trace_ids(provider).id_generator
    assert with_trace_ids(with_trace_ids(provider)).id_generator is generator
    nothing = NoOpTracer()
    assert with_trace_ids(nothing) is nothing
