"""Ways to estimate Shapley values from few calls: ours, and those it is compared with.

Each takes a game, the number of calls it may make, and a deviation of noise that is added to each
call. A mask that was called once costs nothing again.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from audittrail.attribution import Attribution, Player, Study

__all__ = ["RIVALS", "Calls", "ours"]

Floats = NDArray[np.float64]


class Calls:
    """A game that counts how often it is asked."""

    def __init__(self, values: Floats, most: int, sigma: float, seed: int) -> None:
        self.values = values
        self.n = len(values).bit_length() - 1
        self.full = len(values) - 1
        self.most, self.made = most, 0
        self._sigma = sigma
        self._rng = np.random.default_rng([seed, 1])
        self._known: dict[int, float] = {}

    @property
    def left(self) -> int:
        """How many calls may still be made."""
        return self.most - self.made

    def sample(self, mask: int) -> float:
        """A new call."""
        assert self.left > 0, "more calls than allowed"
        self.made += 1
        return float(self.values[mask] + self._sigma * self._rng.normal())

    def value(self, mask: int) -> float | None:
        """The value of a mask, from a call that was made before if there is one; None if no calls
        are left."""
        if mask not in self._known:
            if not self.left:
                return None
            self._known[mask] = self.sample(mask)
        return self._known[mask]

    def all_known(self) -> tuple[Floats, Floats]:
        """(calls, n) which players were present, and (calls,) the values."""
        masks = np.array(list(self._known))
        present = (masks[:, None] >> np.arange(self.n) & 1).astype(float)
        return present, np.array(list(self._known.values()))


def leave_one_out(calls: Calls, _: np.random.Generator) -> Floats:
    """v(N) - v(N without i), n + 1 calls."""
    whole = calls.value(calls.full) or 0.0
    return np.array([whole - (calls.value(calls.full & ~(1 << i)) or 0.0) for i in range(calls.n)])


def context_cite(calls: Calls, rng: np.random.Generator) -> Floats:
    """A Lasso on masks where each source is present by half (Cohen-Wang et al. 2024), by coordinate
    descent; its penalty is the best of 12 by 4-fold cross-validation."""
    calls.value(calls.full)
    while calls.left:
        calls.value(int(rng.integers(2**calls.n)))
    present, values = calls.all_known()
    largest = float(np.abs((present - present.mean(0)).T @ (values - values.mean())).max())
    penalties = max(largest, 1e-9) / len(values) * np.logspace(0, -3, 12)
    fold = rng.permutation(len(values)) % 4
    errors = [
        sum(_missed(present, values, fold == k, penalty) for k in range(4)) for penalty in penalties
    ]
    return _lasso(present, values, float(penalties[int(np.argmin(errors))]))


def _missed(present: Floats, values: Floats, held: NDArray[np.bool_], penalty: float) -> float:
    x, y = present[~held], values[~held]
    slopes = _lasso(x, y, penalty)
    predicted = y.mean() + (present[held] - x.mean(0)) @ slopes
    return float(((values[held] - predicted) ** 2).sum())


def _lasso(present: Floats, values: Floats, penalty: float) -> Floats:
    """argmin |y - x b|**2 / (2 N) + penalty |b|_1, with an intercept."""
    x, rest = present - present.mean(0), values - values.mean()
    slopes = np.zeros(x.shape[1])
    squares = (x**2).mean(0)
    for _ in range(300):
        before = slopes.copy()
        for i in np.flatnonzero(squares):
            rest = rest + x[:, i] * slopes[i]
            pull = float((x[:, i] * rest).mean())
            slopes[i] = math.copysign(max(abs(pull) - penalty, 0.0), pull) / squares[i]
            rest = rest - x[:, i] * slopes[i]
        if np.abs(slopes - before).max() < 1e-7:
            break
    return slopes


def permutations(calls: Calls, rng: np.random.Generator) -> Floats:
    """Mean marginal gains along random orders, each followed by its reverse (Mitchell et al.
    2022)."""
    sums, counts = np.zeros(calls.n), np.zeros(calls.n)
    while True:
        order = rng.permutation(calls.n)
        for players in (order, order[::-1]):
            mask, before = 0, calls.value(0)
            for player in players:
                mask |= 1 << int(player)
                after = calls.value(mask)
                if after is None or before is None:
                    return sums / np.maximum(counts, 1)
                sums[player] += after - before
                counts[player] += 1
                before = after
        if counts.min() >= 500:  # so few masks differ that all are known
            return sums / counts


def kernel_shap(calls: Calls, rng: np.random.Generator) -> Floats:
    """Weighted least squares with the Shapley kernel on pairs of a mask and its complement
    (Lundberg and Lee 2017, Covert and Lee 2021), exact at full and empty."""
    n = calls.n
    whole, none = calls.value(calls.full) or 0.0, calls.value(0) or 0.0
    sizes = np.arange(1, n)
    chances = 1.0 / (sizes * (n - sizes))
    while calls.left:
        size = int(rng.choice(sizes, p=chances / chances.sum()))
        mask = sum(1 << int(i) for i in rng.permutation(n)[:size])
        calls.value(mask)
        calls.value(calls.full & ~mask)
    present, values = calls.all_known()
    inner = (present.sum(1) > 0) & (present.sum(1) < n)
    x, y = present[inner], values[inner] - none
    size = x.sum(1).astype(int)
    weights = np.array([(n - 1) / (math.comb(n, s) * s * (n - s)) for s in size])
    normal = x.T @ (weights[:, None] * x) + 1e-9 * np.eye(n)
    solved = np.linalg.solve(normal, np.stack([x.T @ (weights * y), np.ones(n)], 1))
    least, ones = solved[:, 0], solved[:, 1]
    return np.asarray(least - ones * (least.sum() - (whole - none)) / ones.sum())


def ours(calls: Calls, goals: tuple[int, ...] = ()) -> dict[int, Attribution]:
    """A study that measures as long as there are calls. With noise the full prompt is called three
    times first, which are calls as well.

    Returns:
        the attribution after so many calls, for each of ``goals`` and at the end.
    """
    study = Study([Player(str(i)) for i in range(calls.n)])
    noisy = calls._sigma > 0
    observed: dict[int, list[float]] = {}
    found: dict[int, Attribution] = {}
    while calls.left and (wanted := study.next(observed)):
        for mask in wanted:
            for _ in range(3 if noisy and mask == study.full else 1):
                if calls.left:
                    observed.setdefault(mask, []).append(calls.sample(mask))
            if calls.made in goals:
                found[calls.made] = study.attribute(observed)
    found[calls.made] = study.attribute(observed)
    return found


RIVALS: Final[dict[str, Any]] = {
    "leave-one-out": leave_one_out,
    "ContextCite-style Lasso": context_cite,
    "antithetic permutations": permutations,
    "paired KernelSHAP": kernel_shap,
}
