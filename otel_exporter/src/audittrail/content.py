"""Any Python value as JSON, for what a span was given and what it returned.

Whatever the value is, the answer is bounded and nothing raises: an agent must not fail because of
an object that cannot be shown. What was left out is marked in the text itself.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import math
import os
import re
import traceback
import types
import uuid
from collections import deque
from collections.abc import Callable, ItemsView, Iterable, KeysView, Mapping, Sized, ValuesView
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from json.encoder import encode_basestring
from typing import Any, Final

__all__ = ["LIMIT", "error_stack", "error_text", "shorten", "to_json", "to_plain"]

LIMIT: Final = 500_000  # characters; input and output fit one request of 4 MiB
_FLOOR: Final = 1_024
_ROOM: Final = 512  # with less than this left, a container ends with a mark
_KEY: Final = 256
_MARK: Final = 64  # longer than any mark
_DEPTH: Final = 32
_ARRAY: Final = 256  # numbers; embeddings are longer, and nobody reads them
_BYTES: Final = 32

_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")
_CIRCULAR: Final = "[circular reference]"
_TOO_DEEP: Final = "… [truncated: nested too deeply]"
_UNKNOWN: Final = "[cannot be shown]"


def to_json(value: Any, limit: int = LIMIT) -> str:
    """The value as JSON of at most ``limit`` characters (1,024 at least). Text stays as it is,
    without quotes."""
    if type(value) is str:
        return shorten(value, limit)
    plain = to_plain(value, limit)
    if isinstance(plain, str):
        return plain
    return json.dumps(plain, ensure_ascii=False, allow_nan=False)


def to_plain(value: Any, limit: int = LIMIT) -> Any:
    """The value as dictionaries, lists, text, numbers, booleans and None, short enough for its
    JSON to keep the limit."""
    try:
        return _Walk(max(limit, _FLOOR)).plain(value, 0)
    except Exception:
        # The stack is nearly used up, say.
        return _UNKNOWN


def shorten(text: str, limit: int = LIMIT) -> str:
    """The text, valid as UTF-8, with a mark where it was cut."""
    limit = max(limit, _FLOOR)
    if len(text) <= limit:
        text = _encodable(text)
    return text if len(text) <= limit else _cut(text, limit - _MARK)


class _Walk:
    """One value on its way to JSON, with what may still be written of it."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._above: set[int] = set()

    def plain(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is str:
            return self._text(value, depth)
        if value is None or kind is bool:
            self._left -= 7
            return value
        if kind is int:
            return self._integer(value, depth)
        if kind is float:
            return self._number(value)
        try:
            return self._object(value, depth)
        except Exception:
            return self._text(_described(value), depth)

    def _text(self, text: str, depth: int) -> str:
        # Inside of something, a text leaves room for what comes after it.
        room = (self._left if depth == 0 else self._left // 2) - 4
        if len(text) <= room:
            text = _encodable(text)
        kept, size = text, len(encode_basestring(text[:room]))
        if len(text) > room or size > room:
            count = min(len(text), room)
            while size > room - _MARK:
                count = max(0, min(count - 1, count * (room - _MARK) // size))
                size = len(encode_basestring(_encodable(text[:count])))
            kept = _cut(text, count)
        self._left -= len(encode_basestring(kept)) + 2
        return kept

    def _integer(self, value: int, depth: int) -> int | str:
        bits = value.bit_length()
        if bits <= 63:
            self._left -= 22
            return value
        # Readers of JSON lose digits of larger ones, and Python refuses to write very long ones.
        return self._text(str(value) if bits < 2_000 else f"[integer of {bits:,} bits]", depth)

    def _number(self, value: float) -> float | str:
        self._left -= 26
        if math.isfinite(value):
            return value
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"

    def _object(self, value: Any, depth: int) -> Any:
        for kinds, say in _SCALARS:
            if isinstance(value, kinds):
                return self.plain(say(value), depth)
        parts = _parts(value)
        if parts is None:
            return self._text(_described(value), depth)
        if id(value) in self._above:
            return self._text(_CIRCULAR, depth)
        if depth >= _DEPTH:
            return self._text(_TOO_DEEP, depth)
        self._above.add(id(value))
        try:
            if isinstance(parts, Mapping):
                return self._mapping(parts, depth + 1)
            if not isinstance(parts, Iterable):
                return self.plain(parts, depth)
            items = self._items(parts, depth + 1)
            return sorted(items, key=str) if isinstance(value, set | frozenset) else items
        finally:
            self._above.discard(id(value))

    def _mapping(self, parts: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        self._left -= _MARK
        # Copied in one go: another thread may be changing it.
        pairs = list(islice(parts.items(), max(0, self._left // 4)))
        for place, (key, value) in enumerate(pairs):
            if self._left < _ROOM:
                made["…"] = _more(parts, place, "keys")
                break
            name = self._key(key)
            while name in made:
                name += "'"
                self._left -= 1
            made[name] = self.plain(value, depth)
        return made

    def _key(self, key: Any) -> str:
        text = key if type(key) is str else to_json(key, _FLOOR)
        if len(text) > _KEY or len(encode_basestring(text)) > _KEY:
            text = _cut(text, _KEY // 12)
        text = _encodable(text)
        self._left -= len(encode_basestring(text)) + 2
        return text

    def _items(self, parts: Iterable[Any], depth: int) -> list[Any]:
        made: list[Any] = []
        self._left -= _MARK
        for place, value in enumerate(list(islice(parts, max(0, self._left // 2)))):
            if self._left < _ROOM:
                made.append(_more(parts, place, "items"))
                break
            made.append(self.plain(value, depth))
        return made


_ISO: Final = (dt.datetime, dt.date, dt.time)
_SCALARS: Final[tuple[tuple[Any, Callable[[Any], Any]], ...]] = (
    (enum.Enum, lambda value: value.value),
    (str, str.__str__),
    (bool | int, lambda value: int(value)),
    (float, float.__float__),
    (_ISO, lambda value: value.isoformat()),
    (dt.timedelta | Decimal | Fraction | uuid.UUID, str),
    (bytes | bytearray | memoryview, lambda value: _bytes(value)),
    (os.PathLike, lambda value: os.fspath(value)),
    (BaseException, lambda value: f"{type(value).__name__}: {value}"),
    (type | types.ModuleType, repr),
)
_GROUPS: Final = (list, tuple, set, frozenset, deque, range, KeysView, ValuesView, ItemsView)


def _parts(value: Any) -> Any:
    """What an object consists of: a mapping, an iterable, a scalar; or None if it cannot be said
    without reaching into its privacy."""
    kind = type(value)
    if isinstance(value, Mapping):
        return value
    if names := getattr(kind, "_fields", None) if isinstance(value, tuple) else None:
        return dict(zip(names, value, strict=True))
    if isinstance(value, _GROUPS):
        return value
    if callable(getattr(kind, "model_dump", None)):  # pydantic
        return _dumped(value)
    if hasattr(kind, "__fields__") and callable(getattr(kind, "dict", None)):  # pydantic 1
        return value.dict()
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value) if field.repr]
        return {name: getattr(value, name, None) for name in names}
    if fields := getattr(kind, "__attrs_attrs__", None):
        return {field.name: getattr(value, field.name, None) for field in fields if field.repr}
    if hasattr(kind, "dtype") and hasattr(kind, "shape"):
        return _array(value)
    return None


def _dumped(value: Any) -> Any:
    try:
        # Values of other types than were declared are nobody's concern here.
        return value.model_dump(warnings=False)
    except TypeError:  # what looks like pydantic may know no such argument
        return value.model_dump()


def _array(value: Any) -> Any:
    """Of numpy and what looks like it."""
    size = math.prod(value.shape)
    if not value.shape:
        return value.item()
    if size <= _ARRAY:
        return value.tolist()
    return {"type": type(value).__name__, "shape": list(value.shape), "dtype": str(value.dtype)}


def _bytes(value: Any) -> str:
    # A copy no longer than what can be shown.
    start = bytes(memoryview(value).cast("B")[: LIMIT + 4])
    text = start.decode("utf-8", "ignore" if len(start) > LIMIT else "strict") if start else ""
    if text.replace("\n", "").replace("\t", "").replace("\r", "").isprintable():
        return text
    raise ValueError("not text")


def _described(value: Any) -> str:
    """The repr, without the address in memory, which would differ from run to run."""
    try:
        if isinstance(value, bytes | bytearray | memoryview):
            start = bytes(value[:_BYTES])
            return f"[{len(value):,} bytes: {start.hex()}{'…' if len(value) > _BYTES else ''}]"
        return _ADDRESS.sub("", repr(value))
    except Exception:
        return f"[{type(value).__qualname__}: {_UNKNOWN[1:]}"


def _more(parts: Any, shown: int, what: str) -> str:
    try:
        count = f": {len(parts) - shown:,} more {what}" if isinstance(parts, Sized) else ""
    except Exception:
        count = ""
    return f"… [truncated{count}]"


def _cut(text: str, count: int) -> str:
    return f"{_encodable(text[:count])}… [truncated: {len(text) - count:,} more characters]"


def _encodable(text: str) -> str:
    """Without surrogates that have no partner, which UTF-8 cannot write."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text


def error_text(error: BaseException) -> str:
    """What an error says of itself; empty if that fails too."""
    try:
        return str(error)
    except Exception:
        return ""


def error_stack(error: BaseException) -> str:
    """Where an error is from, with what it says if that can be had."""
    try:
        return "".join(traceback.format_exception(error))
    except Exception:
        return "".join(traceback.format_tb(error.__traceback__))
