"""What calls cost by the providers' published rules, worked out by hand, beside what is shown.

Each case is a list of (tokens, USD per million tokens) as a bill has it. Prices are those that
providers published for the day of the case.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from genai_prices import Usage, calc_price

from audittrail.rules.pricing import Pricer
from audittrail.rules.shipped import default_rules_dir

M = 1_000_000
DAY = datetime(2026, 1, 15, 12, tzinfo=UTC)


class Case(NamedTuple):
    """``usd`` is the bill. Where AuditTrail or the genai-prices library says something else,
    ``shown`` or ``library`` is that figure and ``why`` the reason."""

    provider: str
    model: str
    usage: dict[str, int]  # input and output, inclusive; cached, written, reasoning
    bill: list[tuple[int, float]]
    usd: float
    shown: float | None = None
    library: float | None = None
    why: str = ""


CASES = {
    # OpenAI: what came from the cache costs a half, a quarter or a tenth, by model; reasoning
    # costs as output.
    "gpt-4o": Case(
        "openai", "gpt-4o", {"input": 1000, "output": 500}, [(1000, 2.50), (500, 10.0)], 0.0075
    ),
    "gpt-4o-mini, cached": Case(
        "openai",
        "gpt-4o-mini-2024-07-18",
        {"input": 57, "output": 17, "cached": 32, "reasoning": 5},
        [(25, 0.15), (32, 0.075), (17, 0.60)],
        0.00001635,
    ),
    "gpt-4.1, cached": Case(
        "openai",
        "gpt-4.1",
        {"input": 10_000, "output": 1000, "cached": 4000},
        [(6000, 2.0), (4000, 0.5), (1000, 8.0)],
        0.022,
    ),
    "o4-mini, reasoning": Case(
        "openai",
        "o4-mini",
        {"input": 1000, "output": 2000, "cached": 200, "reasoning": 1500},
        [(800, 1.10), (200, 0.275), (2000, 4.40)],
        0.009735,
    ),
    "gpt-5, cached": Case(
        "openai",
        "gpt-5",
        {"input": 1000, "output": 500, "cached": 200, "reasoning": 100},
        [(800, 1.25), (200, 0.125), (500, 10.0)],
        0.006025,
    ),
    "an embedding": Case("openai", "text-embedding-3-small", {"input": 8}, [(8, 0.02)], 0.00000016),
    "a large embedding": Case(
        "openai", "text-embedding-3-large", {"input": 1000}, [(1000, 0.13)], 0.00013
    ),
    "gpt-4o, batch": Case(
        "openai",
        "gpt-4o",
        {"input": 1000, "output": 500},
        [(1000, 1.25), (500, 5.0)],
        0.00375,
        shown=0.0075,
        library=0.0075,
        why="A batch is half the price, and neither a span nor a usage record tells of one.",
    ),
    # Anthropic: a cache read costs a tenth of the input, a write for 5 minutes 1.25 of it, for an
    # hour 2. Of Sonnet, a prompt of more than 200,000 tokens costs more as a whole.
    "claude sonnet, cache of 5 minutes": Case(
        "anthropic",
        "claude-sonnet-4-5",
        {"input": 66, "output": 17, "cached": 32, "written": 9},
        [(25, 3.0), (32, 0.30), (9, 3.75), (17, 15.0)],
        0.00037335,
    ),
    "claude sonnet, cache of an hour": Case(
        "anthropic",
        "claude-sonnet-4-5",
        {"input": 66, "output": 17, "cached": 32, "written": 9},
        [(25, 3.0), (32, 0.30), (9, 6.0), (17, 15.0)],
        0.0003936,
        shown=0.00037335,
        library=0.00037335,
        why="The conventions have one count of tokens written, whatever they are kept for.",
    ),
    "claude sonnet, over 200,000": Case(
        "anthropic",
        "claude-sonnet-4-5",
        {"input": 250_000, "output": 1000},
        [(250_000, 6.0), (1000, 22.5)],
        1.5225,
    ),
    "claude sonnet, 200,000": Case(
        "anthropic",
        "claude-sonnet-4-5",
        {"input": 200_000, "output": 1000},
        [(200_000, 3.0), (1000, 15.0)],
        0.615,
    ),
    "claude haiku 4.5": Case(
        "anthropic",
        "claude-haiku-4-5",
        {"input": 1000, "output": 1000, "cached": 500, "written": 100},
        [(400, 1.0), (500, 0.10), (100, 1.25), (1000, 5.0)],
        0.005575,
    ),
    "claude haiku 3.5": Case(
        "anthropic",
        "claude-3-5-haiku-20241022",
        {"input": 1000, "output": 1000},
        [(1000, 0.80), (1000, 4.0)],
        0.0048,
    ),
    "claude opus 4.1": Case(
        "anthropic",
        "claude-opus-4-1",
        {"input": 1000, "output": 1000},
        [(1000, 15.0), (1000, 75.0)],
        0.09,
    ),
    "claude sonnet, batch": Case(
        "anthropic",
        "claude-sonnet-4-5",
        {"input": 1000, "output": 1000},
        [(1000, 1.5), (1000, 7.5)],
        0.009,
        shown=0.018,
        library=0.018,
        why="A batch is half the price, and neither a span nor a usage record tells of one.",
    ),
    # Google: a prompt over 200,000 tokens costs more as a whole; thoughts cost as output.
    "gemini 2.5 pro": Case(
        "google",
        "gemini-2.5-pro",
        {"input": 100_000, "output": 1000, "reasoning": 400},
        [(100_000, 1.25), (1000, 10.0)],
        0.135,
    ),
    "gemini 2.5 pro, over 200,000, cached": Case(
        "google",
        "gemini-2.5-pro",
        {"input": 250_000, "output": 1000, "cached": 50_000},
        [(200_000, 2.50), (50_000, 0.25), (1000, 15.0)],
        0.5275,
    ),
    "gemini 2.5 flash, thoughts": Case(
        "google",
        "gemini-2.5-flash",
        {"input": 1000, "output": 1000, "cached": 200, "reasoning": 600},
        [(800, 0.30), (200, 0.03), (1000, 2.50)],
        0.002746,
    ),
}


@pytest.fixture(scope="module")
def price() -> Pricer:
    return Pricer(default_rules_dir())


@pytest.mark.parametrize("name", CASES)
def test_a_bill_is_added_up_right(name: str) -> None:
    """The figure of each case is the sum of its lines, and its lines are all of its tokens."""
    case = CASES[name]
    assert sum(tokens * usd for tokens, usd in case.bill) / M == pytest.approx(case.usd, rel=1e-12)
    billed = sum(tokens for tokens, _ in case.bill)
    assert billed == case.usage["input"] + case.usage.get("output", 0)
    assert bool(case.why) == (case.shown is not None or case.library is not None)


@pytest.mark.parametrize("name", CASES)
def test_what_is_shown_is_the_bill(price: Pricer, name: str) -> None:
    """Or differs by what no span tells, which the case explains."""
    case = CASES[name]
    used = case.usage
    usd, source = price(
        case.model,
        case.provider,
        int(DAY.timestamp() * 1e9),
        used["input"],
        used.get("output"),
        used.get("cached"),
        used.get("written"),
        used.get("reasoning"),
    )
    assert source == "estimated"
    assert usd == pytest.approx(case.usd if case.shown is None else case.shown, rel=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_what_the_library_says(name: str) -> None:
    """The genai-prices package prices the same usage as the bill, but for what is explained."""
    case = CASES[name]
    given: dict[str, Any] = {"input_tokens": case.usage["input"]}
    for key, theirs in (
        ("output", "output_tokens"),
        ("cached", "cache_read_tokens"),
        ("written", "cache_write_tokens"),
    ):
        if key in case.usage:
            given[theirs] = case.usage[key]
    found = calc_price(
        Usage(**given), case.model, provider_id=case.provider, genai_request_timestamp=DAY
    )
    expected = case.usd if case.library is None else case.library
    assert float(found.total_price) == pytest.approx(expected, rel=1e-9)
