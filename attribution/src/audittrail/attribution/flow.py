"""Shares of single steps, carried through all steps that led to the final one."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from audittrail.attribution.errors import AttributionError

__all__ = ["Explained", "Flow", "Inflow", "Link", "prior_of", "propagate"]


_LEAST: Final = 1e-12
"""A target with a smaller value is not explained by anything."""


@dataclass(frozen=True)
class Inflow:
    """A source of an explained node, and its Shapley value there."""

    source: str
    phi: float


@dataclass(frozen=True)
class Explained:
    """A node whose sources were ablated: its value without any, and what each of them did."""

    v_empty: float
    inflows: Sequence[Inflow]


@dataclass(frozen=True)
class Link:
    """``value`` of the final node's 1 passes from ``source`` to ``target``.

    ``kind``: "cause" was measured, "prior" is what the target did without any source,
    "structural" is no measurement: one node is the product of the other.
    """

    source: str
    target: str
    value: float
    kind: Literal["cause", "prior", "structural"]


@dataclass(frozen=True)
class Flow:
    """What reaches the final node, and on which ways.

    ``links``: each node's inflow equals its outflow within 1e-9; links without flow are left out.
    ``suppressors``: links of sources with a negative phi, outside the balance; ``value`` is
    negative, and in the same unit.
    ``totals``: for each node, what of the final node's 1 passes through it.
    ``terminals``: for each node where the flow begins, its part; they sum to 1. What a target did
    without any source, its model prior, has the id ``prior_of(target)``.
    """

    links: tuple[Link, ...]
    suppressors: tuple[Link, ...]
    totals: Mapping[str, float]
    terminals: Mapping[str, float]


def prior_of(target: str) -> str:
    """The id of what a target did without any source."""
    return f"prior:{target}"


def propagate(
    final: str,
    explained: Mapping[str, Explained],
    produced_by: Mapping[str, str] | None = None,
) -> Flow:
    """The flow from where it begins to the final node.

    F_final = 1, f_{i->t} = F_t s_{i->t}, F_i = sum over t of f_{i->t}, with the shares
    s_{i->t} = max(phi_i, 0) / (v_empty + sum of all positive phi) of target t; what is left is its
    model prior. A negative v_empty counts as 0. A product of shares along a path is a convention
    (as the recursive credit of Shapley Flow, Wang et al. 2021), not a measured total effect.

    Args:
        final: the id of the node that is explained in the end.
        explained: by the id of a target, its sources.
        produced_by: by the id of a source, the node that it came from without any measurement: a
            tool result from its call, a call from the LLM span that asked for it. It is not used
            for a node that is explained.

    Raises:
        AttributionError: if a node would be a source of itself, directly or through others, or a
            figure is not finite.
    """
    made_by = produced_by or {}
    totals: dict[str, float] = defaultdict(float)
    totals[final] = 1.0
    terminals: dict[str, float] = {}
    links: list[Link] = []
    suppressors: list[Link] = []
    for node in _final_first(final, explained, made_by):
        flow = totals[node]
        if node in explained:
            target = explained[node]
            inflows = _merged(node, target)
            prior = max(target.v_empty, 0.0)
            whole = prior + math.fsum(phi for phi in inflows.values() if phi > 0)
            scale = flow / whole if whole > _LEAST else 0.0
            passed = [(source, phi * scale) for source, phi in inflows.items() if phi * scale > 0]
            for source, value in passed:
                totals[source] += value
                links.append(Link(source, node, value, "cause"))
            # Of a target that nothing explains, all is prior. As a difference, so that it balances.
            rest = max(flow - math.fsum(value for _, value in passed), 0.0) if prior else 0.0
            rest = rest if whole > _LEAST else flow
            if rest > 0:
                links.append(Link(prior_of(node), node, rest, "prior"))
                totals[prior_of(node)] = terminals[prior_of(node)] = rest
            suppressors += [
                Link(source, node, phi * scale, "cause")
                for source, phi in inflows.items()
                if phi * scale < 0
            ]
        elif node in made_by:
            totals[made_by[node]] += flow
            if flow > 0:
                links.append(Link(made_by[node], node, flow, "structural"))
        elif flow > 0:
            terminals[node] = flow
    return Flow(
        tuple(links),
        tuple(suppressors),
        {node: value for node, value in totals.items() if value > 0},
        terminals,
    )


def _merged(node: str, target: Explained) -> dict[str, float]:
    """Each source once, all figures finite."""
    merged: dict[str, float] = defaultdict(float)
    for inflow in target.inflows:
        merged[inflow.source] += inflow.phi
    if not all(map(math.isfinite, [target.v_empty, *merged.values()])):
        raise AttributionError(f"The shares of {node!r} are not finite numbers; measure it again.")
    return dict(merged)


def _final_first(
    final: str, explained: Mapping[str, Explained], made_by: Mapping[str, str]
) -> list[str]:
    """All nodes behind the final one, each after every node that it is a source of."""
    order: list[str] = []
    open_now: dict[str, None] = {}
    done: set[str] = set()

    def sources(node: str) -> list[str]:
        if node in explained:
            return list(dict.fromkeys(inflow.source for inflow in explained[node].inflows))
        return [made_by[node]] if node in made_by else []

    waiting = [(final, iter(sources(final)))]
    open_now[final] = None
    while waiting:
        node, rest = waiting[-1]
        source = next(rest, None)
        if source is None:
            waiting.pop()
            del open_now[node]
            done.add(node)
            order.append(node)
        elif source in open_now:
            circle = [*list(open_now)[list(open_now).index(source) :], source]
            raise AttributionError(
                f"A step cannot be a source of itself: {' <- '.join(circle)}. Give the steps of a "
                "loop an id each."
            )
        elif source not in done:
            open_now[source] = None
            waiting.append((source, iter(sources(source))))
    return order[::-1]
