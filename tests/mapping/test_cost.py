"""What a span's cost is, and who says so."""

from __future__ import annotations

from typing import Any

import pytest

from audittrail import semconv
from audittrail.rules.pricing import Pricer
from audittrail.rules.shipped import default_rules_dir
from tests.mapping.told import told

PRICE = Pricer(default_rules_dir())

USAGE = {
    "gen_ai.operation.name": "chat",
    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.usage.input_tokens": 57,
    "gen_ai.usage.cache_read.input_tokens": 32,
    "gen_ai.usage.output_tokens": 17,
    "gen_ai.usage.reasoning.output_tokens": 5,
}
# 25 tokens read anew, 32 from the cache, 17 written.
BY_HAND = (25 * 0.15 + 32 * 0.075 + 17 * 0.60) / 1_000_000


def cost_of(attributes: dict[str, Any]) -> tuple[float | None, str | None]:
    span = told(attributes, price=PRICE)
    return span["cost"], span["cost_source"]


def test_tokens_are_priced_by_what_they_are() -> None:
    """Every token once: those from the cache at the cache's rate, reasoning as output."""
    assert cost_of(USAGE) == (pytest.approx(BY_HAND), "estimated")


@pytest.mark.parametrize(
    "model",
    ["gpt-4o-mini", "openai/gpt-4o-mini", "openai:gpt-4o-mini-2024-07-18", "GPT-4o-mini"],
)
def test_a_model_is_priced_under_any_of_its_names(model: str) -> None:
    """The name is shown as it came."""
    span = told(USAGE | {"gen_ai.response.model": model}, price=PRICE)
    assert (span["model"], span["cost"]) == (model, pytest.approx(BY_HAND))


def test_the_model_asked_for_is_priced_where_none_answered() -> None:
    """A failed or streamed call may not tell its response."""
    attributes = {key: value for key, value in USAGE.items() if key != "gen_ai.response.model"}
    assert cost_of(attributes | {"gen_ai.request.model": "gpt-4o-mini"}) == (
        pytest.approx(BY_HAND),
        "estimated",
    )


def test_a_model_that_nobody_knows_costs_the_default_rate() -> None:
    """1 and 3 USD; the cache has no rate there."""
    by_hand = (57 * 1.00 + 17 * 3.00) / 1_000_000
    assert cost_of(USAGE | {"gen_ai.response.model": "ours"}) == (pytest.approx(by_hand), "default")


def test_no_rate_at_all_is_unpriced() -> None:
    """Never 0."""
    span = told(USAGE)
    assert (span["cost"], span["cost_source"]) == (None, "unpriced")


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"gen_ai.response.model": "gpt-4o-mini"},
        {"gen_ai.response.model": "gpt-4o-mini", "gen_ai.usage.input_tokens": 0},
        {"gen_ai.response.model": "gpt-4o-mini", "gen_ai.usage.input_tokens": "many"},
    ],
)
def test_no_tokens_no_cost(attributes: dict[str, Any]) -> None:
    """Where nothing was used, or nobody said how much, there is no cost and no badge."""
    assert cost_of({"gen_ai.operation.name": "chat"} | attributes) == (None, None)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (semconv.COST, 0.5),
        (semconv.COST, 1),
        (semconv.COST, "0.5"),
        ("gen_ai.usage.cost", 0.5),
        ("llm.cost.total", 0.5),
    ],
)
def test_what_the_agent_reports_wins(key: str, value: Any) -> None:
    """The agent knows its discounts; the table does not."""
    kind = {"openinference.span.kind": "LLM"} if key.startswith("llm.") else {}
    assert cost_of(USAGE | kind | {key: value}) == (float(value), "agent")


@pytest.mark.parametrize("key", ["gen_ai.usage.cost", "operation.cost", "llm.cost.total"])
def test_a_reported_zero_beside_tokens_is_no_price(key: str) -> None:
    """Instrumentations say 0 where they know no price; so the table is asked."""
    kind = {"openinference.span.kind": "LLM"} if key.startswith("llm.") else {}
    assert cost_of(USAGE | kind | {key: 0.0}) == (pytest.approx(BY_HAND), "estimated")


def test_it_stays_no_price_beside_words_of_ours() -> None:
    """An environment set by our client does not make another's 0 mean free."""
    attributes = USAGE | {semconv.ENVIRONMENT: "production", "gen_ai.usage.cost": 0.0}
    assert cost_of(attributes) == (pytest.approx(BY_HAND), "estimated")


def test_our_own_zero_means_free() -> None:
    """A local model costs nothing, and can say so."""
    assert cost_of(USAGE | {semconv.COST: 0.0, "gen_ai.usage.cost": 0.7}) == (0.0, "agent")


def test_a_zero_without_tokens_is_a_cost() -> None:
    """A tool that is free says 0."""
    assert cost_of({"gen_ai.operation.name": "execute_tool", "gen_ai.usage.cost": 0}) == (
        0.0,
        "agent",
    )


@pytest.mark.parametrize(
    "value", ["free", -1, float("nan"), float("inf"), True, [1], {"usd": 1}, "", 10**16, None]
)
def test_a_cost_that_is_none_is_not_taken(value: Any) -> None:
    """The table is asked instead, and the attribute is kept."""
    assert cost_of(USAGE | {semconv.COST: value}) == (pytest.approx(BY_HAND), "estimated")
