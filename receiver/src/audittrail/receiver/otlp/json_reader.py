"""Reading OTLP/JSON: parsed JSON with a type check at every step.

The rules are those of the OTLP specification: keys in lowerCamelCase, ids in hex of any case,
enums as integers, 64-bit integers as text or numbers, unknown keys ignored.
https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

from audittrail.errors import Undecodable
from audittrail.receiver.otlp.decoded import Scope
from audittrail.receiver.otlp.values import Attributes, AttributeValue, escape_map, tagged_float

__all__ = [
    "BadRecord",
    "attributes_in",
    "count_in",
    "enum_in",
    "hex_in",
    "items_in",
    "parse_object",
    "scoped_records",
    "text_in",
    "time_in",
    "value_in",
]

_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})*")
_INT32: Final = range(-(2**31), 2**31)
_INT64: Final = range(-(2**63), 2**63)
_UINT32: Final = range(2**32)
_UINT64: Final = range(2**64)
# A map may take two levels of the JSON that is stored, whose writer allows 254.
_MAX_DEPTH: Final = 100

Object = dict[str, Any]


class BadRecord(ValueError):
    """One span or record is not what OTLP says; its neighbours may be."""


def parse_object(body: bytes) -> Object:
    """Raises Undecodable unless the body is a JSON object."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        parsed = _parse_with_broken_surrogates(body, error)
    if not isinstance(parsed, dict):
        raise Undecodable("the body must be a JSON object with resourceSpans or resourceLogs")
    return parsed


def _parse_with_broken_surrogates(body: bytes, error: Exception) -> Any:
    """JavaScript cuts texts between the halves of a character and sends what is left as an
    escape that stands for no character. Those become U+FFFD."""
    if b"\\u" not in body:
        raise Undecodable(f"the body is not JSON: {error}") from error
    try:
        parsed = json.loads(body)
        repaired = json.dumps(parsed, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
        return json.loads(repaired.decode("utf-16-le", "replace"))
    except (ValueError, RecursionError):
        raise Undecodable(f"the body is not JSON: {error}") from error


def scoped_records(
    request: Object, resources: str, scopes: str, records: str
) -> Iterator[tuple[Scope, list[Any]]]:
    """The scopes of a request, each with its records, which are not checked yet.

    Raises Undecodable if the outer structure is not OTLP.
    """
    try:
        for resource_part in items_in(request, resources):
            resource = _object(resource_part.get("resource"), "resource")
            for scope_part in items_in(resource_part, scopes):
                own = _object(scope_part.get("scope"), "scope")
                scope = Scope(
                    resource=attributes_in(resource),
                    name=text_in(own, "name"),
                    version=text_in(own, "version"),
                    attributes=attributes_in(own),
                    resource_schema=text_in(resource_part, "schemaUrl"),
                    schema=text_in(scope_part, "schemaUrl"),
                    resource_dropped=count_in(resource, "droppedAttributesCount"),
                    dropped=count_in(own, "droppedAttributesCount"),
                )
                found = scope_part.get(records)
                if found is not None and not isinstance(found, list):
                    raise BadRecord(f"{records} must be an array")
                yield scope, found or []
    except BadRecord as error:
        raise Undecodable(str(error)) from error


def _object(value: Any, what: str) -> Object:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadRecord(f"{what} must be an object")
    return value


def items_in(holder: Object, key: str) -> list[Object]:
    """The objects of an array; none if it is missing."""
    found = holder.get(key)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise BadRecord(f"{key} must be an array of objects")
    return found


def text_in(holder: Object, key: str) -> str:
    found = holder.get(key)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise BadRecord(f"{key} must be a text")
    return found


def enum_in(holder: Object, key: str) -> int:
    """An enum's number; 0 if missing. Names of enums are not OTLP."""
    return _integer(holder.get(key), key, _INT32)


def count_in(holder: Object, key: str) -> int:
    """A count, or flags; 0 if missing."""
    return _integer(holder.get(key), key, _UINT32)


def time_in(holder: Object, key: str) -> int:
    """Nanoseconds; 0 if missing."""
    return _integer(holder.get(key), key, _UINT64)


def _integer(found: Any, key: str, allowed: range) -> int:
    """An integer that may come as text; 0 if missing."""
    if found is None:
        return 0
    if isinstance(found, str):
        try:
            found = int(found)
        except ValueError:
            raise BadRecord(f"{key} must be an integer, not {found[:40]!r}") from None
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    if isinstance(found, bool) or not isinstance(found, int):
        raise BadRecord(f"{key} must be an integer")
    if found < 0 and allowed.start == 0:
        raise BadRecord(f"{key} must not be negative")
    if found not in allowed:
        raise BadRecord(f"{key} does not fit {32 if allowed in (_INT32, _UINT32) else 64} bits")
    return found


def hex_in(holder: Object, key: str) -> str:
    """An id as lower-case hex."""
    found = text_in(holder, key)
    if not _HEX.fullmatch(found):
        raise BadRecord(f"{key} must be hex, not {found[:40]!r}")
    return found.lower()


def attributes_in(holder: Object, key: str = "attributes") -> Attributes:
    return {text_in(pair, "key"): value_in(pair.get("value")) for pair in items_in(holder, key)}


def value_in(found: Any, depth: int = 0) -> AttributeValue:
    """An AnyValue. Raises BadRecord for what is none."""
    if found is None:
        return None
    if not isinstance(found, dict):
        raise BadRecord('an attribute value must be an object such as {"stringValue": "..."}')
    if depth > _MAX_DEPTH:
        raise BadRecord(f"an attribute value is nested more than {_MAX_DEPTH} deep")
    for key, value in found.items():
        if value is not None and key in _READERS:
            return _READERS[key](value, depth)
    return None


def _string(value: Any, _: int) -> str:
    if not isinstance(value, str):
        raise BadRecord("stringValue must be a text")
    return value


def _boolean(value: Any, _: int) -> bool:
    if not isinstance(value, bool):
        raise BadRecord("boolValue must be true or false")
    return value


def _int64(value: Any, _: int) -> AttributeValue:
    # JavaScript takes every whole number for an int, however large, and writes it in as few digits
    # as tell it apart; -2**63 becomes -9223372036854776000. As text it must be an int.
    if isinstance(value, int | float) and not _fits(value):
        value = float(value)
        if not _fits(value):
            return _double(value, _)
    return _integer(value, "intValue", _INT64)


def _fits(number: float) -> bool:
    return -(2**63) <= number < 2**63


def _double(value: Any, _: int) -> AttributeValue:
    if isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        try:
            return tagged_float(float(value))
        except (ValueError, OverflowError):
            pass
    raise BadRecord("doubleValue must be a number")


def _bytes(value: Any, _: int) -> bytes:
    try:
        return base64.b64decode(_string(value, 0), altchars=None, validate=True)
    except binascii.Error:
        raise BadRecord("bytesValue must be base64") from None


def _list(value: Any, depth: int) -> list[AttributeValue]:
    items = _object(value, "arrayValue").get("values") or []
    if not isinstance(items, list):
        raise BadRecord("arrayValue.values must be an array")
    return [value_in(item, depth + 1) for item in items]


def _map(value: Any, depth: int) -> AttributeValue:
    pairs = items_in(_object(value, "kvlistValue"), "values")
    return escape_map(
        {text_in(pair, "key"): value_in(pair.get("value"), depth + 1) for pair in pairs}
    )


_READERS: Final = {
    "stringValue": _string,
    "boolValue": _boolean,
    "intValue": _int64,
    "doubleValue": _double,
    "bytesValue": _bytes,
    "arrayValue": _list,
    "kvlistValue": _map,
}
