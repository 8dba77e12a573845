"""Where a dialect keeps a value: an attribute, and how it is read."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import orjson

__all__ = [
    "Source",
    "all_of",
    "at_least",
    "before_dot",
    "json_path",
    "not_null",
    "not_redacted",
    "one_of",
    "plus",
    "sum_of",
    "times",
]


@dataclass(frozen=True, slots=True)
class Source:
    """An attribute, and how its value is read where it is not simply taken. Numbers in the
    attributes ``also`` are added to it."""

    key: str
    read: Callable[[Any], Any] | None = None
    also: tuple[str, ...] = ()


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


def json_path(key: str, *path: str | int) -> Source:
    """A value inside JSON text or a map, by names and places; None where the path leads nowhere."""

    def follow(value: Any) -> Any:
        if isinstance(value, str):
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError:
                return None
        for step in path:
            if isinstance(step, int):
                value = value[step] if isinstance(value, list) and step < len(value) else None
            else:
                value = value.get(step) if isinstance(value, dict) else None
        return value

    return Source(key, follow)


def sum_of(*parts: Source) -> Source:
    """Of one attribute's JSON: several counts as one; None without the first."""

    def add(value: Any) -> int | None:
        counts = [part.read(value) if part.read else None for part in parts]
        if type(counts[0]) is not int:
            return None
        return sum(count for count in counts if type(count) is int)

    return Source(parts[0].key, add)


def before_dot(key: str) -> Source:
    """The part of a text before its first dot: of "openai.chat", "openai"."""

    def head(value: Any) -> Any:
        return value.partition(".")[0] if isinstance(value, str) else value

    return Source(key, head)


def plus(key: str, *others: str) -> Source:
    """A count that leaves out what others tell: their sum."""
    return Source(key, also=others)


def one_of(key: str, values: Collection[str], meaning: str) -> Source:
    """``meaning`` if the value is one of these, compared as text in lower case."""

    def told(value: Any) -> str | None:
        return meaning if str(value).lower() in values else None

    return Source(key, told)


def at_least(key: str, number: float, meaning: str) -> Source:
    """``meaning`` if the value is a number no less than this."""

    def told(value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return meaning if value >= number else None

    return Source(key, told)


def not_redacted(key: str) -> Source:
    """A text, unless what stands there is that it was left out."""

    def taken(value: Any) -> Any:
        return None if value == "<REDACTED>" else value

    return Source(key, taken)
