"""What generators give is recorded: bounded, and as it was when it came."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from audittrail import semconv
from audittrail.content import LIMIT
from audittrail.testing import Spans
from audittrail.traceable import set_output, traceable


def test_tokens_of_a_model(spans: Spans) -> None:
    """Text is joined, and the time to the first of it is measured."""

    @traceable(span_type="llm")
    def tokens() -> Iterator[str]:
        yield "It is "
        yield "mild."

    assert list(tokens()) == ["It is ", "mild."]
    assert spans["tokens"].output == "It is mild."
    assert spans["tokens"].attributes[semconv.TTFT_MS] == 1.0


def test_many_items_are_bounded(spans: Spans) -> None:
    """What is kept of them, not what the caller gets."""

    @traceable
    def numbers() -> Iterator[int]:
        yield from range(5_000)

    @traceable
    def texts() -> Iterator[str]:
        for _ in range(30):
            yield "x" * (LIMIT // 20)

    assert len(list(numbers())) == 5_000
    assert len(list(texts())) == 30
    assert spans["numbers"].output[-2:] == [999, "… [truncated: 4,000 more items]"]
    said = spans["texts"].output
    assert len(said) <= LIMIT
    assert "[truncated: " in said[-60:]


def test_items_of_several_kinds(spans: Spans) -> None:
    """Text is joined only where all is text; items are recorded as they were when they came."""

    @traceable
    def work() -> Iterator[Any]:
        yield "a"
        yield {"n": 1}
        yield "b"

    for item in work():
        if isinstance(item, dict):
            item.clear()
    assert spans["work"].output == ["a", {"n": 1}, "b"]


def test_output_that_was_set(spans: Spans) -> None:
    """It stands in the place of the items."""

    @traceable
    def work() -> Iterator[int]:
        yield 1
        set_output("one")

    list(work())
    assert spans["work"].output == "one"
