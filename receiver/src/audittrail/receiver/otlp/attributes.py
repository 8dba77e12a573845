"""The attributes of spans that have the same keys, as columns.

A batch of spans from one instrumentation has few sets of keys, and the long texts in it (what
models were asked and answered) are only carried on. So attributes stay in columns, and a text
becomes a Python object only where somebody looks at it.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
from pyarrow import compute

from audittrail.receiver.otlp.values import (
    Attributes,
    dump_json,
    escape_map,
    pair_of_bytes,
    tagged_float,
    value_of_bytes,
)

__all__ = ["ArrowAttributes", "AttributeColumns", "RowAttributes", "union_values"]

# Its functions are made at run time, so type checkers know none of them.
pc: Any = compute


class AttributeColumns(Protocol):
    """Attributes of some spans that all have the same keys, in the same order."""

    @property
    def keys(self) -> tuple[str, ...]: ...

    def __len__(self) -> int: ...

    def values(self, key: str) -> list[Any]:
        """The value of each span."""
        ...

    def texts(self, key: str) -> Any | None:
        """The values as an Arrow array of strings, if each span has one that is not empty."""
        ...

    def rows(self) -> list[Attributes]:
        """The attributes of each span."""
        ...

    def json(self, without: Collection[str]) -> Any:
        """The attributes of each span, but for these keys, as JSON text: a list or an Arrow
        array."""
        ...


class RowAttributes:
    """Columns over dictionaries."""

    def __init__(self, rows: Sequence[Attributes]) -> None:
        self._rows = list(rows)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self._rows[0]) if self._rows else ()

    def __len__(self) -> int:
        return len(self._rows)

    def values(self, key: str) -> list[Any]:
        return [row[key] for row in self._rows]

    def texts(self, key: str) -> Any | None:
        values = self.values(key)
        if all(type(value) is str and value for value in values):
            return pa.array(values, pa.string())
        return None

    def rows(self) -> list[Attributes]:
        return self._rows

    def json(self, without: Collection[str]) -> list[str]:
        if not without:
            return [dump_json(row) for row in self._rows]
        return [
            dump_json({key: value for key, value in row.items() if key not in without})
            for row in self._rows
        ]


class ArrowAttributes:
    """Columns over the flat key-value pairs of decoded OTLP.

    ``union`` is the AnyValue struct of all pairs; the value of key ``n`` of span ``i`` is at
    ``firsts[i] + n``.
    """

    def __init__(self, keys: Sequence[str], union: Any, firsts: Any) -> None:
        # Of a key that comes twice the last value counts.
        self._places = {key: place for place, key in enumerate(keys)}
        self._union = union
        self._firsts = firsts
        self._strings: dict[str, Any] = {}
        self._values: dict[str, list[Any]] = {}

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self._places)

    def __len__(self) -> int:
        return len(self._firsts)

    def _at(self, key: str) -> Any:
        return pa.array(self._firsts + self._places[key])

    def _string_values(self, key: str) -> Any:
        """The values that are strings; null where a value is none."""
        found = self._strings.get(key)
        if found is None:
            found = self._strings[key] = self._union.field("string_value").take(self._at(key))
        return found

    def values(self, key: str) -> list[Any]:
        found = self._values.get(key)
        if found is None:
            strings = self._string_values(key)
            found = self._values[key] = (
                union_values(self._union, self._at(key), strings)
                if strings.null_count
                else strings.to_pylist()
            )
        return found

    def texts(self, key: str) -> Any | None:
        texts = self._string_values(key)
        if texts.null_count or not pc.min(pc.binary_length(texts)).as_py():
            return None
        return texts

    def rows(self) -> list[Attributes]:
        columns = [self.values(key) for key in self._places]
        if not columns:
            return [{} for _ in range(len(self))]
        keys = self._places
        return [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]

    def json(self, without: Collection[str]) -> Any:
        wanted = [key for key in self._places if key not in without]
        if not wanted or not len(self):
            return ["{}"] * len(self)
        pieces: list[Any] = []
        before = "{"
        for key in wanted:
            opening, values, closing = self._json_values(key)
            pieces += [_scalar(f"{before}{dump_json(key)}:{opening}"), values]
            before = closing + ","
        return pc.binary_join_element_wise(*pieces, _scalar(before[:-1] + "}"), _scalar(""))

    def _json_values(self, key: str) -> tuple[str, Any, str]:
        """(what comes before each value, the values, what comes after)."""
        strings = self._string_values(key)
        if not strings.null_count:
            if not _needs_escape(strings):
                return '"', strings, '"'
        elif strings.null_count == len(strings):
            whole = self._union.field("int_value").take(self._at(key))
            if not whole.null_count:
                return "", whole.cast(pa.string()), ""
        # Nested values that are equal are one object, so each is written once.
        values = self.values(key)
        written: dict[int, str] = {}
        for value in values:
            if id(value) not in written:
                written[id(value)] = dump_json(value)
        return "", pa.array([written[id(value)] for value in values], pa.string()), ""


@functools.lru_cache(4096)
def _scalar(text: str) -> Any:
    # Making a scalar takes pyarrow 0.1 ms, which it spends looking for pandas.
    return pa.scalar(text, pa.string())


def _needs_escape(texts: Any) -> bool:
    """Whether a text holds what JSON must not hold as it is."""
    data = texts.buffers()[2]
    if data is None or not data.size:
        return False
    characters = np.frombuffer(data, np.uint8)
    return bool(characters.min() < _SPACE or (characters == _QUOTE).any()) or bool(
        (characters == _BACKSLASH).any()
    )


_SPACE: Final = 0x20
_QUOTE: Final = 0x22
_BACKSLASH: Final = 0x5C


def union_values(union: Any, at: Any | None = None, strings: Any | None = None) -> list[Any]:
    """AnyValues, those at the places ``at`` or all, as Python values. ``strings`` is the column of
    string values, where it is known already."""

    def column(name: str) -> Any:
        field = union.field(name)
        return field if at is None else field.take(at)

    texts = column("string_value") if strings is None else strings
    if not texts.null_count:
        return list(texts.to_pylist())
    whole = column("int_value")
    if not whole.null_count:
        return list(whole.to_pylist())
    values = texts.to_numpy(zero_copy_only=False)
    _put(values, whole)
    _put(values, column("double_value"), tagged_float)
    for name in ("bool_value", "bytes_value"):
        _put(values, column(name))
    _put(values, column("array_value"), _array)
    _put(values, column("kvlist_value"), _map)
    mixed: list[Any] = values.tolist()
    return mixed


def _put(values: Any, column: Any, convert: Any = None) -> None:
    if column.null_count == len(column):
        return
    places = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False)).tolist()
    found = column.drop_null().to_pylist()
    if convert is _array or convert is _map:
        # The same few values come again and again (finish reasons): decode each once.
        decoded: dict[tuple[bytes, ...], Any] = {}
        for index, nested in enumerate(found):
            key = tuple(nested["values"])
            if key not in decoded:
                decoded[key] = convert(key)
            found[index] = decoded[key]
    elif convert is not None:
        found = [convert(item) for item in found]
    # Item by item: numpy would take a list of equal-length lists for a matrix.
    for place, item in zip(places, found, strict=True):
        values[place] = item


def _array(items: Sequence[bytes]) -> list[Any]:
    return [value_of_bytes(item) for item in items]


def _map(items: Sequence[bytes]) -> Any:
    return escape_map(dict(pair_of_bytes(item) for item in items))
