"""How long is waited before a request is made again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from audittrail.ablation.retrying import Backoff, is_passing, retry_after

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        (" 0.25 ", 0.25),
        ("0", 0.0),
        ("Fri, 02 Jan 2026 03:04:35 GMT", 30.0),
        ("Fri, 02 Jan 2026 03:04:35 -0000", 30.0),
        ("Fri, 02 Jan 2026 03:00:00 GMT", 0.0),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("1e9", None),
        ("soon", None),
        ("", None),
        ("9" * 400, None),
        ("Fri, 99 Jan 2026 03:04:35 GMT", None),
    ],
)
def test_what_a_header_asks_for(value: str | None, seconds: float | None) -> None:
    """A number or a date; anything else is as if it were not there."""
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize("retry", [0, 1, 5, 100, 10**6])
def test_waiting_grows_to_a_bound(retry: int) -> None:
    """Twice as long each time, at most half of it less by chance."""
    whole = min(0.5 * 2.0 ** min(retry, 60), 30.0)
    assert all(whole / 2 <= Backoff().pause(retry, None) <= whole for _ in range(50))


@pytest.mark.parametrize(("asked", "least"), [(0.01, 0.01), (20.0, 20.0), (86_400.0, 60.0)])
def test_what_is_asked_for_counts(asked: float, least: float) -> None:
    """Never less, a little more by chance, and no more than a bound."""
    assert all(least <= Backoff().pause(3, asked) <= least * 1.25 for _ in range(50))


def test_what_passes() -> None:
    """Limits, timeouts and errors of the server."""
    passing = [status for status in range(100, 700) if is_passing(status)]
    assert passing == [408, 429, *range(500, 600)]
