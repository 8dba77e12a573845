"""The pricing file (``rules/pricing.yaml``): read, checked, and asked."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from audittrail.errors import SettingsError
from audittrail.rules.pricing.rate import Rate

__all__ = ["ModelPrices", "PriceTable", "load_table"]

Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]

# What may follow a model's name and still mean that model: a date, a version, "latest".
_VERSION: Final = re.compile(
    r"(?:[-@:](?:\d{4}-\d{2}-\d{2}|\d{3,4}|\d{6}|\d{8}|latest|preview(?:-\d{2}-\d{2,4})?"
    r"|v\d+(?::\d+)?|\d))+"
)
# "us.anthropic.claude-...": who serves the model, on Amazon Bedrock.
_BEDROCK: Final = re.compile(r"^(?:[a-z]{2,6}\.)?(?:anthropic|amazon|meta|mistral|cohere)\.")


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

    def find(self, model: str, provider: str | None) -> ModelPrices | None:
        """The entry for a model's name: the same name, an alias, or the longest name that it is a
        version of. An entry for the provider goes before one for any."""
        name = _plain(model)
        best: tuple[tuple[bool, bool, int], ModelPrices] | None = None
        for entry in self.models:
            if entry.provider is not None and entry.provider != provider:
                continue
            for known in (entry.model, *entry.aliases):
                known = known.lower()
                if name == known or _is_version(name, known):
                    rank = (name == known, entry.provider is not None, len(known))
                    if best is None or rank > best[0]:
                        best = (rank, entry)
        return best[1] if best else None


def _plain(model: str) -> str:
    """Without the path and the provider that gateways put before a model's name."""
    name = model.lower().rpartition("/")[2]
    return _BEDROCK.sub("", name)


def _is_version(name: str, known: str) -> bool:
    return name.startswith(known) and _VERSION.fullmatch(name, len(known)) is not None


def _moment(start_ns: int) -> datetime:
    try:
        return datetime.fromtimestamp(start_ns / 1e9, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.now(UTC)


def load_table(path: Path) -> PriceTable:
    """Raises SettingsError that names the file and the place of what is wrong."""
    try:
        content: Any = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path} is missing. Set AUDITTRAIL_RULES_DIR to its folder.") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    try:
        return PriceTable.model_validate(content or {})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "the file"
        raise SettingsError(f"{path}: {place}: {first['msg']}") from error
