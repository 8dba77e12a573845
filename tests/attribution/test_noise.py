"""How often each mask is to be sampled."""

from __future__ import annotations

import math

import pytest

from audittrail.attribution import samples_for


@pytest.mark.parametrize(
    ("sigma", "count"), [(0, 1), (0.05, 1), (0.06, 2), (0.1, 4), (0.2, 5), (math.inf, 5)]
)
def test_so_many_that_a_mean_is_known_to_a_tenth(sigma: float, count: int) -> None:
    """ceil((1.96 sigma / 0.1)**2), from 1 to 5."""
    assert samples_for(sigma) == count


@pytest.mark.parametrize("sigma", [-0.1, math.nan])
def test_a_deviation_is_a_number(sigma: float) -> None:
    """What cannot be a deviation is an error."""
    with pytest.raises(ValueError, match="0 or more"):
        samples_for(sigma)
