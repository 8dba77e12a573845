"""Work that takes too long is ended, and nothing else is."""

from __future__ import annotations

import threading
import time

import pytest

from audittrail.rules.evaluation import time_limit
from audittrail.rules.evaluation.time_limit import TimeLimit


def test_only_what_takes_too_long_is_ended() -> None:
    """Of many pieces of work, one after another, only that beyond its time is told of, once."""
    expired = threading.Event()
    times: list[float] = []

    def told() -> None:
        times.append(time.monotonic())
        expired.set()

    limit = TimeLimit(told)
    for _ in range(500):
        with limit.limit(2.0):
            pass
    with limit.limit(30.0):
        pass
    assert not times
    began = time.monotonic()
    with limit.limit(0.05):
        assert expired.wait(10)
    with limit.limit(30.0):
        pass
    assert len(times) == 1
    assert times[0] - began >= 0.05


def test_a_shorter_limit_after_a_longer_one() -> None:
    """The watcher that sleeps until a late limit heeds an earlier one that is set meanwhile."""
    expired = threading.Event()
    limit = TimeLimit(expired.set)
    limit.set(60.0)
    limit.set(0.05)
    assert expired.wait(10)


def test_the_watcher_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without work its thread ends, and a new one watches over what comes later."""
    monkeypatch.setattr(time_limit, "_IDLE_SECONDS", 0.05)
    expired = threading.Event()
    limit = TimeLimit(expired.set)
    before = threading.active_count()
    with limit.limit(0.01):
        pass
    deadline = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before
    assert not expired.is_set()
    limit.set(0.01)
    assert expired.wait(10)
