"""What AuditTrail asks of a store. The docstrings are the contract; ``tests/storage`` proves it
for every implementation.

The store is reached by intent, never by a raw handle: append what was received, read one
owner's traces, keep accounts, look after the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from audittrail.storage.ablations import AblationStore
from audittrail.storage.alerts import AlertStore
from audittrail.storage.facts import SpanFacts
from audittrail.storage.summary import TraceRegistration, TraceSummary
from audittrail.storage.trace_query import (
    Histogram,
    Page,
    Row,
    SessionQuery,
    SortKey,
    TraceQuery,
    ValueKey,
)
from audittrail.storage.violations import ViolationReader, ViolationStore

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "AccountStore",
    "ApiKey",
    "Batch",
    "CheckReport",
    "CommitEvent",
    "Histogram",
    "Listener",
    "Maintenance",
    "Page",
    "Receipt",
    "Rejection",
    "Row",
    "SessionQuery",
    "SortKey",
    "Store",
    "StoreStatus",
    "TraceQuery",
    "TraceReader",
    "User",
    "ValueKey",
    "Writer",
]


@dataclass(slots=True)
class Batch:
    """What one request of one owner brought, ready to store.

    ``spans`` has the columns of ``columns.SPAN_COLUMNS`` and a row for each of ``facts``;
    ``logs`` has those of ``columns.LOG_COLUMNS``.
    """

    owner: str
    received_ns: int
    spans: pa.Table | None = None
    facts: Sequence[SpanFacts] = ()
    logs: pa.Table | None = None
    registrations: Sequence[TraceRegistration] = ()
    _nbytes: int | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def rows(self) -> int:
        logs = self.logs.num_rows if self.logs is not None else 0
        return len(self.facts) + logs + len(self.registrations)

    @property
    def nbytes(self) -> int:
        """Memory that the batch holds, roughly."""
        if self._nbytes is None:
            tables = [table.nbytes for table in (self.spans, self.logs) if table is not None]
            self._nbytes = int(sum(tables)) + 600 * len(self.facts) + 1000
        return self._nbytes


class Rejection(NamedTuple):
    """A span of a batch that could not be stored, by its place in the batch."""

    place: int
    reason: str


class Receipt(NamedTuple):
    """Everything in the batch is durable, but for what is rejected."""

    seq: int
    stored: int
    duplicates: int
    rejected: Sequence[Rejection] = ()


class CommitEvent(NamedTuple):
    """One trace as a commit left it, or as it was before it was ``deleted``. ``spans`` holds the
    state of the spans that changed; ``judged`` says that its violations may have."""

    owner: str
    trace_id: str
    seq: int
    summary: TraceSummary
    spans: Sequence[SpanFacts]
    deleted: bool = False
    judged: bool = False


Listener: TypeAlias = Callable[[Sequence[CommitEvent]], None]


class Writer(Protocol):
    """The one way in."""

    def append(self, batch: Batch) -> Future[Receipt]:
        """Store a batch. Thread-safe; returns at once.

        The future resolves only after the batch is committed and fsynced. Storing is idempotent
        on (owner, trace_id, span_id): a version that was stored before changes no count, no sum
        and no cost, and what one owner stores never touches another's rows. A batch is stored
        whole, except rows that the store cannot hold, which are named in the receipt.

        Raises Overloaded at once when the bounded queue is full and ShuttingDown after close;
        the future raises Unavailable for a passing fault such as a full disk. After an error
        nothing of the batch counts as acknowledged, and sending it again is safe.
        """
        ...

    def delete_trace(self, owner: str, trace_id: str) -> Future[bool]:
        """Delete a trace with its spans, log records and ablations; False if the owner has none by
        that id. Spans of it that arrive later start it anew."""
        ...

    def delete_traces(
        self, owner: str, trace_ids: Sequence[str], quiet_since_ns: int | None = None
    ) -> Future[int]:
        """Delete many at once, as ``delete_trace`` does; how many there were. Those that received
        something at ``quiet_since_ns`` or later stay."""
        ...

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` after each commit, from the writer's thread, in commit order; it must
        not block. Returns a function that ends the subscription."""
        ...


class TraceReader(ViolationReader, Protocol):
    """One owner's data, as of one moment. Rows are dictionaries by column name."""

    def list_traces(self, query: TraceQuery) -> Page:
        """Summaries, by keyset: a trace that arrives meanwhile neither repeats nor skips one."""
        ...

    def trace_histogram(self, query: TraceQuery, buckets: int) -> Histogram:
        """The query's traces over its time, or over theirs where it has no bounds."""
        ...

    def trace_values(
        self, query: TraceQuery, key: ValueKey, prefix: str, limit: int
    ) -> Sequence[tuple[str, int]]:
        """The most frequent values with in how many traces they are, of the newest ``query.limit``
        traces that the query finds."""
        ...

    def quiet_since(self, before_ns: int, limit: int) -> Sequence[str]:
        """Ids of traces that have received nothing at this time or later."""
        ...

    def count_quiet_since(self, before_ns: int) -> int: ...

    def models_used(self, limit: int = 50_000) -> Sequence[Row]:
        """By model and source of the cost: how many calls of the newest ones, and their cost."""
        ...

    def first_spans(self, trace_ids: Sequence[str]) -> Sequence[Row]:
        """The roots and the first model calls of these traces, with payload; the root first."""
        ...

    def list_sessions(self, query: SessionQuery) -> Page:
        """Sessions with the sums of their traces; what is asked for of each is its totals."""
        ...

    def session_traces(self, session_id: str, limit: int) -> Sequence[Row]:
        """Summaries of a session's traces, by time."""
        ...

    def get_trace(self, trace_id: str) -> Row | None:
        """The summary of one trace."""
        ...

    def list_spans(
        self, trace_id: str, *, payload: bool, limit: int, after: tuple[int, str] | None
    ) -> Page:
        """Current states in order of start; without ``payload`` no input, output, attributes."""
        ...

    def skeleton(self, trace_id: str, after_seq: int = -1, most: int | None = None) -> pa.Table:
        """Current states, without payload, of the spans with a version after ``after_seq``; of the
        first so many by start."""
        ...

    def get_span(self, trace_id: str, span_id: str) -> Row | None:
        """The current state of one span."""
        ...

    def spans(self, trace_id: str, span_ids: Sequence[str]) -> Sequence[Row]:
        """The current states of these spans, with payload; of those that there are."""
        ...

    def spans_with(self, trace_id: str, text: str, limit: int) -> Sequence[tuple[str, int]]:
        """(id, id_form) of spans with this text in name, input or output, in any case."""
        ...

    def joined_spans(self, trace_id: str, types: Sequence[str], limit: int) -> Sequence[str]:
        """Ids of the spans of these types, of those with links and of what they link to; the first
        by start."""
        ...

    def span_versions(self, trace_id: str, span_id: str) -> Sequence[Row]:
        """Every received version, in order of arrival."""
        ...

    def list_logs(self, trace_id: str) -> Sequence[Row]:
        """The log records of a trace in order of time, a redelivered one once."""
        ...


class User(NamedTuple):
    id: str
    email: str
    password_hash: str
    created_ns: int


class ApiKey(NamedTuple):
    id: str
    owner: str
    name: str
    scopes: Sequence[str]
    prefix: str
    secret_hash: str
    created_ns: int
    last_used_ns: int | None


class AccountStore(Protocol):
    """Users and their API keys. Every change is durable when its call returns."""

    def add_user(self, user: User) -> None:
        """Raises Conflict if the e-mail address (compared in lower case) is taken."""
        ...

    def find_user(self, email: str) -> User | None: ...

    def get_user(self, user_id: str) -> User | None: ...

    def count_users(self) -> int: ...

    def add_key(self, key: ApiKey) -> None: ...

    def list_keys(self, owner: str | None = None) -> Sequence[ApiKey]:
        """An owner's keys, newest first; everybody's if None."""
        ...

    def delete_key(self, owner: str, key_id: str) -> bool:
        """False if the owner has no such key."""
        ...

    def note_key_use(self, used_ns: Mapping[str, int]) -> None:
        """Record when keys, by id, were used last."""
        ...

    def setting(self, owner: str, name: str) -> str | None:
        """What an owner has set; None if nothing."""
        ...

    def set_setting(self, owner: str, name: str, value: str | None) -> None:
        """None takes it back."""
        ...

    def owners_with(self, name: str) -> Mapping[str, str]:
        """The owners who have set this, with the value of each."""
        ...


@dataclass(slots=True)
class CheckReport:
    """What ``Maintenance.check`` found; ``problems`` is empty for a sound store."""

    traces: int = 0
    spans: int = 0
    versions: int = 0
    logs: int = 0
    problems: list[str] = field(default_factory=list)


class StoreStatus(NamedTuple):
    """For health and metrics. Sizes are bytes."""

    connected: bool
    engine: str
    engine_version: str
    schema_version: int
    file_bytes: int
    wal_bytes: int
    queued_rows: int
    queued_bytes: int
    last_seq: int
    last_error: str | None


class Repricer(Protocol):
    """Gives (cost in USD or None, source) for (model, provider, start_ns, tokens in, out,
    cached, cache write, reasoning)."""

    def __call__(
        self,
        model: str | None,
        provider: str | None,
        start_ns: int | None,
        tokens_in: int | None,
        tokens_out: int | None,
        tokens_cached: int | None,
        tokens_cache_write: int | None,
        tokens_reasoning: int | None,
    ) -> tuple[float | None, str | None]: ...


class Remapper(Protocol):
    """Gives for stored rows of spans, dictionaries of all their columns, an Arrow table of
    ``SPAN_COLUMNS`` with a row for each: what would be stored of them now."""

    def __call__(self, rows: Sequence[Row]) -> Any: ...


class Maintenance(Protocol):
    """Looking after the store. All of it works while the server runs."""

    def status(self) -> StoreStatus: ...

    def last_seq(self) -> int:
        """The number of the newest committed row; cheap."""
        ...

    def queued(self) -> tuple[int, int]:
        """(rows, bytes) that wait to be stored; cheap."""
        ...

    def backup(self, target: Path) -> int:
        """Write a consistent copy, as of the moment of the call, to a file that does not exist
        yet; ingest goes on meanwhile. Returns its size in bytes."""
        ...

    def compact(self) -> Iterator[tuple[int, int, int]]:
        """Give the space of what was deleted back to the disk. Readers go on, but for a moment at
        the end; what is appended waits. Yields (rows copied, rows in all, bytes given back) as it
        goes; the bytes in the end. Raises SettingsError if the disk has no room for the copy."""
        ...

    def convert(self, seconds: float) -> int | None:
        """Cut the long texts of rows that an earlier release stored, for about so long, or until
        something waits to be stored: of how many rows; None if there is nothing more to do, which
        costs nothing. To be called again and again; goes on where it was, also after a restart."""
        ...

    def check(self) -> CheckReport:
        """Read every stored value and compare every summary with the spans it sums up."""
        ...

    def reprice(self, price: Repricer) -> Iterator[tuple[int, int, int]]:
        """Recompute every cost that no agent reported. Yields (versions seen, versions in all,
        versions changed) as it goes."""
        ...

    def remap(self, mapper: Remapper) -> Iterator[tuple[int, int, int]]:
        """Map anew all spans that came by OTLP. Yields like ``reprice``."""
        ...


class Store(Protocol):
    """A store that is open. Closing it commits what was appended before."""

    @property
    def writer(self) -> Writer: ...

    @property
    def accounts(self) -> AccountStore: ...

    @property
    def maintenance(self) -> Maintenance: ...

    @property
    def violations(self) -> ViolationStore: ...

    @property
    def alerts(self) -> AlertStore: ...

    @property
    def ablations(self) -> AblationStore: ...

    def read(self, owner: str) -> AbstractContextManager[TraceReader]:
        """Everything that is read of traces is read through here, for one owner."""
        ...

    def close(self) -> None: ...
