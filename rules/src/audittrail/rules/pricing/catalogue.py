"""Prices of models that the pricing file lacks, from the data of the genai-prices package."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING, Any

from audittrail.rules.pricing.names import spellings
from audittrail.rules.pricing.rate import Rate

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice

__all__ = ["catalogue_rate"]

# How OpenTelemetry names providers whose name in the catalogue differs.
_PROVIDERS = {
    "aws.bedrock": "aws",
    "az.ai.inference": "azure",
    "az.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "mistral_ai": "mistral",
    "xai": "x-ai",
}


def catalogue_rate(model: str, provider: str | None, start_ns: int | None) -> Rate | None:
    """None if the catalogue has no price for the model."""
    # Imported late: the catalogue takes a third of a second to load.
    from genai_prices.data_snapshot import get_snapshot

    moment = datetime.now(UTC)
    if start_ns is not None:
        try:
            moment = datetime.fromtimestamp(start_ns / 1e9, UTC)
        except (OverflowError, ValueError, OSError):
            moment = datetime.now(UTC)
    name = provider.lower() if provider else None
    known = _PROVIDERS.get(name, name) if name else None
    snapshot = get_snapshot()
    for spelling, provider_id in product(spellings(model), dict.fromkeys((known, None))):
        try:
            _, found = snapshot.find_provider_model(spelling, None, provider_id, None)
        except LookupError:
            continue
        return _rate(found.get_prices(moment))
    return None


def _rate(prices: ModelPrice) -> Rate | None:
    """Our form of a price; None if it has none for text tokens."""
    keys = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok")
    values = [getattr(prices, key, None) for key in keys]
    if values[0] is None and values[1] is None:
        return None
    starts = sorted(
        {tier.start for value in values for tier in getattr(value, "tiers", ())}, reverse=True
    )
    return _at(values, None, tuple((start, _at(values, start)) for start in starts))


def _at(values: list[Any], start: int | None, over: tuple[tuple[int, Rate], ...] = ()) -> Rate:
    given, returned, cache_read, cache_write = (_price(value, start) for value in values)
    return Rate(given or 0.0, returned or 0.0, cache_read, cache_write, None, over)


def _price(value: Any, start: int | None) -> float | None:
    """The price in the tier that begins at ``start``; the base price if None."""
    if value is None:
        return None
    base = getattr(value, "base", value)
    for tier in getattr(value, "tiers", ()):
        if start is not None and tier.start <= start:
            base = tier.price
    return float(base)
