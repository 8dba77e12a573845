"""OTLP attribute values as Python values, and as JSON text that gives them back unchanged.

Strings, booleans, 64-bit integers, finite floats, arrays, maps and "no value" are plain JSON.
What JSON cannot say is an object with one key, named as in OTLP/JSON:
``{"bytesValue": "<base64>"}`` and ``{"doubleValue": "NaN"}`` (or ``Infinity``, ``-Infinity``). A
map that happens to look like one of these is written as ``{"kvlistValue": {...}}``.
"""

from __future__ import annotations

import base64
import math
from typing import Any, Final, TypeAlias

import orjson
from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

__all__ = [
    "AttributeValue",
    "Attributes",
    "dump_json",
    "escape_map",
    "load_value",
    "pair_of_bytes",
    "tagged_float",
    "text_of",
    "value_of",
    "value_of_bytes",
]

# str, bool, int, float, bytes, None, lists and dicts of these.
AttributeValue: TypeAlias = Any
Attributes: TypeAlias = dict[str, AttributeValue]

_TAGS: Final = frozenset({"bytesValue", "doubleValue", "kvlistValue"})
_NON_FINITE: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def value_of(value: AnyValue) -> AttributeValue:
    """A protobuf AnyValue as a Python value; ready for ``dump_json``."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [value_of(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return escape_map({item.key: value_of(item.value) for item in value.kvlist_value.values})
    plain = getattr(value, kind)
    return tagged_float(plain) if kind == "double_value" else plain


def value_of_bytes(encoded: bytes) -> AttributeValue:
    """A serialized AnyValue; one nested too deeply to be decoded stays as its bytes."""
    try:
        return value_of(AnyValue.FromString(encoded))
    except DecodeError:
        return encoded


def pair_of_bytes(encoded: bytes) -> tuple[str, AttributeValue]:
    """A serialized KeyValue; one whose value is nested too deeply keeps its bytes."""
    try:
        pair = KeyValue.FromString(encoded)
    except DecodeError:
        return "", encoded
    return pair.key, value_of(pair.value)


def tagged_float(value: float) -> AttributeValue:
    """The float itself, or how JSON names one that is not finite."""
    if math.isfinite(value):
        return value
    return {"doubleValue": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}


def escape_map(items: dict[str, AttributeValue]) -> AttributeValue:
    """A map that cannot be taken for a tagged value."""
    if len(items) == 1 and not _TAGS.isdisjoint(items):
        return {"kvlistValue": items}
    return items


def _default(value: object) -> object:
    if isinstance(value, bytes):
        return {"bytesValue": base64.b64encode(value).decode("ascii")}
    raise TypeError(f"no JSON for {type(value).__name__}")


def dump_json(value: object) -> str:
    """JSON text of values made by this module."""
    return orjson.dumps(value, default=_default, option=orjson.OPT_NON_STR_KEYS).decode()


def load_value(value: object) -> AttributeValue:
    """The Python value that ``dump_json`` was given, from parsed JSON; floats that are not finite
    come back as such and bytes as bytes."""
    if isinstance(value, list):
        return [load_value(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((tag, inner),) = value.items()
        if tag == "bytesValue" and isinstance(inner, str):
            return base64.b64decode(inner)
        if tag == "doubleValue" and inner in _NON_FINITE:
            return _NON_FINITE[inner]
        if tag == "kvlistValue" and isinstance(inner, dict):
            value = inner
    return {key: load_value(item) for key, item in value.items()}


def text_of(value: AttributeValue) -> str | None:
    """A value as text for a text column; structured values become JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return dump_json(value)
