"""The values of one field of some spans, as what they should be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from audittrail.receiver.mapping.dialect import NUMBER_FIELDS
from audittrail.receiver.mapping.sources import Source
from audittrail.receiver.otlp.attributes import AttributeColumns
from audittrail.receiver.otlp.values import text_of

__all__ = ["Column", "field_values"]

_MAX_INT64: Final = 2**63 - 1

Column: TypeAlias = list[Any]


def field_values(name: str, sources: Sequence[Source], spans: AttributeColumns) -> Column:
    """The first value of each span that is not empty."""
    coerce, exact = _COERCIONS.get(name, (_text, str))
    column: Column | None = None
    for source in sources:
        key, read = source.key, source.read
        values = spans.values(key)
        if read is not None:
            values = [read(value) for value in values]
        for other in source.also:
            if other in spans.keys:
                values = [_sum(*pair) for pair in zip(values, spans.values(other), strict=True)]
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


def _sum(value: Any, more: Any) -> int | None:
    """None only without the first."""
    whole = _number(value)
    return None if whole is None else whole + (_number(more) or 0)


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
