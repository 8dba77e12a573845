"""The pricing file (``rules/pricing.yaml``): read, checked, and asked."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from audittrail.errors import SettingsError
from audittrail.rules.pricing.names import is_version, spellings
from audittrail.rules.pricing.rate import Rate
from audittrail.rules.yaml_text import construct

__all__ = ["ModelPrices", "PriceTable", "load_table"]

Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LongPrompt(_Strict):
    """The rates of calls with more than ``tokens`` input tokens."""

    tokens: Annotated[int, Field(gt=0)]
    input: Price
    output: Price
    cache_read: Price | None = None
    cache_write: Price | None = None
    reasoning: Price | None = None


class DatedPrice(_Strict):
    """The rates from a day on (UTC)."""

    since: date | None = Field(default=None, alias="from")
    input: Price
    output: Price
    cache_read: Price | None = None
    cache_write: Price | None = None
    reasoning: Price | None = None
    over: list[LongPrompt] = []

    def rate(self) -> Rate:
        tiers = sorted(self.over, key=lambda tier: -tier.tokens)
        return Rate(
            self.input,
            self.output,
            self.cache_read,
            self.cache_write,
            self.reasoning,
            tuple(
                (t.tokens, Rate(t.input, t.output, t.cache_read, t.cache_write, t.reasoning))
                for t in tiers
            ),
        )


class ModelPrices(_Strict):
    """One model of the file."""

    model: Annotated[str, Field(min_length=1)]
    aliases: list[str] = []
    provider: str | None = None
    prices: Annotated[list[DatedPrice], Field(min_length=1)]

    @field_validator("prices")
    @classmethod
    def _newest_first(cls, prices: list[DatedPrice]) -> list[DatedPrice]:
        days = [price.since for price in prices]
        if len(set(days)) < len(days):
            raise ValueError('two prices have the same "from"')
        return sorted(prices, key=lambda price: price.since or date.min, reverse=True)

    def rate_at(self, start_ns: int | None) -> Rate | None:
        """The rate on the day of the call; today's if its time is unknown."""
        moment = datetime.now(UTC) if start_ns is None else _moment(start_ns)
        for price in self.prices:
            if price.since is None or price.since <= moment.date():
                return price.rate()
        return None


class PriceTable(_Strict):
    """The whole file."""

    default: DatedPrice | None = None
    models: list[ModelPrices] = []

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        """The second of two entries for one name would never count."""
        seen: set[tuple[str, str | None]] = set()
        for entry in self.models:
            served_by = entry.provider.lower() if entry.provider else None
            for name in {known.lower() for known in (entry.model, *entry.aliases)}:
                if (name, served_by) in seen:
                    raise ValueError(f"{name} has two entries for the same provider")
                seen.add((name, served_by))
        return self

    def find(self, model: str, provider: str | None) -> ModelPrices | None:
        """The entry for a model's name: the same name, an alias, or the longest name that it is a
        version of. An entry for the provider goes before one for any."""
        names = spellings(model)
        served_by = provider.lower() if provider else None
        best: tuple[tuple[bool, bool, int], ModelPrices] | None = None
        for entry in self.models:
            if entry.provider is not None and entry.provider.lower() != served_by:
                continue
            for known in (entry.model, *entry.aliases):
                known = known.lower()
                same = known in names
                if same or any(is_version(name, known) for name in names):
                    rank = (same, entry.provider is not None, len(known))
                    if best is None or rank > best[0]:
                        best = (rank, entry)
        return best[1] if best else None


def _moment(start_ns: int) -> datetime:
    try:
        return datetime.fromtimestamp(start_ns / 1e9, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.now(UTC)


def load_table(path: Path) -> PriceTable:
    """Raises SettingsError that names the file and the place of what is wrong."""
    try:
        _, content = construct(path.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path} is missing. Set AUDITTRAIL_RULES_DIR to its folder.") from None
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        # A ValueError is an impossible date, or a character that is not UTF-8.
        raise SettingsError(f"{path} cannot be read: {error}") from error
    if content is None:
        # Editors empty a file before they write it.
        raise SettingsError(f"{path} is empty. A file without prices says: models: []")
    try:
        return PriceTable.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(f"{path}: {_place(content, first['loc'])}: {first['msg']}") from error


def _place(content: Any, steps: tuple[int | str, ...]) -> str:
    """Where in the file: the keys on the way, and the model's name beside its number."""
    words = [str(step) for step in steps]
    if len(steps) > 1 and steps[0] == "models" and isinstance(steps[1], int):
        entry = content["models"][steps[1]]
        name = entry.get("model") if isinstance(entry, dict) else None
        words[1] += f" ({name})" if isinstance(name, str) else ""
    return ".".join(words) or "the file"
