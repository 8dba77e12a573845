"""Up to 5 players: all masks, and nothing but sums."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audittrail.attribution import AttributionError, Player, Study
from tests.attribution.brute_force import finished, shapley

_VALUE = st.floats(0, 1)
_GAMES = st.integers(1, 5).flatmap(lambda n: st.lists(_VALUE, min_size=2**n, max_size=2**n))


def _study(n: int) -> Study:
    return Study([Player(f"p{i}") for i in range(n)])


def _phi(values: list[float]) -> list[float]:
    study = _study(len(values).bit_length() - 1)
    found = study.attribute(finished(study, values.__getitem__))
    assert found.complete
    return [share.phi for share in found.shares]


@given(_GAMES)
def test_the_shapley_values_are_exact(values: list[float]) -> None:
    """They are the mean gains over all orders, of all 2**n masks and no more."""
    study = _study(len(values).bit_length() - 1)
    observed = finished(study, values.__getitem__)
    assert len(observed) == study.masks == len(values)
    found = study.attribute(observed)
    assert [s.phi for s in found.shares] == pytest.approx(shapley(values), abs=1e-9)
    assert (found.method, found.intervals, found.noise) == ("exact", "exact", 0.0)
    assert all(share.low == share.phi == share.high for share in found.shares)


@given(_GAMES)
def test_the_values_sum_to_what_is_explained(values: list[float]) -> None:
    """v(full) = v(empty) + the sum of phi."""
    assert math.fsum(_phi(values)) == pytest.approx(values[-1] - values[0], abs=1e-9)


@given(_GAMES, st.data())
def test_a_player_that_does_nothing_gets_nothing(values: list[float], data: st.DataObject) -> None:
    """The dummy axiom, and such a player is not distinguishable from zero."""
    n = len(values).bit_length() - 1
    idle = data.draw(st.integers(0, n - 1))
    values = [values[mask & ~(1 << idle)] for mask in range(2**n)]
    study = _study(n)
    share = study.attribute(finished(study, values.__getitem__)).shares[idle]
    assert share.phi == pytest.approx(0, abs=1e-9)
    assert not share.distinguishable


@given(st.lists(_VALUE, min_size=16, max_size=16))
def test_equal_players_get_the_same(values: list[float]) -> None:
    """The symmetry axiom: swapping them changes nothing, so their values are equal."""
    swapped = [mask & ~3 | (mask & 1) << 1 | mask >> 1 & 1 for mask in range(16)]
    phi = _phi([values[min(mask, swapped[mask])] for mask in range(16)])
    assert phi[0] == pytest.approx(phi[1], abs=1e-9)


def test_pairs_tell_copies_from_partners() -> None:
    """Two sources either of which would do are redundant, two that are both needed complementary;
    independent ones are not listed. The index of an OR is -1, of an AND 1 times its height."""
    study = _study(5)
    observed = finished(
        study, lambda m: 0.4 * bool(m & 3) + 0.3 * (m & 12 == 12) + 0.1 * bool(m & 16)
    )
    pairs = study.attribute(observed).pairs
    assert [(p.first, p.second, p.kind) for p in pairs] == [
        ("p0", "p1", "redundant"),
        ("p2", "p3", "complementary"),
    ]
    assert [p.interaction for p in pairs] == pytest.approx([-0.4, 0.3])


def test_necessity_and_sufficiency_come_for_free() -> None:
    """Of two copies neither is necessary and each suffices, though both have half of the value."""
    study = _study(2)
    first, _ = study.attribute({3: [1.0], 0: [0.0], 1: [1.0], 2: [1.0]}).shares
    assert (first.phi, first.necessity, first.sufficiency, first.share) == (0.5, 0.0, 1.0, 0.5)


def test_noise_makes_intervals() -> None:
    """The spread of repeated samples is the noise; a difference as small as that is not
    distinguishable from zero, a large one is."""
    study = _study(2)
    samples = {
        0: [0.0, 0.02, 0.01],
        1: [0.9, 0.92, 0.91],
        2: [0.01, 0.02, 0.0],
        3: [0.9, 0.92, 0.91],
    }
    found = study.attribute(samples)
    large, small = found.shares
    assert found.intervals == "measured"
    assert found.noise == pytest.approx(0.01)
    assert (found.samples, found.masks_measured) == (12, 4)
    assert large.distinguishable
    assert not small.distinguishable
    assert small.low < 0 < small.high


def test_a_part_is_enough_for_a_result() -> None:
    """With full and empty alone the difference is divided evenly, and said to be modelled."""
    found = _study(4).attribute({15: [0.9], 0: [0.1]})
    assert [share.phi for share in found.shares] == pytest.approx([0.2] * 4)
    assert (found.complete, found.intervals) == (False, "model-based")
    assert found.shares[0].necessity is None


@pytest.mark.parametrize(
    ("observed", "said"),
    [
        ({}, "with all sources"),
        ({0: [0.0]}, "with all sources"),
        ({3: [1.0]}, "without any source"),
        ({3: [1.0], 0: []}, "without any source"),
        ({3: [1.0], 0: [0.0], 4: [1.0]}, "mask 4"),
        ({3: [1.0], 0: [math.nan]}, "not a finite number"),
    ],
)
def test_what_cannot_be_explained_is_said(observed: dict[int, list[float]], said: str) -> None:
    """Without full or empty, or with values that are none, an error says what is wrong."""
    with pytest.raises(AttributionError, match=said):
        _study(2).attribute(observed)


def test_players_have_ids_of_their_own() -> None:
    """No players, or two with one id, is an error at once."""
    with pytest.raises(AttributionError, match="at least 1"):
        Study([])
    with pytest.raises(AttributionError, match="'a'"):
        Study([Player("a"), Player("a")])
