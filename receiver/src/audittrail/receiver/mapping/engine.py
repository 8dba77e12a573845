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
    ByName,
    ByPresence,
    ContentSource,
    Dialect,
    Placeholder,
    SpanTypeRule,
)
from audittrail.receiver.mapping.dialects import DIALECTS
from audittrail.receiver.mapping.field_values import Column, field_values
from audittrail.receiver.mapping.indexed import compose
from audittrail.receiver.mapping.sources import Source
from audittrail.receiver.otlp.attributes import AttributeColumns, RowAttributes
from audittrail.receiver.otlp.values import Attributes, dump_json, text_of

__all__ = ["Content", "Engine", "Mapped", "Plan"]

_MAX_PLANS: Final = 4096


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
    internal: list[bool]
    estimated: list[bool]
    placeholder: Placeholder | None
    fields: dict[str, Column] = field(default_factory=dict)

    def first(self) -> dict[str, Any]:
        """The fields of the first span that have a value."""
        return {name: column[0] for name, column in self.fields.items() if column[0] is not None}


class Plan:
    """What one set of attribute keys, under one instrumentation scope, means."""

    __slots__ = (
        "_estimates",
        "_fields",
        "_input",
        "_internal",
        "_output",
        "_placeholder",
        "_types",
        "dialect",
        "zero_cost_is_unknown",
    )

    def __init__(self, keys: Sequence[str], scope: str, dialects: Sequence[Dialect]) -> None:
        present = frozenset(keys)
        spoken = [each for each in dialects if each.always or _speaks(each, keys, scope)]
        named = [each for each in spoken if not each.always]
        self.dialect = named[0].name if named else None
        # That of the dialect that tells the cost, whatever others are spoken beside it.
        self.zero_cost_is_unknown = next(
            (each.zero_cost_is_unknown for each in spoken if _tells_cost(each, present)), True
        )
        self._types = [
            rule for each in spoken for rule in each.span_type if _can_tell(rule, present)
        ]
        self._internal = [
            rule
            for each in spoken
            for rule in each.internal
            if rule.key is None or rule.key in present
        ]
        self._estimates = [
            each.estimate
            for each in spoken
            if each.estimate is not None
            and each.estimate.key in present
            and each.estimate.without not in present
        ]
        self._placeholder = next(
            (
                each.placeholder
                for each in spoken
                if each.placeholder is not None and each.placeholder.key in present
            ),
            None,
        )
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

    def apply(self, spans: AttributeColumns, names: Sequence[str]) -> Mapped:
        """Map spans that all have the keys of this plan. ``names`` are the spans' own."""
        types = self._span_types(spans, names)
        return Mapped(
            self.dialect,
            self.zero_cost_is_unknown,
            types,
            _content(self._input, spans),
            _content(self._output, spans),
            self._are_internal(spans, names, types),
            self._are_estimated(spans),
            self._placeholder,
            {name: field_values(name, sources, spans) for name, sources in self._fields},
        )

    def _span_types(self, spans: AttributeColumns, names: Sequence[str]) -> Column:
        types: Column = ["custom"] * len(spans)
        # The first rule that knows the value decides, so the others go before it.
        for rule in reversed(self._types):
            if isinstance(rule, ByPresence):
                types = [rule.span_type] * len(spans)
                continue
            told = names if isinstance(rule, ByName) else spans.values(rule.key)
            for index, value in enumerate(told):
                if isinstance(value, str) and value:
                    found = rule.type_of(value)
                    if found is not None:
                        types[index] = found
        return types

    def _are_internal(
        self, spans: AttributeColumns, names: Sequence[str], types: Column
    ) -> list[bool]:
        found = [False] * len(spans)
        for rule in self._internal:
            values = None if rule.key is None or not rule.values else spans.values(rule.key)
            for index, (name, kind) in enumerate(zip(names, types, strict=True)):
                if kind in rule.types and name.startswith(rule.names):
                    found[index] |= values is None or values[index] in rule.values
        return found

    def _are_estimated(self, spans: AttributeColumns) -> list[bool]:
        found = [False] * len(spans)
        for rule in self._estimates:
            for index, value in enumerate(spans.values(rule.key)):
                found[index] |= value == rule.value
        return found


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
        return self.plan(scope, tuple(attributes)).apply(RowAttributes([attributes]), [""]).first()


def _speaks(dialect: Dialect, keys: Iterable[str], scope: str) -> bool:
    if dialect.scopes and scope.startswith(tuple(dialect.scopes)):
        return True
    prefixes = tuple(mark for mark in dialect.marks if mark.endswith("."))
    exact = {mark for mark in dialect.marks if not mark.endswith(".")}
    return any(key in exact or (prefixes and key.startswith(prefixes)) for key in keys)


def _can_tell(rule: SpanTypeRule, present: frozenset[str]) -> bool:
    if isinstance(rule, ByName):
        return rule.given is None or rule.given in present
    if isinstance(rule, ByPresence):
        return present.issuperset(rule.keys)
    return rule.key in present


def _tells_cost(dialect: Dialect, present: Collection[str]) -> bool:
    return any(_as_source(each).key in present for each in dialect.fields.get("cost", ()))


def _as_source(source: str | Source) -> Source:
    return Source(source) if isinstance(source, str) else source


# Keys whose value is the content, and ways to put it together, in order of preference.
_ContentPlan: TypeAlias = list[str | Source | Callable[[Attributes], str | None]]


def _contents(wanted: Iterable[Sequence[ContentSource]], keys: Sequence[str]) -> _ContentPlan:
    plan: _ContentPlan = []
    present = frozenset(keys)
    for sources in wanted:
        for source in sources:
            if isinstance(source, str):
                if source in present:
                    plan.append(source)
            elif isinstance(source, Source):
                if source.key in present:
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
            if not isinstance(source, str | Source):
                texts[index] = source(attributes)
                continue
            key = source if isinstance(source, str) else source.key
            sent = attributes[key]
            value = sent if isinstance(source, str) or source.read is None else source.read(sent)
            texts[index] = text_of(value) or None
            if type(value) is str and value and value == sent:
                keys[index] = key
    return Content(texts, keys)
