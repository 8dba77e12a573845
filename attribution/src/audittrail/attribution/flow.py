"""Shares of single steps, carried through all steps that led to the final one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Explained", "Flow", "Inflow", "Link", "propagate"]


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

    ``links``: each node's inflow equals its outflow within 1e-9.
    ``suppressors``: links of sources with a negative phi, outside the balance; ``value`` is
    negative, and in the same unit.
    ``totals``: for each node, what of the final node's 1 passes through it.
    ``terminals``: for each node where the flow begins, its part; they sum to 1. The model prior of
    a target has the id ``prior:<target>``.
    """

    links: tuple[Link, ...]
    suppressors: tuple[Link, ...]
    totals: Mapping[str, float]
    terminals: Mapping[str, float]


def propagate(
    final: str,
    explained: Mapping[str, Explained],
    produced_by: Mapping[str, str] | None = None,
) -> Flow:
    """The flow from where it begins to the final node.

    Args:
        final: the id of the node that is explained in the end.
        explained: by the id of a target, its sources.
        produced_by: by the id of a source, the node that it came from without any measurement: a
            tool result from its call, a call from the LLM span that asked for it.

    Raises:
        AttributionError: if a node would be a source of itself, directly or through others.
    """
    raise NotImplementedError
