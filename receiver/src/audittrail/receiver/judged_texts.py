"""What rules read of a model call whose words are not in its own input and output: some dialects
tell them in numbered attributes, some in log records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from audittrail.receiver.mapping.conversation import content_of
from audittrail.storage import Row

__all__ = ["judged_texts"]


def judged_texts(row: Row, logs: Sequence[Row]) -> tuple[str | None, str | None]:
    """(input, output) as texts: the stored ones, or what else was recorded, as JSON. ``logs`` are
    the log records of the trace."""
    given, returned = row["input"], row["output"]
    if given is None or returned is None:
        told = content_of(row, logs)
        given = _text(told[0]) if given is None else given
        returned = _text(told[1]) if returned is None else returned
    return given, returned


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()
