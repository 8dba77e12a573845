"""Judging traces as they change: after the commit, off the way of what comes in."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Final

import structlog

from audittrail.errors import AuditTrailError, ShuttingDown
from audittrail.rules.enforcement.bench import Bench, Found
from audittrail.rules.enforcement.constitution import Constitution, RuleSet
from audittrail.rules.enforcement.contents import Texts
from audittrail.rules.enforcement.failing import Failing
from audittrail.rules.enforcement.sandbox import Sandbox
from audittrail.rules.evaluation.rule_files import SourcedRule
from audittrail.rules.evaluation.verdict import docket_of
from audittrail.storage import Store, TraceHead, TraceQuery, ViolationRow

__all__ = ["Inspector", "Opened"]

log = structlog.get_logger(__name__)

Opened = Callable[[str, Sequence[ViolationRow]], None]

_MOST_TRACES: Final = 800
_MOST_SPANS: Final = 12_000
_PAUSE_SECONDS: Final = 0.1
_NOTE_SECONDS: Final = 5.0
_QUIET_SECONDS: Final = 10.0
# While batches wait to be stored, this part of the time goes into judging at most.
_SHARE: Final = 0.06
_LONGEST_PAUSE: Final = 3.0
_REMEMBERED: Final = 20_000


class Inspector:
    """Follows the store's numbers: every trace whose newest row has a higher one than was seen is
    judged. So nothing is judged twice for nothing, nothing is left out after a restart, and what
    comes faster than it can be judged is judged later."""

    def __init__(
        self,
        store: Store,
        constitution: Constitution,
        *,
        idle_ns: int,
        texts: Texts,
        opened: Opened = lambda _owner, _rows: None,
    ) -> None:
        self._store = store
        self._constitution = constitution
        self._idle_ns = idle_ns
        self._opened = opened
        self._texts = texts
        self._sandbox = Sandbox()
        self.failing = Failing()
        self._bench = Bench(store, constitution, self._sandbox, idle_ns, texts, self.failing)
        self._woken = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        # What our own rows left as the newest number of a trace: nothing to judge.
        self._ours: OrderedDict[tuple[str, str], int] = OrderedDict()
        self.judged_seq = 0

    def start(self) -> None:
        """Begin where it ended the last time; with a file that was never judged, now."""
        noted = self._store.violations.judged_seq()
        self.judged_seq = self._store.maintenance.last_seq() if noted is None else noted
        if noted is None:
            self._note()
        self._unsubscribe = self._store.writer.subscribe(lambda _: self._woken.set())
        self._thread = threading.Thread(target=self._run, name="audittrail-rules", daemon=True)
        self._thread.start()
        self._woken.set()

    def close(self) -> None:
        """End; what is not judged yet will be after the next start."""
        self._closing.set()
        self._woken.set()
        self._unsubscribe()
        self._sandbox.close()
        if self._thread is not None:
            self._thread.join()
        self._note()

    def _note(self) -> None:
        try:
            self._store.violations.set_judged_seq(self.judged_seq)
        except AuditTrailError as error:
            log.warning("how far rules were applied is not noted", error=str(error))

    def _run(self) -> None:
        noted = looked = time.monotonic()
        noted_seq = self.judged_seq
        while not self._closing.is_set():
            self._woken.wait(1.0)
            self._woken.clear()
            try:
                while not self._closing.is_set() and self._step():
                    pass
                if time.monotonic() - looked > _QUIET_SECONDS:
                    looked = time.monotonic()
                    self._judge_quiet()
            except ShuttingDown:
                break
            except AuditTrailError as error:
                log.warning("rules wait", error=str(error))
            except Exception:
                log.exception("rules could not be applied")
                self._closing.wait(1.0)
            if self.judged_seq != noted_seq and time.monotonic() - noted > _NOTE_SECONDS:
                noted, noted_seq = time.monotonic(), self.judged_seq
                self._note()
            self._closing.wait(_PAUSE_SECONDS)

    def _step(self) -> bool:
        """Judge some of what changed; False if nothing did."""
        heads = _cut(self._store.violations.heads_after(self.judged_seq, _MOST_TRACES))
        if not heads:
            return False
        started = time.monotonic()
        self._judge_all(heads)
        if self._closing.is_set():
            return False
        self.judged_seq = heads[-1].seq
        if self._store.maintenance.queued()[0]:
            spent = time.monotonic() - started
            self._closing.wait(min(_LONGEST_PAUSE, spent * (1 - _SHARE) / _SHARE))
        return True

    def _judge_all(self, heads: Sequence[TraceHead]) -> None:
        """One trace that cannot be judged costs no other its verdict."""
        try:
            self.judge(heads)
        except AuditTrailError:
            raise
        except Exception:
            log.exception("traces are judged one by one")
            for head in heads:
                try:
                    self.judge([head])
                except AuditTrailError:
                    raise
                except Exception:
                    log.exception("a trace could not be judged", trace=head.trace_id)

    def judge(self, heads: Sequence[TraceHead]) -> int:
        """Judge these traces and store what changed; how many violations did."""
        changed = 0
        for owner, group in groupby(sorted(heads), key=lambda head: head.owner):
            fresh = [head for head in group if self._ours.get((owner, head.trace_id)) != head.seq]
            if not fresh:
                continue
            changed += self._record(owner, self._bench.judge(owner, fresh))
        return changed

    def _record(self, owner: str, found: Found) -> int:
        self.failing.note(owner, self._constitution.rules_for(owner), found.failures)
        if not found.rows or self._closing.is_set():
            return 0
        texts = self._constitution.rules_for(owner).texts
        recorded = self._store.violations.record(owner, found.rows, texts, found.seqs)
        for trace_id, seq in recorded.seqs.items():
            self._ours[owner, trace_id] = seq
        while len(self._ours) > _REMEMBERED:
            self._ours.popitem(last=False)
        if recorded.opened:
            self._opened(owner, recorded.opened)
        return len(found.rows)

    def _judge_quiet(self) -> None:
        """Traces that ended by falling silent."""
        until = time.time_ns() - self._idle_ns
        since = until - round(2 * _QUIET_SECONDS * 1e9)
        self.judge(self._store.violations.heads_gone_quiet(since, until, _MOST_TRACES))

    def try_rules(self, owner: str, rules: Sequence[SourcedRule], traces: int) -> Found:
        """What these rules would find in an owner's newest traces. Nothing is stored."""
        if not rules:
            return Found([], [], {})
        with self._store.read(owner) as reader:
            page = reader.list_traces(TraceQuery(limit=traces))
        heads = [
            TraceHead(owner, *(row[name] for name in TraceHead._fields[1:]))
            for row in page.rows
            if row["span_count"]
        ]
        sandbox = Sandbox()
        bench = Bench(self._store, self._constitution, sandbox, self._idle_ns, self._texts)
        by_id = {each.rule.id: each.rule for each in rules}
        chosen = RuleSet(rules, dockets=[docket_of(rule) for rule in by_id.values()], by_id=by_id)
        found = Found([], [], {})
        try:
            while heads:
                part = _cut(heads)
                heads = heads[len(part) :]
                bench.judge_by(chosen, owner, part, found, compare=False)
        finally:
            sandbox.close()
        return found

    def apply(self, owner: str | None, since_ns: int) -> Iterator[tuple[int, int, int]]:
        """Judge everything that began at this time or later, of one owner or of all. Yields
        (traces judged, traces in all, violations changed) as it goes."""
        total = self._store.violations.count_since(owner, since_ns)
        done = changed = 0
        after = -1
        sandbox = Sandbox(nice=0)
        bench = Bench(self._store, self._constitution, sandbox, self._idle_ns, self._texts)
        last = self._store.maintenance.last_seq()
        try:
            while heads := _cut(
                self._store.violations.heads_since(owner, since_ns, after, 4 * _MOST_TRACES),
                4 * _MOST_SPANS,
            ):
                for name, group in groupby(sorted(heads), key=lambda head: head.owner):
                    changed += self._record(name, bench.judge(name, list(group)))
                after = heads[-1].seq
                done += len(heads)
                yield min(done, total), total, changed
                if after > last:
                    break
        finally:
            sandbox.close()


def _cut(heads: Sequence[TraceHead], most: int = _MOST_SPANS) -> Sequence[TraceHead]:
    """As many as have so many spans together, and one at least."""
    spans = 0
    for place, head in enumerate(heads):
        spans += head.span_count
        if spans > most:
            return heads[: place + 1]
    return heads
