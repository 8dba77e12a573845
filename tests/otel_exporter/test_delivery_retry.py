"""When to try again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from audittrail.otel_exporter.delivery.retry import Backoff, parse_retry_after

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Fri, 02 Jan 2026 03:05:05 GMT", 60.0),
        ("Fri, 02 Jan 2026 03:05:05", 60.0),
        ("Fri, 02 Jan 2026 03:03:05 GMT", 0.0),
        ("99999999999999999999", 999999999.0),
        ("soon", None),
        ("-1", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str | None, seconds: float | None) -> None:
    assert parse_retry_after(text, NOW) == seconds


def test_the_time_between_attempts_grows_to_half_a_minute() -> None:
    """It is anywhere between nothing and twice what it was at most before."""
    tries = [[backoff.next() for _ in range(12)] for backoff in (Backoff() for _ in range(300))]
    most = [max(each) for each in zip(*tries, strict=True)]
    bounds = [min(30.0, 0.5 * 2**attempt) for attempt in range(12)]
    assert all(0.8 * bound < found <= bound for found, bound in zip(most, bounds, strict=True))
    assert all(min(each) < 0.2 * bounds[n] for n, each in enumerate(zip(*tries, strict=True)))


def test_after_a_success_it_begins_anew() -> None:
    backoff = Backoff()
    for _ in range(10):
        backoff.next()
    backoff.reset()
    assert backoff.next() <= 0.5


def test_what_a_server_asks_for_is_given() -> None:
    """A little more, so that not all come back at once; and no more than a quarter of an hour."""
    backoff = Backoff()
    assert all(7 <= backoff.next(7) <= 7.7 for _ in range(100))
    assert backoff.next(10**9) < 1000
