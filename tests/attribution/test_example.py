"""What the package's documentation shows."""

from __future__ import annotations

import doctest

import audittrail.attribution


def test_the_example_runs() -> None:
    """The example of the package prints what it says."""
    failed, tried = doctest.testmod(audittrail.attribution)
    assert tried > 3
    assert failed == 0
