"""The words in which a dialect is declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from audittrail.receiver.mapping.sources import Source

__all__ = [
    "FIELDS",
    "NUMBER_FIELDS",
    "TEXT_FIELDS",
    "ByName",
    "ByPrefix",
    "ByPresence",
    "BySuffix",
    "ByValue",
    "ContentSource",
    "Dialect",
    "FieldName",
    "IndexedDocuments",
    "IndexedMessages",
    "Internal",
    "Placeholder",
    "SpanTypeRule",
]

TEXT_FIELDS: Final = (
    "name",
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
    "failure",
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
    "name",
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
    "failure",
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_cache_write",
    "tokens_reasoning",
    "ttft_ms",
    "cost",
]


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
class ByName:
    """A span type told by how the span's own name begins (or ends, if ``at_end``), the first that
    fits, where the attribute ``given``, if any is named, is among the attributes."""

    types: Mapping[str, str]
    given: str | None = None
    at_end: bool = False

    def type_of(self, name: str) -> str | None:
        fits = name.endswith if self.at_end else name.startswith
        return next((kind for part, kind in self.types.items() if fits(part)), None)


@dataclass(frozen=True, slots=True)
class BySuffix:
    """A span type told by how an attribute's value ends; the first that fits."""

    key: str
    types: Mapping[str, str]
    other: str | None = None

    def type_of(self, value: str) -> str | None:
        fits = (kind for end, kind in self.types.items() if value.endswith(end))
        return next(fits, self.other)


@dataclass(frozen=True, slots=True)
class ByPresence:
    """The type of spans that have all of these attributes, whatever their values."""

    keys: tuple[str, ...]
    span_type: str


SpanTypeRule: TypeAlias = ByValue | ByPrefix | BySuffix | ByName | ByPresence


@dataclass(frozen=True, slots=True)
class Internal:
    """Spans that tell of the framework's own working and not of the agent's: those whose name
    begins with one of ``names`` (any, if there is none), that have the attribute ``key`` (with
    one of ``values``, if there are some), and are of one of ``types``. They are kept, and views
    leave them out until they are asked for; one that failed is never left out."""

    names: tuple[str, ...] = ("",)
    key: str | None = None
    values: tuple[str, ...] = ()
    types: tuple[str, ...] = ("custom", "chain")


@dataclass(frozen=True, slots=True)
class Estimate:
    """Spans whose token counts are the instrumentation's own guess: where ``key`` has ``value`` and
    the attribute ``without`` is missing."""

    key: str
    value: str | bool
    without: str


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Spans that are sent when another one starts, and stand for it until it ends: those where
    ``key`` has ``value``. They are children of the span that they stand for, whose parent's id,
    in hex, is in ``parent_key``."""

    key: str
    value: str
    parent_key: str


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


ContentSource: TypeAlias = str | Source | IndexedMessages | IndexedDocuments


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one family of instrumentations means by its attributes.

    ``marks`` are keys (or, ending in a dot, prefixes of keys) that tell that a span speaks the
    dialect; ``scopes`` are prefixes of instrumentation scope names that do. ``fields``, ``input``
    and ``output`` list sources in order of preference. ``input`` and ``output`` name keys whose
    value is the content as it stands, or content spread over indexed keys; ``system`` names keys
    that hold what precedes the input messages. ``internal`` tells the spans that views leave out
    at first. A reported cost of 0 beside tokens usually means
    "no price known"; where it means free, ``zero_cost_is_unknown`` is false. ``always`` is for
    words that count on every span. ``content_setting`` tells users how to make the
    instrumentation record content at all.
    """

    name: str
    title: str
    spoken_by: str
    marks: Sequence[str]
    scopes: Sequence[str] = ()
    span_type: Sequence[SpanTypeRule] = ()
    fields: Mapping[FieldName, Sequence[str | Source]] = field(default_factory=dict)
    input: Sequence[ContentSource] = ()
    output: Sequence[ContentSource] = ()
    system: Sequence[str] = ()
    internal: Sequence[Internal] = ()
    placeholder: Placeholder | None = None
    estimate: Estimate | None = None
    zero_cost_is_unknown: bool = True
    always: bool = False
    content_setting: str | None = None
