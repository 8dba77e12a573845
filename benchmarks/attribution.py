"""How well few calls find what each source did, on games whose Shapley values are known, and of a
real server on a model server whose answers are known.

11 families of games over 8 sources, 20 of each. rho is the mean Spearman correlation with the exact
values, both rounded to 0.01 so that equal ones are ties; err is sum |estimate - exact| / sum
|exact|. Exits with 1 if a bar is missed.

    python benchmarks/attribution.py
    python benchmarks/attribution.py --seeds 5 --first 200
"""

from __future__ import annotations

import os

# Matrices of 100 rows are slower with more threads, and the work is divided by processes.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from audittrail.attribution import Explained, Inflow, propagate
from benchmarks.ablating import endpoint_section
from benchmarks.attributors import RIVALS, Calls, ours
from benchmarks.bars import Bar
from benchmarks.games import FAMILIES, game, shapley

_OURS: Final = "adaptive Gaussian process"
_SIGMA: Final = 0.05
_NULL: Final = 1e-12
_RESOLUTION: Final = 2
"""Decimals to which values are ranked."""


class Score(NamedTuple):
    """How one estimate of one game compares with the truth."""

    method: str
    calls: int
    sigma: float
    family: str
    rho: float
    err: float
    nulls: int
    false_nulls: int
    covered: float


def spearman(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The correlation of ranks; ties share theirs. If all of one are equal: whether all of the
    other are too."""
    a, b = _ranks(first), _ranks(second)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float(np.ptp(a) == np.ptp(b))
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    rounded = np.round(values, _RESOLUTION) + 0.0
    _, places, counts = np.unique(rounded, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[places])


def score(
    key: tuple[str, int, float, str],
    estimate: NDArray[np.float64],
    exact: NDArray[np.float64],
    width: NDArray[np.float64] | None = None,
) -> Score:
    null = np.abs(exact) < _NULL
    off = np.abs(estimate - exact)
    return Score(
        *key,
        rho=spearman(estimate, exact),
        err=float(off.sum() / np.abs(exact).sum()),
        nulls=int(null.sum()),
        false_nulls=int((null & (np.abs(estimate) > 0.05)).sum()),
        covered=float((off <= width + 1e-9).mean()) if width is not None else float("nan"),
    )


def one_game(task: tuple[str, int]) -> list[Score]:
    """All methods on one game."""
    family, seed = task
    values = game(family, seed)
    exact = shapley(values)
    scores = []
    for name, rival in RIVALS.items():
        for most in (32, 48) if name != "leave-one-out" else (9,):
            calls = Calls(values, most, 0.0, seed)
            estimate = rival(calls, np.random.default_rng([seed, 2]))
            scores.append(score((name, most, 0.0, family), estimate, exact))
    for sigma, goals in ((0.0, (32, 48)), (_SIGMA, (32,))):
        found = ours(Calls(values, goals[-1], sigma, seed), goals)
        scores += [
            score(
                (_OURS, made, sigma, family),
                np.array([share.phi for share in found[made].shares]),
                exact,
                np.array([(share.high - share.low) / 2 for share in found[made].shares]),
            )
            for made in goals
        ]
    return scores


def measured_games(seeds: range) -> list[Score]:
    tasks = [(family, seed) for family in FAMILIES for seed in seeds]
    with ProcessPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
        return [each for scores in pool.map(one_game, tasks, chunksize=4) for each in scores]


class Summary(NamedTuple):
    rho: float
    err: float
    worst: float
    worst_family: str
    covered: float
    least_covered: float
    false_nulls: float


def summary(scores: list[Score], method: str, calls: int, sigma: float = 0.0) -> Summary:
    """Of one method, over all families."""
    own = [s for s in scores if (s.method, s.calls, s.sigma) == (method, calls, sigma)]
    by_family = {f: [s for s in own if s.family == f] for f in FAMILIES}
    rhos = {f: float(np.mean([s.rho for s in each])) for f, each in by_family.items()}
    covered = [float(np.mean([s.covered for s in each])) for each in by_family.values()]
    worst = min(rhos, key=rhos.__getitem__)
    return Summary(
        rho=float(np.mean(list(rhos.values()))),
        err=float(np.mean([s.err for s in own])),
        worst=rhos[worst],
        worst_family=worst,
        covered=float(np.mean(covered)),
        least_covered=min(covered),
        false_nulls=sum(s.false_nulls for s in own) / sum(s.nulls for s in own),
    )


def games_section(console: Console, seeds: range) -> Iterator[Bar]:
    """The comparison on games, and its bars."""
    scores = measured_games(seeds)
    table = Table(title=f"8 sources, {len(FAMILIES)} families, {len(seeds)} games each")
    for column in ("method", "calls", "noise", "rho", "err", "worst family", "nulls > .05"):
        table.add_column(
            column, justify="left" if column in ("method", "worst family") else "right"
        )
    for method, calls, sigma in dict.fromkeys((s.method, s.calls, s.sigma) for s in scores):
        each = summary(scores, method, calls, sigma)
        table.add_row(
            method,
            str(calls),
            f"{sigma:g}",
            f"{each.rho:.3f}",
            f"{each.err:.3f}",
            f"{each.worst:.2f} {each.worst_family}",
            f"{each.false_nulls:.1%}",
        )
    console.print(table)
    families = Table(title="Ours by family: rho / err")
    for column in ("family", "32 calls", "48 calls", f"32 calls, noise {_SIGMA}", "covered at 48"):
        families.add_column(column)
    for family in FAMILIES:
        own = [s for s in scores if s.family == family and s.method == _OURS]
        cells = [
            [s for s in own if (s.calls, s.sigma) == at]
            for at in ((32, 0.0), (48, 0.0), (32, _SIGMA))
        ]
        families.add_row(
            family,
            *(
                f"{np.mean([s.rho for s in c]):.3f} / {np.mean([s.err for s in c]):.3f}"
                for c in cells
            ),
            f"{np.mean([s.covered for s in cells[1]]):.1%}",
        )
    console.print(families)
    few, many = summary(scores, _OURS, 32), summary(scores, _OURS, 48)
    noisy = summary(scores, _OURS, 32, _SIGMA)
    any_of_three = [
        s.rho for s in scores if s.method == _OURS and s.family == "any of three" and not s.sigma
    ]
    yield Bar("32 calls: rho", few.rho, least=0.95)
    yield Bar("32 calls: err", few.err, most=0.07)
    yield Bar("48 calls: rho", many.rho, least=0.98)
    yield Bar("48 calls: rho of the worst family", many.worst, least=0.93)
    yield Bar("48 calls: err", many.err, most=0.02)
    yield Bar(f"32 calls, noise {_SIGMA}: rho", noisy.rho, least=0.93)
    yield Bar(f"32 calls, noise {_SIGMA}: err", noisy.err, most=0.15)
    yield Bar("any of three: rho", float(np.mean(any_of_three)), least=0.95)
    yield Bar("32 calls: null sources above .05", few.false_nulls, most=0.03)
    yield Bar("48 calls: null sources above .05", many.false_nulls, most=0.01)
    for name, each in (("32 calls", few), ("48 calls", many), ("32 calls, noise", noisy)):
        yield Bar(f"{name}: intervals that cover", each.covered, least=0.94)
        yield Bar(f"{name}: of the worst family", each.least_covered, least=0.75)


def exact_section() -> Iterator[Bar]:
    """Up to 5 sources all masks are measured."""
    worst, most = 0.0, 0
    for n in range(1, 6):
        for seed in range(20):
            values = np.random.default_rng([n, seed]).random(2**n)
            calls = Calls(values, 2**n, 0.0, seed)
            found = ours(calls)[calls.made]
            estimate = np.array([share.phi for share in found.shares])
            worst = max(worst, float(np.abs(estimate - shapley(values)).max()))
            most = max(most, calls.made)
    yield Bar("up to 5 sources: largest error", worst, most=1e-9)
    yield Bar("up to 5 sources: calls", most, most=32)


def flow_section() -> Iterator[Bar]:
    """Chains of explained steps, where every node must pass on what it gets."""
    off = 0.0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        count = int(rng.integers(2, 12))
        explained = {
            f"step{i}": Explained(
                float(rng.random()) if rng.random() < 0.7 else 0.0,
                [
                    Inflow(f"step{j}" if rng.random() < 0.5 else f"source{j}", float(rng.normal()))
                    for j in range(i)
                ],
            )
            for i in range(1, count)
        }
        final = f"step{count - 1}"
        flow = propagate(final, explained)
        off = max(off, abs(sum(flow.terminals.values()) - 1))
        for node, total in flow.totals.items():
            into = sum(link.value for link in flow.links if link.target == node)
            out = sum(link.value for link in flow.links if link.source == node)
            off = max(off, abs(into - total) if node not in flow.terminals else 0.0)
            off = max(off, abs(out - total) if node != final else 0.0)
    yield Bar("flow: largest imbalance", off, most=1e-9)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="games of each family")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first of them")
    arguments = parser.parse_args()
    console = Console(width=110)
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    bars = [
        *exact_section(),
        *flow_section(),
        *games_section(console, seeds),
        *endpoint_section(console),
    ]
    for bar in bars:
        wanted = f">= {bar.least:g}" if bar.least is not None else f"<= {bar.most:g}"
        console.print(
            f"{'held  ' if bar.held else 'MISSED'} {bar.what}: {bar.value:.4g} ({wanted})"
        )
    return int(not all(bar.held for bar in bars))


if __name__ == "__main__":
    raise SystemExit(main())
