"""Games with known values: what the answer is worth for every set of present sources.

Each family is one way in which sources make an answer. A game has 8 players in random places, most
families have players that do nothing, and values are in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["FAMILIES", "PLAYERS", "game", "shapley"]

PLAYERS: Final = 8
Floats = NDArray[np.float64]
_Family = Callable[[Floats, np.random.Generator], Floats]


def _additive(x: Floats, rng: np.random.Generator) -> Floats:
    """Every source has its part."""
    return 0.1 + x @ (0.85 * rng.dirichlet(np.ones(PLAYERS)))


def _sparse(x: Floats, rng: np.random.Generator) -> Floats:
    """Two sources matter, six do nothing."""
    return 0.05 + x[:, :2] @ rng.uniform(0.2, 0.45, 2)


def _any_of_three(x: Floats, rng: np.random.Generator) -> Floats:
    """The fact stands in three sources, any of which will do."""
    low, high = rng.uniform(0, 0.2), rng.uniform(0.8, 1)
    return np.where(x[:, :3].any(1), high, low)


def _all_of_three(x: Floats, rng: np.random.Generator) -> Floats:
    """The answer needs three sources at once."""
    low, high = rng.uniform(0, 0.2), rng.uniform(0.8, 1)
    return np.where(x[:, :3].all(1), high, low)


def _copies(x: Floats, rng: np.random.Generator) -> Floats:
    """Two pairs of copies, and two sources of their own."""
    a, b, c, d = rng.dirichlet(np.ones(4) * 3) * 0.9
    once = x[:, 0:2].max(1) * a + x[:, 2:4].max(1) * b
    return 0.05 + once + x[:, 4] * c + x[:, 5] * d


def _majority(x: Floats, rng: np.random.Generator) -> Floats:
    """Three of five sources must agree."""
    low, high = rng.uniform(0, 0.2), rng.uniform(0.8, 1)
    return np.where(x[:, :5].sum(1) >= 3, high, low)


def _gated(x: Floats, rng: np.random.Generator) -> Floats:
    """One source opens the way for either of two others; another one adds a little."""
    small = rng.uniform(0.05, 0.2)
    gate = x[:, 0] * x[:, 1:3].max(1)
    return 0.05 + (0.9 - small) * gate + small * x[:, 3]


def _suppressed(x: Floats, rng: np.random.Generator) -> Floats:
    """Three sources speak for the answer, one against it."""
    speaks = x[:, :3] @ (0.8 * rng.dirichlet(np.ones(3) * 3))
    return 0.1 + speaks * (1 - rng.uniform(0.3, 0.9) * x[:, 3])


def _best(x: Floats, rng: np.random.Generator) -> Floats:
    """The best of five sources counts."""
    return 0.05 + (x[:, :5] * rng.uniform(0.1, 0.9, 5)).max(1)


def _synergy(x: Floats, rng: np.random.Generator) -> Floats:
    """Three pairs of sources that also work together, on top of what each does."""
    parts = rng.dirichlet(np.ones(9)) * 0.9
    pairs = (
        x[:, 0] * x[:, 1] * parts[0] + x[:, 2] * x[:, 3] * parts[1] + x[:, 0] * x[:, 4] * parts[2]
    )
    return 0.05 + pairs + x[:, :6] @ parts[3:]


def _rough(x: Floats, rng: np.random.Generator) -> Floats:
    """Every source has its part, and every pair of sources a small interaction of either sign."""
    alone = x @ (0.7 * rng.dirichlet(np.ones(PLAYERS)))
    between = np.triu(rng.normal(0, 0.01, (PLAYERS, PLAYERS)), 1)
    return np.clip(0.15 + alone + np.einsum("si,ij,sj->s", x, between, x), 0, 1)


FAMILIES: Final[dict[str, _Family]] = {
    "additive": _additive,
    "sparse": _sparse,
    "any of three": _any_of_three,
    "all of three": _all_of_three,
    "copies": _copies,
    "majority": _majority,
    "gated": _gated,
    "suppressed": _suppressed,
    "best of five": _best,
    "synergy": _synergy,
    "rough": _rough,
}


def game(family: str, seed: int) -> Floats:
    """(256,), the value of each mask."""
    rng = np.random.default_rng([seed, *family.encode()])
    places = rng.permutation(PLAYERS)
    masks = np.arange(2**PLAYERS)
    present = (masks[:, None] >> places[None, :] & 1).astype(float)
    return FAMILIES[family](present, rng)


def shapley(values: Floats) -> Floats:
    """The exact Shapley values of a game of n players, from all 2**n values."""
    n = len(values).bit_length() - 1
    masks = np.arange(len(values))
    sizes = np.array([mask.bit_count() for mask in range(len(values))])
    weights = 1.0 / n
    chosen = np.array([1.0 / _binomial(n - 1, s) for s in range(n)]) * weights
    found = np.empty(n)
    for player in range(n):
        without = masks[masks >> player & 1 == 0]
        gains = values[without | 1 << player] - values[without]
        found[player] = chosen[sizes[without]] @ gains
    return found


def _binomial(n: int, k: int) -> float:
    return float(np.prod([(n - i) / (i + 1) for i in range(k)]))
