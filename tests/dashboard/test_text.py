"""Numbers as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audittrail.dashboard import text


@given(st.floats(1e-8, 1e6))
def test_a_cost_is_shown_as_it_is(value: float) -> None:
    """To 2% at worst, rounded neither up nor down by more."""
    shown = float(text.cost(value, "agent").removeprefix("$").removesuffix(" (Agent)"))
    assert shown == pytest.approx(value, rel=0.021)


@pytest.mark.parametrize(
    ("value", "source", "unpriced", "shown"),
    [
        (0.000055, "estimated", 0, "$0.000055 (Estimated)"),
        (0.15, "estimated", 0, "$0.15 (Estimated)"),
        (1234.5, "mixed", 2, ">= $1234.50 (Mixed)"),
        (1e-12, "default", 0, "< $0.0000000001 (Default rate)"),
        (0.0, "agent", 0, "$0.00 (Agent)"),
        (None, "unpriced", 1, "-- (Unpriced)"),
        (None, None, 0, "--"),
    ],
)
def test_what_is_not_known_is_never_zero(
    value: float | None, source: str | None, unpriced: int, shown: str
) -> None:
    """A cost has its source beside it; no cost, and one too small to write, are no $0.00."""
    assert text.cost(value, source, unpriced) == shown
