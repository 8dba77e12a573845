"""What an ablation will take, told before it is begun."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

from audittrail.ablation.step import Step
from audittrail.rules.pricing import Pricer

__all__ = ["Estimate", "estimate_all", "estimate_step"]

# A model that does not repeat itself is asked up to 5 times a mask.
_MOST_SAMPLES: Final = 5


@dataclass(frozen=True)
class Estimate:
    """``calls``, ``tokens_in``, ``tokens_out`` and ``cost`` (USD) if the model repeats itself and
    answers as long as it did; ``..._at_most`` are bounds for one that does neither. Costs are None
    where the model has no price; ``cost_source`` says where it is from."""

    calls: int
    calls_at_most: int
    tokens_in: int
    tokens_in_at_most: int
    tokens_out: int
    tokens_out_at_most: int
    cost: float | None
    cost_at_most: float | None
    cost_source: str


def estimate_step(step: Step, price: Pricer) -> Estimate:
    """Input tokens are exact, as far as tokens can be told, for the masks that are known
    beforehand; for those that are chosen on the way, half of the sources are taken to be there, and
    all of them in the bound."""
    study = step.study()
    fixed = study.fixed()
    known = sum(map(step.tokens, fixed))
    full, empty = step.tokens(study.full), step.tokens(study.empty)
    rest = max(0, study.masks - len(fixed))
    repeats = step.repeats - 1  # one of them is among the masks
    samples = 1 if step.measure == "likelihood" else _MOST_SAMPLES
    calls = study.masks + repeats
    calls_at_most = max(calls, samples * study.masks)
    tokens_in = known + rest * (full + empty) // 2 + repeats * full
    bound = samples * (known + rest * full)
    most_out = step.most_tokens_out
    out = step.tokens_out if step.tokens_out is not None else most_out
    now = time.time_ns()

    def cost(tokens: int, each_out: int, times: int) -> tuple[float | None, str]:
        usd, source = price(
            step.model, step.provider, now, tokens // times, min(each_out, most_out)
        )
        return None if usd is None else usd * times, source or "unpriced"

    expected, source = cost(tokens_in, out, calls)
    return Estimate(
        calls=calls,
        calls_at_most=calls_at_most,
        tokens_in=tokens_in,
        tokens_in_at_most=max(bound, tokens_in),
        tokens_out=calls * min(out, most_out),
        tokens_out_at_most=calls_at_most * most_out,
        cost=expected,
        cost_at_most=cost(max(bound, tokens_in), most_out, calls_at_most)[0],
        cost_source=source,
    )


def estimate_all(
    estimates: Sequence[Estimate], max_calls: int | None, max_usd: float | None
) -> Estimate:
    """Of all steps together, and never more than the budget."""

    def total(name: str) -> int:
        return int(sum(getattr(each, name) for each in estimates))

    counts = {
        each.name: total(each.name) for each in fields(Estimate) if not each.name.startswith("cost")
    }
    if max_calls is not None:
        for name in ("calls", "calls_at_most"):
            counts[name] = min(counts[name], max_calls)
    priced = [each for each in estimates if each.cost is not None]
    complete = len(priced) == len(estimates)
    cost = sum(each.cost or 0.0 for each in priced) if complete else None
    most = sum(each.cost_at_most or 0.0 for each in priced) if complete else None
    if max_usd is not None and cost is not None and most is not None:
        cost, most = min(cost, max_usd), min(most, max_usd)
    sources = {each.cost_source for each in estimates}
    source = "unpriced" if not complete else "default" if "default" in sources else "estimated"
    return Estimate(**counts, cost=cost, cost_at_most=most, cost_source=source)
