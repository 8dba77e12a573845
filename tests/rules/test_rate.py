"""What a call costs, worked out by hand, and laws that hold for any rate."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audittrail.rules.pricing import Rate

M = 1_000_000

PLAIN = Rate(input=2.0, output=8.0)
CACHED = Rate(input=3.0, output=15.0, cache_read=0.3, cache_write=3.75)
THINKING = Rate(input=1.0, output=4.0, cache_read=0.1, reasoning=6.0)
TIERED = Rate(
    input=1.25,
    output=10.0,
    cache_read=0.125,
    over=(
        (500_000, Rate(input=5.0, output=20.0, cache_read=0.5)),
        (200_000, Rate(input=2.5, output=15.0, cache_read=0.25)),
    ),
)


def test_input_and_output() -> None:
    """1,000 read and 500 written: each at its own rate."""
    assert PLAIN.cost(1000, 500) == pytest.approx((1000 * 2.0 + 500 * 8.0) / M)
    assert PLAIN.cost(1000, 500) == pytest.approx(0.006)


def test_one_side_alone() -> None:
    """A side that nobody reported costs nothing; the other is priced all the same."""
    assert PLAIN.cost(8, None) == pytest.approx(8 * 2.0 / M)
    assert PLAIN.cost(None, 8) == pytest.approx(8 * 8.0 / M)


def test_cache_reads_are_part_of_the_input() -> None:
    """Of 57 input tokens 32 came from the cache: 25 at the full rate, 32 at the cache's."""
    by_hand = ((57 - 32) * 3.0 + 32 * 0.3 + 17 * 15.0) / M
    assert CACHED.cost(57, 17, 32) == pytest.approx(by_hand)
    assert CACHED.cost(57, 17, 32) == pytest.approx(0.0003396)


def test_cache_writes_are_part_of_the_input() -> None:
    """66 input tokens: 32 read from the cache, 9 written to it, 25 neither."""
    by_hand = (25 * 3.0 + 32 * 0.3 + 9 * 3.75 + 17 * 15.0) / M
    assert CACHED.cost(66, 17, 32, 9) == pytest.approx(by_hand)
    assert CACHED.cost(66, 17, 32, 9) == pytest.approx(0.00037335)


def test_cached_tokens_without_a_rate_of_their_own_cost_as_input() -> None:
    """They are never free, and never priced on top of the input."""
    assert PLAIN.cost(57, 17, 32, 9) == pytest.approx((57 * 2.0 + 17 * 8.0) / M)


def test_reasoning_is_part_of_the_output() -> None:
    """Of 17 output tokens 5 were reasoning: 12 at the output's rate, 5 at their own."""
    by_hand = (25 * 1.0 + 32 * 0.1 + 12 * 4.0 + 5 * 6.0) / M
    assert THINKING.cost(57, 17, 32, None, 5) == pytest.approx(by_hand)


def test_reasoning_without_a_rate_of_its_own_costs_as_output() -> None:
    """It is in the output already, so saying how much of it there was changes nothing."""
    assert CACHED.cost(57, 17, 32, 0, 5) == CACHED.cost(57, 17, 32, 0, None)


@pytest.mark.parametrize(
    ("tokens_in", "cached", "by_hand"),
    [
        (200_000, None, 200_000 * 1.25 + 1000 * 10.0),
        (200_001, None, 200_001 * 2.5 + 1000 * 15.0),
        (500_000, 100_000, 400_000 * 2.5 + 100_000 * 0.25 + 1000 * 15.0),
        (500_001, 100_000, 400_001 * 5.0 + 100_000 * 0.5 + 1000 * 20.0),
    ],
)
def test_a_long_prompt_costs_its_tier_throughout(
    tokens_in: int, cached: int | None, by_hand: float
) -> None:
    """Past a threshold every token of the call costs the tier's rate, output and cached tokens
    too; the threshold itself is not past it, and cached tokens count towards it."""
    assert TIERED.cost(tokens_in, 1000, cached) == pytest.approx(by_hand / M)


def test_details_beyond_the_total_are_cut_to_it() -> None:
    """A sender that counts cached tokens beside the input, or more reasoning than output, is not
    charged for more tokens than the totals have."""
    assert CACHED.cost(25, 17, 32, 9) == pytest.approx((25 * 0.3 + 17 * 15.0) / M)
    assert THINKING.cost(10, 3, None, None, 5) == pytest.approx((10 * 1.0 + 3 * 6.0) / M)


class Usage(NamedTuple):
    """Tokens by what they are, none counted twice."""

    plain: int
    cached: int
    written: int
    visible: int
    reasoning: int

    def cost(self, rate: Rate) -> float:
        tokens_in = self.plain + self.cached + self.written
        tokens_out = self.visible + self.reasoning
        return rate.cost(tokens_in, tokens_out, self.cached, self.written, self.reasoning)


prices = st.floats(0, 1000)
optional = st.none() | prices
rates = st.builds(Rate, prices, prices, optional, optional, optional)
tokens = st.integers(0, 10**7)
usages = st.builds(Usage, tokens, tokens, tokens, tokens, tokens)
kinds = st.sampled_from(Usage._fields)


def dearer(rate: Rate, factor: float) -> Rate:
    def times(price: float | None) -> float | None:
        return None if price is None else price * factor

    return Rate(
        rate.input * factor,
        rate.output * factor,
        times(rate.cache_read),
        times(rate.cache_write),
        times(rate.reasoning),
    )


def with_tiers(rate: Rate, low: int, factor: float) -> Rate:
    over = ((low * 2, dearer(rate, factor * factor)), (low, dearer(rate, factor)))
    return Rate(rate.input, rate.output, rate.cache_read, rate.cache_write, rate.reasoning, over)


tiered_rates = st.builds(with_tiers, rates, st.integers(1, 10**7), st.floats(1, 4))


@given(rates | tiered_rates, usages, kinds, tokens)
def test_more_tokens_of_any_kind_never_cost_less(
    rate: Rate, usage: Usage, kind: str, more: int
) -> None:
    """Cost rises with every kind of token, over the thresholds of dearer tiers as well."""
    larger = usage._replace(**{kind: getattr(usage, kind) + more})
    less = usage.cost(rate)
    assert 0 <= less <= larger.cost(rate) * (1 + 1e-12)


@given(rates, usages, usages)
def test_two_calls_cost_as_much_as_one_of_both(rate: Rate, one: Usage, two: Usage) -> None:
    """Without tiers, cost adds up."""
    both = Usage(*map(sum, zip(one, two, strict=True)))
    assert both.cost(rate) == pytest.approx(one.cost(rate) + two.cost(rate))


@given(rates, usages)
def test_every_token_costs_its_own_rate_once(rate: Rate, usage: Usage) -> None:
    """The cost is the sum, over the five kinds, of tokens times rate."""
    by_kind = (
        rate.input,
        rate.input if rate.cache_read is None else rate.cache_read,
        rate.input if rate.cache_write is None else rate.cache_write,
        rate.output,
        rate.output if rate.reasoning is None else rate.reasoning,
    )
    by_hand = sum(count * price for count, price in zip(usage, by_kind, strict=True)) / M
    assert usage.cost(rate) == pytest.approx(by_hand)


anything = st.none() | tokens


@given(rates | tiered_rates, anything, anything, anything, anything, anything)
def test_no_combination_costs_less_than_nothing(
    rate: Rate,
    tokens_in: int | None,
    tokens_out: int | None,
    cached: int | None,
    written: int | None,
    reasoning: int | None,
) -> None:
    """Details that contradict the totals, or miss them, never make a cost negative."""
    assert rate.cost(tokens_in, tokens_out, cached, written, reasoning) >= 0
