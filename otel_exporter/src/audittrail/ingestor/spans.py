"""Spans as the REST API takes them."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, TypeAlias

from audittrail.content import LIMIT, to_plain
from audittrail.ingestor.sender import Item

__all__ = ["Moment", "Started", "as_item", "new_span_id", "now"]

Moment: TypeAlias = dt.datetime | str | float
"""ISO 8601, or a number of seconds (or milli-, micro- or nanoseconds) since 1970."""

_REMEMBERED: Final = 10_000
_OF_A_SPAN: Final = ("trace_id", "parent_span_id", "name", "span_type", "start_time")
# Text and JSON of any size; all other fields are small.
_CONTENT: Final = ("input", "output", "tool_calls", "attributes", "events", "links")


class Started:
    """What was said of spans when they started, so that it need not be said again at the end.

    There is no lock, which a fork could leave locked: each step is one of the interpreter's.
    """

    def __init__(self) -> None:
        self._spans: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def keep(self, span: Mapping[str, Any]) -> None:
        self._spans[span["span_id"]] = {name: span.get(name) for name in _OF_A_SPAN}
        while len(self._spans) > _REMEMBERED:
            with suppress(KeyError):  # another thread did it
                self._spans.popitem(last=False)

    def take(self, span_id: str) -> dict[str, Any]:
        return self._spans.pop(span_id, {})


def as_item(span: Mapping[str, Any]) -> Item:
    """Raises ValueError for a span that no server could store."""
    missing = [name for name in ("trace_id", "name") if not span.get(name)]
    if missing:
        raise ValueError(f"{' and '.join(missing)} must be given, for it was not sent as running")
    fields = {name: _plain(name, value) for name, value in span.items() if value is not None}
    text = json.dumps(fields, ensure_ascii=False, allow_nan=False)
    return Item(str(span["name"]), text.encode())


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, dt.datetime):
        # Without a zone it is the local time, as everywhere in Python.
        return (value if value.tzinfo else value.astimezone()).isoformat()
    return to_plain(value, LIMIT if name in _CONTENT else LIMIT // 10)


def new_span_id() -> str:
    return os.urandom(8).hex()


def now() -> int:
    return time.time_ns()
