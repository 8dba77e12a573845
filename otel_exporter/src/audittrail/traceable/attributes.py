"""Attributes of any type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audittrail.content import to_json

__all__ = ["simple_attributes"]


def simple_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What OTLP has no simple type for becomes JSON; None stands for nothing."""
    return {str(key): _simple(value) for key, value in attributes.items() if value is not None}


def _simple(value: Any) -> Any:
    kind = type(value)
    if kind in (bool, float) or (kind is int and value.bit_length() <= 63):
        return value
    if kind in (list, tuple) and value:
        items = [_simple(each) for each in value]
        first = type(items[0])
        if all(type(item) is first is type(each) for item, each in zip(items, value, strict=True)):
            return items
    return to_json(value)
