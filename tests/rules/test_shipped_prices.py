"""The prices that come with AuditTrail are those that the catalogue knows."""

from __future__ import annotations

from typing import Final

import pytest
from genai_prices.data_snapshot import get_snapshot

from audittrail.rules.pricing import Pricer, Rate, load_table
from audittrail.rules.pricing.catalogue import catalogue_rate
from audittrail.rules.pricing.table import ModelPrices
from audittrail.rules.shipped import default_rules_dir
from tests.rules.files import at

TABLE: Final = load_table(default_rules_dir() / "pricing.yaml")

# Days on which the price lists are compared: the data's own, and before each change in the file.
DAYS: Final = ("2025-12-01", "2026-06-01", "2026-11-01")

# (model, day): the rate in the file, where it differs from the catalogue on purpose. Give the
# reason beside each.
DIFFERENT: Final[dict[tuple[str, str], Rate]] = {}

PROVIDERS: Final = {
    "gpt-": "openai",
    "text-": "openai",
    "claude-": "anthropic",
    "gemini-": "google",
}


def provider_of(entry: ModelPrices) -> str:
    return next(served for stem, served in PROVIDERS.items() if entry.model.startswith(stem))


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("entry", TABLE.models, ids=lambda entry: entry.model)
def test_a_shipped_price_is_the_catalogues(entry: ModelPrices, day: str) -> None:
    """Every rate and tier, on several days; what differs on purpose is listed, and must."""
    ours = entry.rate_at(at(day))
    theirs = catalogue_rate(entry.model, provider_of(entry), at(day))
    if (entry.model, day) in DIFFERENT:
        assert ours == DIFFERENT[entry.model, day] != theirs
    else:
        assert ours == theirs


def test_differences_are_of_models_in_the_file() -> None:
    """The list of them does not outlive its models."""
    assert {model for model, _ in DIFFERENT} <= {entry.model for entry in TABLE.models}


@pytest.mark.parametrize("entry", TABLE.models, ids=lambda entry: entry.model)
def test_the_catalogue_means_the_same_model(entry: ModelPrices) -> None:
    """The comparison is with the model itself and not with one of a similar name."""
    _, found = get_snapshot().find_provider_model(entry.model, None, provider_of(entry), None)
    assert found.id == entry.model


def test_the_shipped_file_is_what_a_server_uses() -> None:
    """gpt-4o-mini, 57 in of which 32 cached, 17 out of which 5 reasoning, by hand."""
    price = Pricer(default_rules_dir())
    cost, source = price("gpt-4o-mini-2024-07-18", "openai", at("2026-11-01"), 57, 17, 32, None, 5)
    assert cost == pytest.approx((25 * 0.15 + 32 * 0.075 + 17 * 0.60) / 1_000_000)
    assert cost == pytest.approx(0.00001635)
    assert source == "estimated"


def test_unknown_models_cost_the_default_rate() -> None:
    """The shipped file has one, so that nothing looks free."""
    price = Pricer(default_rules_dir())
    cost, source = price("a-model-of-our-own", None, at("2026-11-01"), 1000, 1000)
    assert (cost, source) == (pytest.approx((1000 * 1.00 + 1000 * 3.00) / 1_000_000), "default")
