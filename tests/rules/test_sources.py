"""Where a price comes from: the file, then the catalogue, then the default rate."""

from __future__ import annotations

from pathlib import Path

import pytest

from audittrail.rules.pricing.catalogue import catalogue_rate
from tests.rules.files import at, pricer

M = 1_000_000
AUGUST = at("2026-08-01")

LISTED = "models: [{model: gpt-4o-mini, prices: [{input: 7, output: 7}]}]"


def test_the_file_goes_before_the_catalogue(tmp_path: Path) -> None:
    """The catalogue knows gpt-4o-mini too, at 0.15 and 0.60."""
    price = pricer(tmp_path, LISTED)
    assert price("gpt-4o-mini", "openai", AUGUST, 1000, 100) == (1100 * 7 / M, "estimated")
    assert catalogue_rate("gpt-4o-mini", "openai", AUGUST) is not None


def test_the_catalogue_prices_what_the_file_lacks(tmp_path: Path) -> None:
    """Claude 3.5 Haiku: 0.80 in, 4 out, 0.08 from the cache, 1 to the cache."""
    price = pricer(tmp_path, LISTED)
    cost, source = price("claude-3-5-haiku-20241022", "anthropic", AUGUST, 66, 17, 32, 9)
    assert cost == pytest.approx((25 * 0.80 + 32 * 0.08 + 9 * 1.00 + 17 * 4.00) / M)
    assert source == "estimated"


def test_the_catalogue_knows_tiers(tmp_path: Path) -> None:
    """Gemini 1.5 Flash: 0.075 and 0.30, twice that for prompts over 128,000 tokens."""
    price = pricer(tmp_path, "models: []")
    short, _ = price("gemini-1.5-flash", "gcp.gemini", AUGUST, 128_000, 1000)
    long, source = price("gemini-1.5-flash", "gcp.gemini", AUGUST, 128_001, 1000)
    assert short == pytest.approx((128_000 * 0.075 + 1000 * 0.30) / M)
    assert long == pytest.approx((128_001 * 0.15 + 1000 * 0.60) / M)
    assert source == "estimated"


def test_the_catalogue_knows_days(tmp_path: Path) -> None:
    """From 13 March 2026 on, Claude Sonnet 4.6 costs long prompts no more than short ones."""
    price = pricer(tmp_path, "models: []")
    before, _ = price("claude-sonnet-4-6", "anthropic", at("2026-03-12"), 200_001, 0)
    after, _ = price("claude-sonnet-4-6", "anthropic", at("2026-03-13"), 200_001, 0)
    assert before == pytest.approx(200_001 * 6.00 / M)
    assert after == pytest.approx(200_001 * 3.00 / M)


@pytest.mark.parametrize(
    "model",
    [
        "claude-3-5-haiku-20241022",
        "anthropic/claude-3-5-haiku-20241022",
        "openrouter/anthropic/claude-3-5-haiku-20241022",
        "anthropic:claude-3-5-haiku-20241022",
        "us.anthropic.claude-3-5-haiku-20241022-v1:0",
    ],
)
def test_the_catalogue_is_asked_for_every_spelling(model: str) -> None:
    """What gateways put before a name does not make a model unknown."""
    rate = catalogue_rate(model, None, AUGUST)
    assert rate is not None
    assert (rate.input, rate.output) == (0.80, 4.00)


@pytest.mark.parametrize("provider", ["OpenAI", "azure.ai.openai", "no-such-provider", None])
def test_a_provider_that_the_catalogue_calls_otherwise_hides_no_price(
    provider: str | None,
) -> None:
    """Its name is translated; if it is not known at all, the model's name alone decides."""
    rate = catalogue_rate("gpt-4o-mini", provider, AUGUST)
    assert rate is not None
    assert (rate.input, rate.output, rate.cache_read) == (0.15, 0.60, 0.075)


@pytest.mark.parametrize("start_ns", [0, -1, 2**63 - 1, None])
def test_a_clock_that_is_wrong_hides_no_price(tmp_path: Path, start_ns: int | None) -> None:
    """A span may start in 1970 or 2262, or at no time at all."""
    price = pricer(tmp_path, "default: {input: 1, output: 1}\n" + LISTED)
    assert price("gpt-4o-mini", None, start_ns, 1000, 0) == (7000 / M, "estimated")
    assert price("o3", "openai", start_ns, 1000, 0)[1] == "estimated"


@pytest.mark.parametrize("model", ["a-model-of-our-own", "", None])
def test_the_default_rate_is_marked_as_such(tmp_path: Path, model: str | None) -> None:
    """A model that nobody knows, or a call that names none, costs the default rate."""
    price = pricer(tmp_path, "default: {input: 1, output: 3, cache_read: 0.5}")
    cost, source = price(model, None, AUGUST, 1000, 100, 400)
    assert cost == pytest.approx((600 * 1 + 400 * 0.5 + 100 * 3) / M)
    assert source == "default"


@pytest.mark.parametrize("model", ["a-model-of-our-own", None])
def test_tokens_without_any_rate_are_unpriced_not_free(tmp_path: Path, model: str | None) -> None:
    """Without a default rate there is no number at all."""
    price = pricer(tmp_path, "models: []")
    assert price(model, None, AUGUST, 1000, 100) == (None, "unpriced")


@pytest.mark.parametrize(("tokens_in", "tokens_out"), [(None, None), (0, 0), (0, None)])
def test_no_tokens_have_no_cost(
    tmp_path: Path, tokens_in: int | None, tokens_out: int | None
) -> None:
    """Nothing is said where nothing was used: neither 0 USD nor unpriced."""
    for text in (LISTED, "models: []", "default: {input: 1, output: 1}"):
        price = pricer(tmp_path, text)
        assert price("gpt-4o-mini", None, AUGUST, tokens_in, tokens_out) == (None, None)


def test_many_models_do_not_fill_the_memory(tmp_path: Path) -> None:
    """What was looked up is kept, up to a bound, and the oldest is looked up again."""
    price = pricer(tmp_path, "default: {input: 1, output: 1}\n" + LISTED)
    first = price("gpt-4o-mini", None, AUGUST, 1000, 0)
    for hour in range(5000):
        price("gpt-4o-mini", None, AUGUST + hour * 3600 * 10**9, 1000, 0)
    assert len(price._known) == 4096
    assert price("gpt-4o-mini", None, AUGUST, 1000, 0) == first
