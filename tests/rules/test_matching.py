"""Which entry of the pricing file a model's name means, and which of its prices."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from audittrail.rules.pricing import PriceTable, load_table
from audittrail.rules.pricing.names import is_version, spellings
from tests.rules.files import at, pricer, write

FILE = """
models:
  - model: gpt-4o
    prices: [{input: 1, output: 1}]
  - model: gpt-4o-2024-05-13
    prices: [{input: 2, output: 2}]
  - model: gpt-4o-mini
    prices: [{input: 3, output: 3}]
  - model: gpt-4o-mini
    provider: Azure.AI.OpenAI
    prices: [{input: 4, output: 4}]
  - model: claude-sonnet-4
    aliases: [claude-4-sonnet, sonnet]
    prices: [{input: 5, output: 5}]
  - model: meta-llama/Llama-3.3-70B-Instruct
    prices: [{input: 6, output: 6}]
  - model: nova-pro
    provider: aws.bedrock
    prices: [{input: 7, output: 7}]
"""


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> PriceTable:
    return load_table(write(tmp_path_factory.mktemp("rules"), FILE))


@pytest.mark.parametrize(
    ("model", "price"),
    [
        ("gpt-4o", 1),
        ("GPT-4o", 1),
        ("gpt-4o-2024-11-20", 1),
        ("gpt-4o-2024-05-13", 2),
        ("gpt-4o-mini", 3),
        ("gpt-4o-mini-2024-07-18", 3),
        ("gpt-4o-latest", 1),
        ("gpt-4o-preview", 1),
        ("gpt-4o-preview-05-20", 1),
        ("gpt-4o-0613", 1),
        ("openai/gpt-4o-mini-2024-07-18", 3),
        ("openrouter/openai/gpt-4o", 1),
        ("openai:gpt-4o-mini", 3),
        ("models/gpt-4o", 1),
        ("claude-4-sonnet", 5),
        ("Sonnet", 5),
        ("claude-sonnet-4-20250514", 5),
        ("claude-sonnet-4@20250514", 5),
        ("claude-4-sonnet-20250514", 5),
        ("anthropic.claude-sonnet-4-20250514-v1:0", 5),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", 5),
        ("bedrock/eu.anthropic.claude-sonnet-4-20250514-v1:0", 5),
        ("meta-llama/Llama-3.3-70B-Instruct", 6),
        ("together_ai/meta-llama/llama-3.3-70b-instruct", 6),
    ],
)
def test_a_name_finds_its_entry(table: PriceTable, model: str, price: float) -> None:
    """By the name itself, an alias, or the longest name of which it is a dated or versioned
    release; in any case of letters, with whatever gateways put before it."""
    entry = table.find(model, None)
    assert entry is not None
    assert entry.prices[0].input == price


@pytest.mark.parametrize(
    "model",
    [
        "gpt-4",
        "gpt-4o-audio",
        "gpt-4o-mini-tts",
        "gpt-4o.1",
        "my-gpt-4o",
        "claude-sonnet-4-5",
        "claude-sonnet-4-5-20250929",
        "ft:gpt-4o-mini-2024-07-18:my-org::id",
        "nova-pro",
        "",
        "/",
    ],
)
def test_another_model_is_not_taken_for_it(table: PriceTable, model: str) -> None:
    """A name that only begins like a listed one is another model, at another price."""
    assert table.find(model, None) is None


@pytest.mark.parametrize(
    ("model", "provider", "price"),
    [
        ("gpt-4o-mini", "openai", 3),
        ("gpt-4o-mini", "azure.ai.openai", 4),
        ("gpt-4o-mini-2024-07-18", "AZURE.AI.OPENAI", 4),
        ("us.amazon.nova-pro-v1:0", "aws.bedrock", 7),
    ],
)
def test_an_entry_for_the_provider_goes_first(
    table: PriceTable, model: str, provider: str, price: float
) -> None:
    """An entry with a provider counts for that one alone, and before one for any."""
    entry = table.find(model, provider)
    assert entry is not None
    assert entry.prices[0].input == price


def test_the_exact_name_beats_the_providers_prefix(tmp_path: Path) -> None:
    """A price for this very release is more certain than one for its family."""
    found = load_table(
        write(
            tmp_path,
            """
            models:
              - {model: m, provider: p, prices: [{input: 1, output: 1}]}
              - {model: m-2024-05-13, prices: [{input: 2, output: 2}]}
            """,
        )
    ).find("m-2024-05-13", "p")
    assert found is not None
    assert found.model == "m-2024-05-13"


DATED = """
models:
  - model: m
    prices:
      - {from: 2026-03-01, input: 3, output: 0}
      - {input: 1, output: 0}
      - {from: 2026-01-01, input: 2, output: 0}
"""


@pytest.mark.parametrize(
    ("moment", "price"),
    [
        ("1971-01-01", 1),
        ("2025-12-31T23:59:59", 1),
        ("2026-01-01", 2),
        ("2026-02-28T23:59:59", 2),
        ("2026-03-01", 3),
        ("2200-01-01", 3),
    ],
)
def test_the_price_is_that_of_the_day_of_the_call(
    tmp_path: Path, moment: str, price: float
) -> None:
    """The newest "from" that is not after the call's day in UTC counts, however the file orders
    them; a price without one holds from the beginning."""
    price_of = pricer(tmp_path, DATED)
    assert price_of("m", None, at(moment), 1_000_000, 0) == (price, "estimated")


def test_a_call_without_a_time_costs_what_it_costs_now(tmp_path: Path) -> None:
    """A span may have no start."""
    price_of = pricer(tmp_path, DATED)
    now = price_of("m", None, time.time_ns(), 1_000_000, 0)
    assert price_of("m", None, None, 1_000_000, 0) == now == (3, "estimated")


def test_before_its_first_price_a_model_is_as_if_not_listed(tmp_path: Path) -> None:
    """The file says nothing of that day, so the next source is asked."""
    price_of = pricer(
        tmp_path,
        "default: {input: 9, output: 9}\n"
        "models: [{model: m-of-ours, prices: [{from: 2026-01-01, input: 2, output: 0}]}]",
    )
    assert price_of("m-of-ours", None, at("2025-12-31"), 1_000_000, 0) == (9, "default")
    assert price_of("m-of-ours", None, at("2026-01-01"), 1_000_000, 0) == (2, "estimated")


def test_tiers_in_the_file_may_come_in_any_order(tmp_path: Path) -> None:
    """The highest threshold that a call passes decides."""
    price_of = pricer(
        tmp_path,
        """
        models:
          - model: m
            prices:
              - input: 1
                output: 0
                over:
                  - {tokens: 100, input: 2, output: 0}
                  - {tokens: 300, input: 4, output: 0}
                  - {tokens: 200, input: 3, output: 0}
        """,
    )
    costs = [price_of("m", None, None, count, 0)[0] for count in (100, 101, 201, 301)]
    by_hand = [100 * 1, 101 * 2, 201 * 3, 301 * 4]
    assert costs == pytest.approx([each / 1_000_000 for each in by_hand])


def test_a_hostile_name_is_answered_at_once() -> None:
    """Names come from outside: neither many slashes nor many version-like endings take more
    than a glance."""
    assert len(spellings("a/" * 100_000)) <= 5
    assert not is_version("m" + "-v1:0" * 10_000 + "x", "m")
    assert is_version("m" + "-v1:0" * 3, "m")
