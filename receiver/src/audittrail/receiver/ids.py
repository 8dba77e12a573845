"""Trace and span ids as clients of the REST API write them: hex or UUID."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from audittrail.errors import InvalidInput

__all__ = ["Id", "as_sent", "parse_span_id", "parse_trace_id"]

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HEX: Final = re.compile(r"[0-9a-f]+")


class Id(NamedTuple):
    """Lower-case hex, and whether it was written as a UUID."""

    hex: str
    is_uuid: bool


def parse_trace_id(text: str, field: str = "trace_id") -> Id:
    """128 bits. Raises InvalidInput that names the field."""
    return _parse(text, field, (32,), "a UUID or 32 hex digits")


def parse_span_id(text: str, field: str = "span_id") -> Id:
    """64 or 128 bits. Raises InvalidInput that names the field."""
    return _parse(text, field, (16, 32), "a UUID, or 16 or 32 hex digits")


def _parse(text: str, field: str, lengths: tuple[int, ...], wanted: str) -> Id:
    plain = text.strip().lower()
    is_uuid = _UUID.fullmatch(plain) is not None
    if is_uuid:
        plain = plain.replace("-", "")
    if len(plain) not in lengths or not _HEX.fullmatch(plain):
        raise InvalidInput(f"{field} must be {wanted}, not {text[:60]!r}", field=field)
    if not plain.strip("0"):
        raise InvalidInput(f"{field} must not be all zeros", field=field)
    return Id(plain, is_uuid)


def as_sent(hex_id: str | None, id_form: int, bit: int) -> str | None:
    """The id as its client wrote it; ``bit`` is one of TRACE_UUID, SPAN_UUID, PARENT_UUID."""
    if hex_id is None or not id_form & bit or len(hex_id) != 32:
        return hex_id
    return "-".join((hex_id[:8], hex_id[8:12], hex_id[12:16], hex_id[16:20], hex_id[20:]))
