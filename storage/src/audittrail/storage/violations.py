"""Broken rules as they are stored, and what is asked of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from audittrail.storage.trace_query import Page, Row

__all__ = [
    "CountKey",
    "Decision",
    "Recorded",
    "TraceHead",
    "ViolationQuery",
    "ViolationReader",
    "ViolationRow",
    "ViolationStore",
]

CountKey: TypeAlias = Literal["rule_id", "agent_name", "severity", "status", "environment"]


class ViolationRow(NamedTuple):
    """A verdict on one span, trace or session. ``id`` is the same for the same rule and the same
    data's ids, whenever it is judged. Times are UTC ns.

    ``evidence`` is JSON: a list of {column, start, length, what}, in characters; ``witnesses`` a
    JSON list of the ids of spans (of a session: traces). ``data_seq`` is the number of the newest
    row that was judged; ``state`` is ``open`` or ``withdrawn``.
    """

    id: str
    rule_id: str
    rule_digest: str
    title: str
    severity: str
    scope: str
    trace_id: str | None
    span_id: str | None
    session_id: str | None
    agent_name: str | None
    environment: str | None
    message: str
    evidence: str
    witnesses: str
    at_ns: int
    judged_ns: int
    data_seq: int
    state: str


class Decision(NamedTuple):
    """What a person said of a violation; kept for ever, with what it was about."""

    id: str
    violation_id: str
    kind: str  # acknowledged, waived or reopened
    reason: str
    decided_by: str
    decided_ns: int


class Recorded(NamedTuple):
    """What ``record`` stored: the rows that opened what was never open before, how many were
    withdrawn, and the number that each trace has since which got nothing else since it was read.
    """

    opened: Sequence[ViolationRow]
    withdrawn: int
    seqs: Mapping[str, int]


class TraceHead(NamedTuple):
    """Enough of a trace to decide how it is judged."""

    owner: str
    trace_id: str
    seq: int
    first_seq: int
    span_count: int
    state: str
    last_received_ns: int
    session_id: str | None
    has_logs: bool


@dataclass(frozen=True, slots=True)
class ViolationQuery:
    """Which violations, the newest first. None and () mean any."""

    rule_id: Sequence[str] = ()
    severity: Sequence[str] = ()
    status: Sequence[str] = ()
    agent_name: str | None = None
    environment: str | None = None
    trace_id: str | None = None
    session_id: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None
    limit: int = 50
    after: tuple[int, str] | None = None


class ViolationReader(Protocol):
    """What one owner can ask of their violations; a part of ``TraceReader``."""

    def list_violations(self, query: ViolationQuery) -> Page:
        """With the newest decision on each: ``status``, ``decision_reason``, ``decided_by``,
        ``decided_ns``; ``found_ns`` is when it was found first."""
        ...

    def get_violation(self, violation_id: str) -> Row | None: ...

    def count_violations(self, query: ViolationQuery, by: CountKey) -> Sequence[tuple[Any, int]]:
        """The most frequent values first."""
        ...

    def violation_extent(self, query: ViolationQuery) -> tuple[int, int, int]:
        """(time of the first in ns, of the last, how many); zeros without any."""
        ...

    def violation_times(self, query: ViolationQuery, width_ns: int) -> Sequence[tuple[int, int]]:
        """(start of a bucket in ns, how many), by time; without empty buckets."""
        ...

    def violations_of_traces(self, trace_ids: Sequence[str]) -> Sequence[Row]:
        """All of these traces, also withdrawn ones."""
        ...

    def violations_of_sessions(self, session_ids: Sequence[str]) -> Sequence[Row]:
        """Those that are about a whole session."""
        ...

    def id_forms(
        self, spans: Mapping[str, Collection[str]]
    ) -> Iterator[tuple[str, int, dict[str, int]]]:
        """(trace id, its id_form, id_form by span id) for these traces and some of their spans."""
        ...

    def decisions(self, violation_id: str | None, limit: int) -> Sequence[Row]:
        """What was said of one, or of all, the newest first."""
        ...

    def rule_text(self, digest: str) -> str | None:
        """The text of a rule as it was when it was judged by."""
        ...

    def spans_to_judge(
        self, trace_ids: Sequence[str], columns: Sequence[str], changed_after: int = -1
    ) -> Any:
        """An Arrow table of these columns, and ``seq``, of the spans of these traces; of those
        with a version after a number. Long texts stand in it as they are stored; ``text_bytes``
        is how many bytes a span's texts have as they are judged."""
        ...

    def with_whole_texts(self, spans: Any, most: int | None = None) -> Any:
        """The same spans, or some of them, with their texts; of input and output only as much as
        is judged, 256 KB or ``most`` characters."""
        ...

    def traces_to_judge(self, trace_ids: Sequence[str], columns: Sequence[str]) -> Any:
        """An Arrow table of these columns of these traces."""
        ...

    def sessions_to_judge(self, session_ids: Sequence[str], columns: Sequence[str]) -> Any:
        """An Arrow table of these columns of all traces of these sessions."""
        ...


class ViolationStore(Protocol):
    """Writing violations. Every change is durable when its call returns."""

    def record(
        self,
        owner: str,
        rows: Sequence[ViolationRow],
        rules: Mapping[str, tuple[str, str]],
        judged: Mapping[str, int],
    ) -> Recorded:
        """Store verdicts, and count those of each trace anew. ``rules`` are (rule id, text) by
        digest, ``judged`` the numbers of the traces as they were read. Verdicts on traces that
        are gone are left out."""
        ...

    def decide(self, owner: str, decisions: Sequence[Decision]) -> int:
        """Store decisions on the owner's violations; how many of these there are."""
        ...

    def heads_after(self, seq: int, limit: int) -> Sequence[TraceHead]:
        """Everybody's traces with news after this number, by the number of the last."""
        ...

    def heads_gone_quiet(self, since_ns: int, until_ns: int, limit: int) -> Sequence[TraceHead]:
        """Everybody's running traces that received their last between these times."""
        ...

    def heads_since(
        self, owner: str | None, since_ns: int, after: int, limit: int
    ) -> Sequence[TraceHead]:
        """An owner's traces, or everybody's, that began at this time or later, after a number."""
        ...

    def count_since(self, owner: str | None, since_ns: int) -> int: ...

    def judged_seq(self) -> int | None:
        """What ``set_judged_seq`` was told last."""
        ...

    def set_judged_seq(self, seq: int) -> None:
        """Note up to which number everything was judged."""
        ...
