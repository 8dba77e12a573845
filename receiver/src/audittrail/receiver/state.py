"""When a span ran, whether it still does, and how it ended."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from audittrail import semconv
from audittrail.receiver.mapping.engine import Mapped
from audittrail.receiver.otlp.attributes import AttributeColumns
from audittrail.receiver.otlp.decoded import DecodedSpans
from audittrail.receiver.otlp.values import dump_json, text_of
from audittrail.storage import PHASE_FINAL, PHASE_RUNNING

__all__ = [
    "DERIVED_FLAGS",
    "INTERNAL",
    "USAGE_ESTIMATED",
    "add_flags",
    "add_status",
    "add_times",
    "time_flags",
]

Columns: TypeAlias = dict[str, Any]

# The flag of spans that views leave out until they are asked for.
INTERNAL: Final = "internal"
# The flag of spans whose token counts the instrumentation guessed.
USAGE_ESTIMATED: Final = "usage_estimated"
# All that are told from what else is known of a span, and not while it is decoded.
DERIVED_FLAGS: Final = frozenset(
    {"no_start_time", "clock_skew", "end_before_start", INTERNAL, USAGE_ESTIMATED}
)

_FUTURE_NS: Final = 300 * 10**9
_PAST_NS: Final = 366 * 86_400 * 10**9
_STATUS_ERROR: Final = 2


def add_times(columns: Columns, spans: DecodedSpans, attributes: AttributeColumns) -> None:
    """Start, end, and whether the span still runs: it has no end, or says so."""
    running = [end == 0 for end in spans.end_ns]
    if semconv.RUNNING in attributes.keys:
        said = attributes.values(semconv.RUNNING)
        running = [runs or each is True for runs, each in zip(running, said, strict=True)]
    starts = [start or None for start in spans.start_ns]
    ends = [None if runs else end for end, runs in zip(spans.end_ns, running, strict=True)]
    columns["start_ns"], columns["end_ns"] = starts, ends
    columns["phase"] = [PHASE_RUNNING if runs else PHASE_FINAL for runs in running]


def add_flags(columns: Columns, spans: DecodedSpans, mapped: Mapped, received_ns: int) -> None:
    """What is to be said of a span beside all else, as JSON; that it is internal also by itself."""
    flags = []
    failed = [status == "error" for status in columns["status"]]
    columns["internal"] = [
        rule and not fails for rule, fails in zip(mapped.internal, failed, strict=True)
    ]
    starts, ends = columns["start_ns"], columns["end_ns"]
    for index, (start, end, known) in enumerate(zip(starts, ends, spans.flags, strict=True)):
        found = time_flags(start, end, received_ns)
        if columns["internal"][index]:
            found.append(INTERNAL)
        if mapped.estimated[index]:
            found.append(USAGE_ESTIMATED)
        if known is not None:
            found = [*known, *found]
        # An empty list takes back what a version said that did not know of the failure.
        flags.append(dump_json(found) if found or mapped.internal[index] else None)
    columns["flags"] = flags


def time_flags(start: int | None, end: int | None, received_ns: int) -> list[str]:
    """What is odd about a span's times. Clocks of agents may be wrong by years: such spans are
    stored like any other, and say so."""
    flags = []
    if start is None:
        return ["no_start_time"]
    if not received_ns - _PAST_NS < start < received_ns + _FUTURE_NS:
        flags.append("clock_skew")
    if end is not None and end < start:
        flags.append("end_before_start")
    return flags


def add_status(columns: Columns, spans: DecodedSpans, fields: Columns) -> None:
    """UNSET and OK both mean success; an exception, an error type, or what a dialect has for a
    failure means an error."""
    nothing = [None] * len(spans)
    error_types = fields.get("error_type", nothing)
    error_texts = fields.get("error_message", nothing)
    failures = fields.get("failure", nothing)
    status: list[str] = []
    messages: list[str | None] = []
    for index, code in enumerate(spans.status_code):
        message = spans.status_message[index] or None
        failed = code == _STATUS_ERROR or error_types[index] is not None
        failed = failed or failures[index] is not None
        for event in spans.events[index] or ():
            if event["name"] == "exception":
                failed = True
                message = message or text_of(event["attributes"].get("exception.message"))
        if failed:
            status.append("error")
            messages.append(message or error_texts[index] or error_types[index] or failures[index])
        else:
            status.append("ok" if columns["phase"][index] == PHASE_FINAL else "running")
            messages.append(message)
    columns["status"] = status
    columns["status_message"] = messages
