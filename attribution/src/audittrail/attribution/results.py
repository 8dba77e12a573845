"""What the measurements of a study mean."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["Attribution", "Intervals", "Method", "Pair", "Share"]

Method = Literal["exact", "adaptive", "grouped"]
Intervals = Literal["exact", "measured", "model-based"]


@dataclass(frozen=True)
class Share:
    """What one player did to the value.

    ``player``: its id; of several that were measured as one only: the name of their group.
    ``members``: the ids of the players whose common figure this is; one, save for such groups.
    ``phi``: its Shapley value (Shapley 1953), in units of the value; of more than 12 players its
    Owen value (Owen 1977). May be negative: a suppressor.
    ``low``, ``high``: the ends of the interval of 95 %.
    ``share``: of the value of the full prompt: max(phi, 0) / (v_empty + sum of all positive phi).
    ``necessity``: v(N) - v(N without it), if measured. ``sufficiency``: v(it alone) - v(empty), if
    measured.
    ``distinguishable``: whether phi is known to differ from 0: at a family-wise error rate of 5 %
    over all players (Holm 1979).
    """

    player: str
    phi: float
    low: float
    high: float
    share: float
    necessity: float | None
    sufficiency: float | None
    distinguishable: bool
    members: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """Two players that do not act independently of each other.

    ``interaction``: the Shapley interaction index (Grabisch and Roubens 1999), in units of the
    value: how much more the two do together than each on its own. ``kind``: "redundant" if it is
    negative (either would do), "complementary" if it is positive (both are needed).
    """

    first: str
    second: str
    interaction: float
    kind: Literal["redundant", "complementary"]


@dataclass(frozen=True)
class Attribution:
    """The shares of all players. v_full = v_empty + the sum of their phi, within 1e-9.

    ``v_full``: the mean of the samples of the full prompt. ``v_empty``: that of the empty one, or
    what the surrogates say of it if there is noise and the intervals are "model-based".
    ``shares`` stand in the order of the players, ``pairs`` with the strongest first.
    ``noise``: the standard deviation of one sample of a mask, in units of the value; 0.0 if no
    mask was sampled twice, or all samples agree.
    ``masks_measured``, ``samples``: how many distinct masks, and values of them, were observed.
    ``complete``: whether all was measured that the study asks for.
    ``intervals``: "exact" without noise and with all masks measured, so that they have no width;
    "measured" if they come from the noise alone; "model-based" if masks were predicted.
    """

    method: Method
    shares: tuple[Share, ...]
    pairs: tuple[Pair, ...]
    v_empty: float
    v_full: float
    noise: float
    masks_measured: int
    samples: int
    complete: bool
    intervals: Intervals

    def as_dict(self) -> dict[str, Any]:
        """The same as dictionaries, lists, numbers and texts, which JSON can say."""
        found = asdict(self)
        for share in found["shares"]:
            share["members"] = list(share["members"])
        found["shares"] = list(found["shares"])
        found["pairs"] = list(found["pairs"])
        return found
