"""Logging the same thing once."""

from __future__ import annotations

import logging

import pytest

from audittrail.otel_exporter.notices import Notices

LOG = logging.getLogger("audittrail.tests")


def test_a_thing_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever its arguments are; another thing is said as well."""
    notices = Notices(LOG)
    for number in range(3):
        notices.warning("lost %d", number)
    notices.error("found")
    assert caplog.messages == ["lost 0", "found"]


def test_later_it_is_said_how_often_it_was_so(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    notices = Notices(LOG, quiet_seconds=60, clock=lambda: now[0])
    for seconds in (0, 10, 59, 60, 119, 121):
        now[0] = seconds
        notices.warning("lost %d", seconds)
    assert caplog.messages == [
        "lost 0",
        "lost 60 (and 2 times before)",
        "lost 121 (and 1 times before)",
    ]


def test_an_exception_comes_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ZeroDivisionError("a bug")
    except ZeroDivisionError:
        Notices(LOG).exception("it failed")
    assert "ZeroDivisionError: a bug" in caplog.text
