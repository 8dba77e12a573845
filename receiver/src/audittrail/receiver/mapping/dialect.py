"""The words in which a dialect is declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import orjson

__all__ = [
    "FIELDS",
    "NUMBER_FIELDS",
    "TEXT_FIELDS",
    "ByPrefix",
    "ByValue",
    "ContentSource",
    "Dialect",
    "FieldName",
    "IndexedDocuments",
    "IndexedMessages",
    "Source",
    "all_of",
    "as_written",
    "before_dot",
    "json_path",
    "not_null",
    "times",
]

TEXT_FIELDS: Final = (
    "model",
    "request_model",
    "provider",
    "framework",
    "response_id",
    "finish_reason",
    "session_id",
    "user_id",
    "agent_name",
    "environment",
    "tool_name",
    "tool_calls",
    "error_type",
    "error_message",
)
NUMBER_FIELDS: Final = (
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_cache_write",
    "tokens_reasoning",
    "ttft_ms",
    "cost",
)
FIELDS: Final = (*TEXT_FIELDS, *NUMBER_FIELDS)

FieldName: TypeAlias = Literal[
    "model",
    "request_model",
    "provider",
    "framework",
    "response_id",
    "finish_reason",
    "session_id",
    "user_id",
    "agent_name",
    "environment",
    "tool_name",
    "tool_calls",
    "error_type",
    "error_message",
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_cache_write",
    "tokens_reasoning",
    "ttft_ms",
    "cost",
]


@dataclass(frozen=True, slots=True)
class Source:
    """An attribute, and how its value is read where it is not simply taken."""

    key: str
    read: Callable[[Any], Any] | None = None


def as_written(key: str) -> Source:
    """The attribute's value itself; a bare key in a table means this."""
    return Source(key)


def times(key: str, factor: float) -> Source:
    """A number in another unit."""

    def scale(value: Any) -> Any:
        if isinstance(value, bool):
            return None
        try:
            return float(value) * factor
        except (TypeError, ValueError, OverflowError):
            return None

    return Source(key, scale)


def all_of(key: str) -> Source:
    """A list of texts, as one."""

    def join(value: Any) -> Any:
        if isinstance(value, list):
            return ",".join(str(item) for item in value if item is not None)
        return value

    return Source(key, join)


def not_null(key: str) -> Source:
    """A text that some write as JSON: "null" is none, and quotes are not a part of it."""

    def taken(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return None if value == "null" else value.strip('"')

    return Source(key, taken)


def json_path(key: str, *path: str) -> Source:
    """A value inside JSON text or a map; None where the path leads nowhere."""

    def follow(value: Any) -> Any:
        if isinstance(value, str):
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError:
                return None
        for step in path:
            if not isinstance(value, dict):
                return None
            value = value.get(step)
        return value

    return Source(key, follow)


def before_dot(key: str) -> Source:
    """The part of a text before its first dot: of "openai.chat", "openai"."""

    def head(value: Any) -> Any:
        return value.partition(".")[0] if isinstance(value, str) else value

    return Source(key, head)


@dataclass(frozen=True, slots=True)
class ByValue:
    """A span type told by an attribute's value, compared in lower case; ``is_json`` says that the
    value is in quotes. ``other`` is for values that are not listed; None leaves the question to the
    next rule."""

    key: str
    types: Mapping[str, str]
    other: str | None = None
    is_json: bool = False

    def type_of(self, value: str) -> str | None:
        named = value.strip('"') if self.is_json else value
        return self.types.get(named.lower(), self.other)


@dataclass(frozen=True, slots=True)
class ByPrefix:
    """A span type told by how an attribute's value begins, in lower case; the first that fits."""

    key: str
    types: Mapping[str, str]

    def type_of(self, value: str) -> str | None:
        told = value.lower()
        return next((kind for start, kind in self.types.items() if told.startswith(start)), None)


@dataclass(frozen=True, slots=True)
class IndexedMessages:
    """Messages spread over keys such as ``<prefix>.0.<inner>role``."""

    prefix: str
    inner: str = ""


@dataclass(frozen=True, slots=True)
class IndexedDocuments:
    """Retrieved documents spread over keys such as ``<prefix>.0.<inner>content``."""

    prefix: str
    inner: str = ""


ContentSource: TypeAlias = str | IndexedMessages | IndexedDocuments


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one family of instrumentations means by its attributes.

    ``marks`` are keys (or, ending in a dot, prefixes of keys) that tell that a span speaks the
    dialect; ``scopes`` are prefixes of instrumentation scope names that do. ``fields``, ``input``
    and ``output`` list sources in order of preference. ``input`` and ``output`` name keys whose
    value is the content as it stands, or content spread over indexed keys; ``system`` names keys
    that hold what precedes the input messages. A reported cost of 0 beside tokens usually means
    "no price known"; where it means free, ``zero_cost_is_unknown`` is false. ``always`` is for
    words that count on every span. ``content_setting`` tells users how to make the
    instrumentation record content at all.
    """

    name: str
    title: str
    marks: Sequence[str]
    scopes: Sequence[str] = ()
    span_type: Sequence[ByValue | ByPrefix] = ()
    fields: Mapping[FieldName, Sequence[str | Source]] = field(default_factory=dict)
    input: Sequence[ContentSource] = ()
    output: Sequence[ContentSource] = ()
    system: Sequence[str] = ()
    zero_cost_is_unknown: bool = True
    always: bool = False
    content_setting: str | None = None
