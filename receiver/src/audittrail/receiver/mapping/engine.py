"""Applying all dialects to spans.

Instrumentations send the same keys again and again. What a set of keys means (which dialects
are spoken, which key fills which field) is worked out once and kept as a ``Plan``. A plan is
applied to all spans of a batch that share it, column by column, so the cost of mapping does not
grow with the number of dialects.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

from audittrail.receiver.mapping.dialect import (
    FIELDS,
    NUMBER_FIELDS,
    ContentSource,
    Dialect,
    Source,
)
from audittrail.receiver.mapping.dialects import DIALECTS
from audittrail.receiver.mapping.indexed import compose
from audittrail.receiver.otlp.attributes import AttributeColumns, RowAttributes
from audittrail.receiver.otlp.values import Attributes, dump_json, text_of

__all__ = ["Content", "Engine", "Mapped", "Plan"]

_MAX_PLANS: Final = 4096
_MAX_INT64: Final = 2**63 - 1

Column: TypeAlias = list[Any]


class Content(NamedTuple):
    """The inputs, or the outputs, of some spans: a list of texts (None where there is none), or an
    Arrow array if all are the value of the attribute ``key``. ``keys`` names the attribute that
    each text is word for word, None where it was put together."""

    texts: Any
    keys: Column
    key: str | None = None


@dataclass(slots=True)
class Mapped:
    """What the attributes of some spans say, a list a field; fields that none has are missing."""

    dialect: str | None
    zero_cost_is_unknown: bool
    span_type: Column
    input: Content
    output: Content
    fields: dict[str, Column] = field(default_factory=dict)

    def first(self) -> dict[str, Any]:
        """The fields of the first span that have a value."""
        return {name: column[0] for name, column in self.fields.items() if column[0] is not None}


class Plan:
    """What one set of attribute keys, under one instrumentation scope, means."""

    __slots__ = ("_fields", "_input", "_output", "_types", "dialect", "zero_cost_is_unknown")

    def __init__(self, keys: Sequence[str], scope: str, dialects: Sequence[Dialect]) -> None:
        present = frozenset(keys)
        spoken = [each for each in dialects if each.always or _speaks(each, keys, scope)]
        named = [each for each in spoken if not each.always]
        self.dialect = named[0].name if named else None
        # That of the dialect that tells the cost, whatever others are spoken beside it.
        self.zero_cost_is_unknown = next(
            (each.zero_cost_is_unknown for each in spoken if _tells_cost(each, present)), True
        )
        self._types = [rule for each in spoken for rule in each.span_type if rule.key in present]
        self._fields: list[tuple[str, list[Source]]] = []
        for name in FIELDS:
            sources = [
                source
                for each in spoken
                for source in map(_as_source, each.fields.get(name, ()))
                if source.key in present
            ]
            if sources:
                self._fields.append((name, sources))
        self._input = _contents((each.input for each in spoken), keys)
        self._output = _contents((each.output for each in spoken), keys)

    def apply(self, spans: AttributeColumns) -> Mapped:
        """Map spans that all have the keys of this plan."""
        return Mapped(
            self.dialect,
            self.zero_cost_is_unknown,
            self._span_types(spans),
            _content(self._input, spans),
            _content(self._output, spans),
            {name: _field(name, sources, spans) for name, sources in self._fields},
        )

    def _span_types(self, spans: AttributeColumns) -> Column:
        types: Column = ["custom"] * len(spans)
        # The first rule that knows the value decides, so the others go before it.
        for rule in reversed(self._types):
            for index, value in enumerate(spans.values(rule.key)):
                if isinstance(value, str) and value:
                    found = rule.type_of(value)
                    if found is not None:
                        types[index] = found
        return types


class Engine:
    """Finds plans; keeps those of the key sets met last. For one thread."""

    def __init__(self, dialects: Sequence[Dialect] = DIALECTS) -> None:
        self._dialects = dialects
        self._plans: OrderedDict[tuple[str, tuple[str, ...]], Plan] = OrderedDict()

    def plan(self, scope: str, keys: tuple[str, ...]) -> Plan:
        """The plan for spans with these attribute keys under this instrumentation scope."""
        plan = self._plans.get((scope, keys))
        if plan is None:
            plan = self._plans[scope, keys] = Plan(keys, scope, self._dialects)
            if len(self._plans) > _MAX_PLANS:
                self._plans.popitem(last=False)
        return plan

    def map_one(self, attributes: Attributes, scope: str) -> dict[str, Any]:
        """The fields of a single set of attributes that have a value."""
        return self.plan(scope, tuple(attributes)).apply(RowAttributes([attributes])).first()


def _speaks(dialect: Dialect, keys: Iterable[str], scope: str) -> bool:
    if dialect.scopes and scope.startswith(tuple(dialect.scopes)):
        return True
    prefixes = tuple(mark for mark in dialect.marks if mark.endswith("."))
    exact = {mark for mark in dialect.marks if not mark.endswith(".")}
    return any(key in exact or (prefixes and key.startswith(prefixes)) for key in keys)


def _tells_cost(dialect: Dialect, present: Collection[str]) -> bool:
    return any(_as_source(each).key in present for each in dialect.fields.get("cost", ()))


def _as_source(source: str | Source) -> Source:
    return Source(source) if isinstance(source, str) else source


def _field(name: str, sources: Sequence[Source], spans: AttributeColumns) -> Column:
    """The first value of each span that is not empty."""
    coerce, exact = _COERCIONS.get(name, (_text, str))
    column: Column | None = None
    for source in sources:
        key, read = source.key, source.read
        values = spans.values(key)
        if read is not None:
            values = [read(value) for value in values]
        if not _all_are(values, exact):
            values = [coerce(value) for value in values]
        column = (
            values
            if column is None
            else [new if old is None else old for old, new in zip(column, values, strict=True)]
        )
        if None not in column:
            break
    assert column is not None
    return column


def _all_are(values: Column, kind: type) -> bool:
    """Whether every value is of this type and can be taken as it is."""
    if set(map(type, values)) != {kind}:
        return False
    if kind is str:
        return "" not in values
    return kind is int and min(values) >= 0 and max(values) <= _MAX_INT64


def _text(value: Any) -> str | None:
    """Text that is not empty."""
    return text_of(value) or None


def _number(value: Any) -> int | None:
    """A count; some instrumentations send it as text or as a float."""
    if type(value) is int:
        return value if 0 <= value <= _MAX_INT64 else None
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, float) and 0 <= value <= _MAX_INT64:
        return int(value)
    return None


def _real(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number < 1e15 else None


# How the values of a field are made what they should be, and the type that needs no making.
_COERCIONS: Final[dict[str, tuple[Callable[[Any], Any], type]]] = {
    **dict.fromkeys(NUMBER_FIELDS, (_number, int)),
    "ttft_ms": (_real, float),
    "cost": (_real, float),
}


# Keys whose value is the content, and ways to put it together, in order of preference.
_ContentPlan: TypeAlias = list[str | Callable[[Attributes], str | None]]


def _contents(wanted: Iterable[Sequence[ContentSource]], keys: Sequence[str]) -> _ContentPlan:
    plan: _ContentPlan = []
    present = frozenset(keys)
    for sources in wanted:
        for source in sources:
            if isinstance(source, str):
                if source in present:
                    plan.append(source)
            elif any(key.startswith(source.prefix + ".") for key in keys):
                plan.append(_composer(source))
    return plan


def _composer(source: Any) -> Callable[[Attributes], str | None]:
    def put_together(attributes: Attributes) -> str | None:
        found = compose(source, attributes)
        return dump_json(found) if found else None

    return put_together


def _content(plan: _ContentPlan, spans: AttributeColumns) -> Content:
    count = len(spans)
    if plan and isinstance(plan[0], str):
        whole = spans.texts(plan[0])
        if whole is not None:
            return Content(whole, [plan[0]] * count, plan[0])
    texts: Column = [None] * count
    keys: Column = [None] * count
    rows = spans.rows() if plan else []
    for source in plan:
        for index, attributes in enumerate(rows):
            if texts[index] is not None:
                continue
            if not isinstance(source, str):
                texts[index] = source(attributes)
                continue
            value = attributes[source]
            texts[index] = text_of(value) or None
            if type(value) is str and value:
                keys[index] = source
    return Content(texts, keys)
