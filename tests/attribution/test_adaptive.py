"""6 to 12 players: some masks, and a surrogate for the others."""

from __future__ import annotations

import json

import numpy as np
import pytest
from benchmarks.attributors import Calls, leave_one_out
from benchmarks.games import game, shapley
from hypothesis import given, settings
from hypothesis import strategies as st

from audittrail.attribution import Player, Study
from tests.attribution.brute_force import finished


def _study(n: int, **options: str) -> Study:
    return Study([Player(f"p{i}") for i in range(n)], **options)  # type: ignore[arg-type]  # modes


@pytest.mark.parametrize(
    ("n", "quick", "standard"), [(6, 32, 48), (8, 32, 48), (9, 48, 64), (12, 64, 96)]
)
def test_the_budget_is_known_beforehand(n: int, quick: int, standard: int) -> None:
    """How many masks are measured depends on the number of players and the mode."""
    assert _study(n, mode="quick").masks == quick
    assert _study(n).masks == standard
    fixed = _study(n).fixed()
    assert fixed[:2] == [2**n - 1, 0]
    assert len(fixed) == len(set(fixed)) == 2 * n + 2


@settings(max_examples=2)
@given(st.lists(st.floats(0, 1), min_size=64, max_size=64))
def test_any_game_balances(values: list[float]) -> None:
    """Whatever was measured, in part or in all: the values sum to the difference of full and
    empty, no mask is asked for twice, and never more than promised."""
    study = _study(6, mode="quick")
    observed: dict[int, list[float]] = {}
    while wanted := study.next(observed):
        assert not set(wanted) & set(observed)
        observed |= {mask: [values[mask]] for mask in wanted}
        found = study.attribute(observed)
        total = found.v_empty + sum(share.phi for share in found.shares)
        assert total == pytest.approx(found.v_full, abs=1e-9)
        assert found.complete == (len(observed) == study.masks)
    assert len(observed) == study.masks


def test_noise_balances() -> None:
    """With noise the values still sum to the difference of the means of full and empty."""
    values, rng = game("gated", 1), np.random.default_rng(0)
    study = _study(8, mode="quick")
    observed: dict[int, list[float]] = {}
    while wanted := study.next(observed):
        for mask in wanted:
            count = 3 if mask == study.full else 1
            observed[mask] = [float(values[mask] + rng.normal(0, 0.05)) for _ in range(count)]
    found = study.attribute(observed)
    assert found.v_full == pytest.approx(sum(observed[255]) / 3)
    assert found.v_empty == pytest.approx(values[0], abs=0.05)
    total = found.v_empty + sum(share.phi for share in found.shares)
    assert total == pytest.approx(found.v_full, abs=1e-9)
    assert 0 < found.noise < 0.2
    assert all(share.low < share.phi < share.high for share in found.shares)


def test_a_run_can_be_resumed() -> None:
    """All follows from what was observed: a new study, told the same in another order, asks for
    the same masks and finds the same."""
    values = game("copies", 3)
    observed = finished(_study(8), values.__getitem__, limit=26)
    again = {mask: observed[mask] for mask in sorted(observed, reverse=True)}
    assert _study(8).next(again) == _study(8).next(observed) != []
    assert _study(8).attribute(again) == _study(8).attribute(observed)


def test_copies_are_not_overlooked() -> None:
    """If any of three sources would do, leave-one-out gives all of them nothing. Their Shapley
    values are found within 0.01, with all pairs of them redundant, in 32 calls."""
    values = game("any of three", 0)
    exact = shapley(values)
    assert leave_one_out(Calls(values, 9, 0.0, 0), np.random.default_rng(0)) == pytest.approx(0)
    study = _study(8, mode="quick")
    found = study.attribute(finished(study, values.__getitem__))
    assert [share.phi for share in found.shares] == pytest.approx(exact, abs=0.01)
    assert [s.distinguishable for s in found.shares] == [bool(phi > 0.01) for phi in exact]
    assert [pair.kind for pair in found.pairs] == ["redundant"] * 3


def test_a_vote_is_recognised() -> None:
    """Three of five sources must agree, and three others do nothing: no source matters alone, and
    yet in 48 masks all are found within 0.005."""
    values = game("majority", 1)
    study = _study(8)
    found = study.attribute(finished(study, values.__getitem__))
    assert [share.phi for share in found.shares] == pytest.approx(shapley(values), abs=0.005)


@pytest.mark.parametrize("family", ["additive", "all of three", "suppressed", "synergy"])
def test_it_is_close_to_the_truth(family: str) -> None:
    """In 48 of 256 masks the values are within 2 % of the truth, in sum, and the intervals hold
    nearly all of them."""
    values = game(family, 5)
    exact = shapley(values)
    study = _study(8)
    found = study.attribute(finished(study, values.__getitem__))
    off = np.abs(np.array([share.phi for share in found.shares]) - exact)
    assert off.sum() <= 0.02 * np.abs(exact).sum()
    inside = [s.low <= phi <= s.high for s, phi in zip(found.shares, exact, strict=True)]
    assert sum(inside) >= 7
    assert found.intervals == "model-based"


def test_suppressors_have_no_share() -> None:
    """A source against the answer has a negative value and a share of 0; the shares and that of
    the empty prompt sum to 1."""
    study = _study(8, mode="quick")
    found = study.attribute(finished(study, game("suppressed", 2).__getitem__))
    against = min(found.shares, key=lambda share: share.phi)
    assert against.phi < -0.01
    assert against.share == 0
    positive = sum(max(share.phi, 0) for share in found.shares)
    prior = found.v_empty / (found.v_empty + positive)
    assert sum(share.share for share in found.shares) + prior == pytest.approx(1)


def test_nothing_changes() -> None:
    """If all masks are worth the same, all values are 0 and none is distinguishable."""
    study = _study(7, mode="quick")
    found = study.attribute(finished(study, lambda _: 0.5))
    assert all(abs(share.phi) < 1e-9 and not share.distinguishable for share in found.shares)
    assert found.pairs == ()


def test_it_can_be_said_in_json() -> None:
    """A result is dictionaries, lists, numbers and texts."""
    found = _study(6).attribute({63: [1.0], 0: [0.0], 1: [0.5]})
    said = json.loads(json.dumps(found.as_dict()))
    assert said["shares"][0]["player"] == "p0"
    assert said["shares"][0]["members"] == ["p0"]
    assert said["complete"] is False
