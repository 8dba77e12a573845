"""What clients send, as pydantic models; also what the OpenAPI page shows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import orjson
from fastapi import Query
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    field_validator,
    model_validator,
)

from audittrail.semconv import SPAN_TYPES

__all__ = [
    "Credentials",
    "Days",
    "DecisionsIn",
    "FilterText",
    "KeyIn",
    "OwnRulesIn",
    "RetentionIn",
    "RulesText",
    "SpanIn",
    "TimeNs",
    "TraceIn",
    "TracesIn",
]

_MAX_NS: Final = 2**63 - 1
# Numbers are seconds, milliseconds, microseconds or nanoseconds, told apart by their size: each
# bound is the year 5138 in its unit.
_UNITS: Final = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3))

# JSON deeper than 254 levels cannot be written, and answers wrap values in a few more.
_MAX_DEPTH: Final = 200


def _to_ns(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(
                "must be ISO 8601, such as 2026-01-31T12:00:00.5Z, or a number of seconds since "
                "1970"
            ) from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        whole = int(moment.replace(microsecond=0).timestamp())
        value, factor = whole * 10**9 + moment.microsecond * 1000, 1
    elif isinstance(value, int | float):
        factor = next((factor for bound, factor in _UNITS if value < bound), 1)
    else:
        raise ValueError("must be ISO 8601 or a number of seconds since 1970")
    scaled = value * factor
    if not 0 <= scaled <= _MAX_NS:
        raise ValueError("must lie between 1970 and 2262")
    return int(scaled)


def _check_depth(value: Any) -> Any:
    """Raises ValueError, with the field's name, if a field is nested deeper than can be read."""
    for name, inner in value.items() if isinstance(value, dict) else ():
        level = [inner] if isinstance(inner, dict | list) else []
        for _ in range(_MAX_DEPTH):
            groups = (each.values() if isinstance(each, dict) else each for each in level)
            level = [item for group in groups for item in group if isinstance(item, dict | list)]
            if not level:
                break
        else:
            raise ValueError(f"{name} is nested deeper than {_MAX_DEPTH} levels; send it as text")
    return value


TimeNs = Annotated[int, BeforeValidator(_to_ns, json_schema_input_type=str | float | None)]
FilterText = Annotated[str | None, Query(max_length=2000)]
Days = Annotated[int, Field(ge=1, le=36_500)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Usd = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=100_000)]


class Credentials(BaseModel):
    """An account."""

    email: Annotated[str, Field(max_length=320, examples=["ada@example.com"])]
    password: Annotated[str, Field(max_length=1024, examples=["correct horse battery"])]


class KeyIn(BaseModel):
    """An API key to make."""

    name: Annotated[str, Field(min_length=1, max_length=200, examples=["weather agent"])]
    scopes: list[Literal["ingest", "read"]] = ["ingest", "read"]


class TraceIn(BaseModel):
    """What a client says of a whole trace. A later word replaces an earlier one."""

    trace_id: str
    name: Text | None = None
    agent_name: Text | None = None
    environment: Text | None = None
    session_id: Text | None = None
    user_id: Text | None = None
    metadata: dict[str, Any] | None = None

    _shallow = model_validator(mode="before")(_check_depth)

    @field_validator("metadata")
    @classmethod
    def _storable(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        try:
            orjson.dumps(value)
        except TypeError as error:
            # Surrogates without their pair, and numbers of more than 64 bits.
            raise ValueError(f"cannot be stored as JSON: {error}") from None
        return value


class TracesIn(BaseModel):
    trace: TraceIn


class RetentionIn(BaseModel):
    """null keeps everything."""

    days: Annotated[Days, Strict()] | None


_Id = Annotated[str, Field(min_length=1, max_length=100)]


class RulesText(BaseModel):
    """Rules in YAML, as in a rule file."""

    text: Annotated[str, Field(max_length=200_000)]


class OwnRulesIn(RulesText):
    """Rules of your own, and the ids of rules that are switched off for you."""

    off: Annotated[list[_Id], Field(max_length=500)] = []


class DecisionsIn(BaseModel):
    """What you say of violations, and why."""

    ids: Annotated[list[_Id], Field(min_length=1, max_length=1000)]
    kind: Literal["acknowledged", "waived", "reopened"]
    reason: Annotated[str, Field(min_length=3, max_length=2000, pattern=r"\S\s*\S")]


class SpanIn(BaseModel):
    """A span. Sent again with the same span_id it replaces what was sent before, field by field.
    Fields that are not listed here are kept among the attributes."""

    model_config = ConfigDict(extra="allow")

    span_id: str
    trace_id: str
    parent_span_id: str | None = None
    name: Text
    span_type: str = "custom"
    start_time: TimeNs | None = None
    end_time: TimeNs | None = None
    status: Literal["ok", "error", "running"] | None = None
    status_message: Text | None = None
    input: Any = None
    output: Any = None
    model: Text | None = None
    provider: Text | None = None
    tokens_in: Count | None = None
    tokens_out: Count | None = None
    tokens_cached: Count | None = None
    tokens_cache_write: Count | None = None
    tokens_reasoning: Count | None = None
    ttft_ms: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    cost: Usd | None = None
    tool_calls: list[dict[str, Any]] | None = None
    session_id: Text | None = None
    user_id: Text | None = None
    agent_name: Text | None = None
    environment: Text | None = None
    attributes: dict[str, Any] = {}
    events: list[dict[str, Any]] | None = None
    links: list[dict[str, Any]] | None = None

    _shallow = model_validator(mode="before")(_check_depth)

    @field_validator("span_type")
    @classmethod
    def _known_type(cls, value: str) -> str:
        if value.lower() not in SPAN_TYPES:
            raise ValueError(f"must be one of {', '.join(SPAN_TYPES)}")
        return value.lower()

    @field_validator("tool_calls")
    @classmethod
    def _results(cls, calls: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
        for index, call in enumerate(calls or ()):
            result = call.get("result")
            if result is not None and not isinstance(result, dict):
                raise ValueError(
                    f"tool_calls[{index}].result must be an object or null, not "
                    f'{type(result).__name__}; wrap the value, such as {{"value": ...}}'
                )
        return calls
