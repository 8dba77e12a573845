"""Spans that stand for another one which still runs."""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias

from audittrail.receiver.mapping.dialect import Placeholder
from audittrail.receiver.otlp.attributes import AttributeColumns
from audittrail.receiver.otlp.decoded import parent_of
from audittrail.storage import PHASE_RUNNING

__all__ = ["stand_in"]

Columns: TypeAlias = dict[str, Any]

_SPAN_ID: Final = re.compile(r"[0-9a-f]{16}")
_STANDING: Final = ("span_id", "parent_span_id", "phase", "end_ns", "status")


def stand_in(columns: Columns, attributes: AttributeColumns, placeholder: Placeholder) -> None:
    """Make placeholders the running versions of the spans that they stand for."""
    values = attributes.values(placeholder.key)
    if placeholder.value not in values:
        return
    for name in _STANDING:
        columns[name] = list(columns[name])
    parents: list[Any] = [None] * len(values)
    if placeholder.parent_key in attributes.keys:
        parents = attributes.values(placeholder.parent_key)
    for index, value in enumerate(values):
        stands_for = columns["parent_span_id"][index]
        if value != placeholder.value or stands_for is None:
            continue
        parent = parents[index]
        known = isinstance(parent, str) and _SPAN_ID.fullmatch(parent)
        columns["span_id"][index] = stands_for
        columns["parent_span_id"][index] = parent_of(parent) if known else None
        columns["phase"][index] = PHASE_RUNNING
        columns["end_ns"][index] = None
        columns["status"][index] = "running"
