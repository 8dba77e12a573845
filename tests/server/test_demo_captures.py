"""What ``audittrail demo`` replays: real agents' exports, as if they happened now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from audittrail.server.demo.capture import Capture, load_captures, renewed


@pytest.mark.parametrize("capture", load_captures(), ids=lambda capture: capture.title)
def test_each_replay_has_ids_of_its_own(capture: Capture) -> None:
    """Two replays share no id, and both keep who is whose parent, which log record is about which
    span, how long everything took, and all else."""
    first, second = renewed(capture, 10**18), renewed(capture, 2 * 10**18)
    assert not set(ids(first)) & set(ids(second))
    for again in (first, second):
        assert not set(ids(again)) & set(ids(capture))
        assert shape(again) == shape(capture)
        assert again.span_count == capture.span_count
        assert again.trace_count == capture.trace_count


def items(capture: Capture) -> Iterator[Any]:
    for request in capture.requests:
        yield from request.spans()
        yield from request.logs()


def ids(capture: Capture) -> Iterator[bytes]:
    """All ids in their order; an item without a parent has an empty one."""
    for item in items(capture):
        for name in ("trace_id", "span_id", "parent_span_id"):
            if value := getattr(item, name, b""):
                yield value


def shape(capture: Capture) -> list[tuple[Any, ...]]:
    """What is told, with ids by the place where they are met first and times from the start."""
    numbers: dict[bytes, int] = {}
    for each in ids(capture):
        numbers.setdefault(each, len(numbers))
    return [
        (
            *(
                numbers.get(getattr(item, name, b""))
                for name in ("trace_id", "span_id", "parent_span_id")
            ),
            *(
                getattr(item, name, 0) and getattr(item, name) - capture.start_ns
                for name in ("start_time_unix_nano", "end_time_unix_nano", "time_unix_nano")
            ),
            [(each.key, each.value.SerializeToString()) for each in item.attributes],
        )
        for item in items(capture)
    ]
