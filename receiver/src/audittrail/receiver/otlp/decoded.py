"""What every OTLP decoder produces, whatever the encoding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from itertools import compress
from typing import Any, Final, NamedTuple

from audittrail.receiver.otlp.attributes import AttributeColumns, RowAttributes
from audittrail.receiver.otlp.values import Attributes, dump_json

__all__ = [
    "EXTRA_FIELDS",
    "MAX_TIME_NS",
    "DecodedLogs",
    "DecodedSpans",
    "Group",
    "Scope",
    "check_ids",
    "clamp_time",
    "event_record",
    "extra_record",
    "group_rows",
    "known_enum",
    "link_record",
    "parent_of",
]

MAX_TIME_NS: Final = 2**63 - 1

_MAX_ENUM: Final = 2**15 - 1

_NO_TRACE: Final = "0" * 32
_NO_SPAN: Final = "0" * 16


@dataclass(slots=True)
class Scope:
    """The resource and the instrumentation scope that spans or records share."""

    resource: Attributes
    name: str
    version: str
    attributes: Attributes
    resource_schema: str = ""
    schema: str = ""
    resource_dropped: int = 0
    dropped: int = 0
    resource_json: str = field(init=False)
    scope_json: str = field(init=False)

    def __post_init__(self) -> None:
        resource: dict[str, Any] = {"attributes": self.resource}
        if self.resource_schema:
            resource["schema_url"] = self.resource_schema
        if self.resource_dropped:
            resource["dropped_attributes_count"] = self.resource_dropped
        scope: dict[str, Any] = {"name": self.name, "version": self.version}
        if self.attributes:
            scope["attributes"] = self.attributes
        if self.schema:
            scope["schema_url"] = self.schema
        if self.dropped:
            scope["dropped_attributes_count"] = self.dropped
        self.resource_json = dump_json(resource)
        self.scope_json = dump_json(scope)


class Group(NamedTuple):
    """Spans of one scope with the same attribute keys. ``places`` are their indexes."""

    scope: int
    places: Sequence[int]
    attributes: AttributeColumns


@dataclass(slots=True)
class DecodedSpans:
    """Spans of one request, a list for each field, and their attributes by groups. ``scope``
    holds indexes into ``scopes``.

    Ids are lower-case hex and valid; times are ns and fit int64. ``extra`` and ``flags`` are None
    where there is nothing to say. ``rejected`` names, one text each, the spans left out.
    """

    scopes: list[Scope] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    scope: list[int] = field(default_factory=list)
    trace_id: list[str] = field(default_factory=list)
    span_id: list[str] = field(default_factory=list)
    parent_span_id: list[str | None] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    start_ns: list[int] = field(default_factory=list)
    end_ns: list[int] = field(default_factory=list)
    status_code: list[int] = field(default_factory=list)
    status_message: list[str] = field(default_factory=list)
    trace_flags: list[int] = field(default_factory=list)
    events: list[list[dict[str, Any]] | None] = field(default_factory=list)
    links: list[list[dict[str, Any]] | None] = field(default_factory=list)
    extra: list[dict[str, Any] | None] = field(default_factory=list)
    flags: list[list[str] | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.trace_id)

    def attributes(self) -> list[Attributes]:
        """The attributes of every span, in their order."""
        found: list[Attributes] = [{}] * len(self)
        for group in self.groups:
            for place, row in zip(group.places, group.attributes.rows(), strict=True):
                found[place] = row
        return found

    def add(self, *row: Any) -> None:
        """Append one span, its fields in the order of the columns. Its attributes are the
        decoder's to group."""
        for column, value in zip(_SPAN_COLUMNS, row, strict=True):
            getattr(self, column).append(value)

    def taken(self, places: Sequence[int]) -> DecodedSpans:
        """The columns of the spans at these places, without groups."""
        part = DecodedSpans(scopes=self.scopes)
        for column in _SPAN_COLUMNS:
            values = getattr(self, column)
            setattr(part, column, [values[place] for place in places])
        return part

    def keep(self, wanted: Sequence[bool]) -> None:
        """Drop the spans that are not wanted."""
        attributes = list(compress(self.attributes(), wanted))
        for column in _SPAN_COLUMNS:
            setattr(self, column, list(compress(getattr(self, column), wanted)))
        self.groups = group_rows(self.scope, attributes)


_SPAN_COLUMNS: Final = tuple(
    each.name for each in fields(DecodedSpans) if each.name not in ("scopes", "groups", "rejected")
)


def group_rows(scope: Sequence[int], rows: Sequence[Attributes]) -> list[Group]:
    """Groups of spans, given the scope and the attributes of each."""
    places: dict[tuple[int, tuple[str, ...]], list[int]] = {}
    for place, (each, row) in enumerate(zip(scope, rows, strict=True)):
        places.setdefault((each, tuple(row)), []).append(place)
    return [
        Group(each, found, RowAttributes([rows[place] for place in found]))
        for (each, _), found in places.items()
    ]


@dataclass(slots=True)
class DecodedLogs:
    """Log records of one request. Ids are lower-case hex or None."""

    scopes: list[Scope] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    scope: list[int] = field(default_factory=list)
    trace_id: list[str | None] = field(default_factory=list)
    span_id: list[str | None] = field(default_factory=list)
    time_ns: list[int] = field(default_factory=list)
    observed_ns: list[int] = field(default_factory=list)
    severity: list[int] = field(default_factory=list)
    severity_text: list[str] = field(default_factory=list)
    event_name: list[str] = field(default_factory=list)
    body: list[Any] = field(default_factory=list)
    attributes: list[Attributes] = field(default_factory=list)
    trace_flags: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.time_ns)

    def add(self, *row: Any) -> None:
        """Append one record, its fields in the order of the columns."""
        for column, value in zip(_LOG_COLUMNS, row, strict=True):
            getattr(self, column).append(value)


_LOG_COLUMNS: Final = tuple(
    each.name for each in fields(DecodedLogs) if each.name not in ("scopes", "rejected")
)


# The rare parts of a span, in the order that extra_record takes them.
EXTRA_FIELDS: Final = (
    "trace_state",
    "dropped_attributes_count",
    "dropped_events_count",
    "dropped_links_count",
)


def extra_record(trace_state: str, attributes: int, events: int, links: int) -> Any:
    """What is not empty of a span's trace state and dropped counts; None if all is."""
    values = (trace_state, attributes, events, links)
    record = {name: value for name, value in zip(EXTRA_FIELDS, values, strict=True) if value}
    return record or None


def event_record(
    name: str, time_ns: int, attributes: Attributes, dropped: int = 0
) -> dict[str, Any]:
    """An event as it is stored. Times are text, because JSON readers lose digits of them."""
    record: dict[str, Any] = {"name": name, "time_unix_nano": str(time_ns)}
    record["attributes"] = attributes
    if dropped:
        record["dropped_attributes_count"] = dropped
    return record


def link_record(
    trace_id: bytes,
    span_id: bytes,
    trace_state: str,
    attributes: Attributes,
    dropped: int = 0,
    flags: int = 0,
) -> dict[str, Any]:
    """A link as it is stored, its ids in hex."""
    record: dict[str, Any] = {"trace_id": trace_id.hex(), "span_id": span_id.hex()}
    rare = {"trace_state": trace_state, "dropped_attributes_count": dropped, "flags": flags}
    record |= {name: value for name, value in rare.items() if value}
    record["attributes"] = attributes
    return record


def check_ids(trace_id: str, span_id: str, parent: str) -> str | None:
    """Why a span with these ids cannot be stored; None if it can. Ids are hex."""
    if len(trace_id) != 32:
        return f"trace_id has {len(trace_id) // 2} bytes, should have 16"
    if trace_id == _NO_TRACE:
        return "trace_id is all zeros"
    if len(span_id) != 16:
        return f"span_id has {len(span_id) // 2} bytes, should have 8"
    if span_id == _NO_SPAN:
        return "span_id is all zeros"
    if parent and len(parent) != 16:
        return f"parent_span_id has {len(parent) // 2} bytes, should have 8 or none"
    return None


def parent_of(parent: str) -> str | None:
    """None for the ids that mean "no parent"."""
    return None if not parent or parent == _NO_SPAN else parent


def known_enum(number: int) -> int:
    """An enum's number; 0, which is "unspecified", for one beyond all that OTLP will define."""
    return number if 0 <= number <= _MAX_ENUM else 0


def clamp_time(time_ns: int) -> int:
    """OTLP times are unsigned; those past int64 (year 2262) are stored as its end."""
    return min(time_ns, MAX_TIME_NS)
