"""More than 12 players: groups first, then the players of those that matter."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from audittrail.attribution import Player, Study
from audittrail.attribution.coalitions import Blocks
from audittrail.attribution.kernels import Kernel
from tests.attribution.brute_force import finished, owen


def _value(mask: int) -> float:
    """Player 0 or 1 will do, 5 needs 6, all others do nothing."""
    return 0.1 + 0.5 * bool(mask & 3) + 0.3 * (mask >> 5 & 3 == 3)


@pytest.mark.parametrize(
    "blocks", [[[0], [1], [2], [3]], [[0, 1], [2], [3, 4]], [[0, 1, 2]], [[1, 3], [0, 2]]]
)
def test_owen_values_are_those_of_all_orders(blocks: list[list[int]]) -> None:
    """Of a table by its coefficients, and of product functions in closed form: both are the mean
    gains over all orders in which blocks stay together."""
    units, rng = sum(map(len, blocks)), np.random.default_rng(0)
    masks = (np.arange(2**units)[:, None] >> np.arange(units) & 1).astype(bool)
    absent, present = rng.uniform(0.1, 1, (2, 1, units))
    values = np.where(masks, present, absent).prod(1)
    expected = owen(values.tolist(), blocks)
    functional = Blocks(blocks)
    assert (functional.coefficients(masks)[0] @ values).tolist() == pytest.approx(expected)
    assert functional.of_products(absent, present)[0][:, 0].tolist() == pytest.approx(expected)
    assert functional.squared[0] == pytest.approx((functional.coefficients(masks)[0] ** 2).sum(1))


@pytest.mark.parametrize("loose", [0.0, 0.1])
@pytest.mark.parametrize("labels", [[0, 0, 0, 1, 2], [0, 0, 1, 1, 2], [0] * 5, [0, 1, 2, 3, 4]])
def test_kernels_have_values_in_closed_form(labels: list[int], loose: float) -> None:
    """The values and interactions of a kernel, and their variances, are those of its table: with
    classes of units, and a unit that does nothing."""
    masks = (np.arange(32)[:, None] >> np.arange(5) & 1).astype(bool)
    functional = Blocks([[unit] for unit in range(5)])
    lengths = np.array([0.5, 0.2, 0.7, 1.1, 0.0])[labels]
    kernel = Kernel(lengths, np.array(labels), loose)
    table = kernel.between(masks, masks)
    coefficients = functional.coefficients(masks)
    for each, found, prior in zip(
        coefficients,
        kernel.functionals(functional, masks),
        kernel.prior_variances(functional),
        strict=True,
    ):
        assert found == pytest.approx(each @ table)
        assert prior == pytest.approx(np.diag(each @ table @ each.T))


def test_the_groups_that_matter_are_split() -> None:
    """Groups of 4: the first two are split, and their players get what they did. A group that does
    nothing stays one share that names all its members. All balances, within the budget."""
    study = Study([Player(f"p{i}", f"turn {i // 4}") for i in range(20)], mode="quick")
    observed = finished(study, _value)
    found = study.attribute(observed)
    assert (found.method, found.complete) == ("grouped", True)
    assert len(observed) <= study.masks <= 96
    phi = {share.player: share.phi for share in found.shares}
    assert phi["p0"] == pytest.approx(0.25, abs=0.02)
    assert phi["p1"] == pytest.approx(0.25, abs=0.02)
    assert phi["p5"] == pytest.approx(0.15, abs=0.02)
    assert found.v_empty + sum(phi.values()) == pytest.approx(found.v_full, abs=1e-9)
    whole = {share.player: share.members for share in found.shares if len(share.members) > 1}
    assert whole["turn 4"] == ("p16", "p17", "p18", "p19")
    assert sorted(m for s in found.shares for m in s.members) == sorted(p.id for p in study.players)


@functools.cache
def _parts() -> list[dict[int, list[float]]]:
    """What is known of a study after each of its steps, up to 50 masks."""
    study = Study([Player(f"p{i}") for i in range(15)], mode="quick")
    parts: list[dict[int, list[float]]] = [{}]
    while len(parts[-1]) < 50 and (wanted := study.next(parts[-1])):
        parts.append(parts[-1] | {mask: [_value(mask)] for mask in wanted})
    return parts


@pytest.mark.parametrize("limit", [2, 30, 50], scope="module")
def test_a_part_balances(limit: int) -> None:
    """Before groups are split, and after, what is known sums to what is explained."""
    study = Study([Player(f"p{i}") for i in range(15)], mode="quick")
    observed = next(part for part in _parts() if len(part) >= limit)
    found = study.attribute(observed)
    total = found.v_empty + sum(share.phi for share in found.shares)
    assert total == pytest.approx(found.v_full, abs=1e-9)
    assert not set(study.next(observed)) & set(observed)


@pytest.mark.parametrize("count", [13, 40, 200])
def test_many_players_without_groups(count: int) -> None:
    """Neighbours are merged, so that there are at most 12 groups to begin with."""
    study = Study([Player(f"p{i}") for i in range(count)])
    assert len(study.fixed()) == 26
    one = Study([Player(f"p{i}", "one") for i in range(count)])
    assert len(one.fixed()) <= 64
