"""The runs that have started and not ended yet."""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from opentelemetry.trace import NonRecordingSpan, Span

from audittrail.callback_handler.ambient import RunContext, place

__all__ = ["Run", "Runs"]

MAX_OPEN: Final = 10_000
MAX_ENDED: Final = 1_024


@dataclass(slots=True, eq=False)
class Run:
    """One run of LangChain's. A hidden one has no span; its children belong to the run above."""

    id: UUID | None
    kind: str
    parent: Run | None
    span: Span | None = None
    agent_name: str | None = None
    offered: list[str] = field(default_factory=list)
    started: float = 0.0
    streamed: bool = False
    interrupts: dict[str, Any] = field(default_factory=dict)
    context: RunContext | None = None
    place: tuple[int, int | None] = field(default_factory=place)
    children: dict[UUID | None, Run] = field(default_factory=dict)
    forget: Callable[[], object] | None = None
    """Gives up watching the task that the run is part of."""

    @property
    def visible(self) -> Run | None:
        """This run, or the nearest above it that has a span."""
        run: Run | None = self
        while run is not None and run.span is None:
            run = run.parent
        return run


class Runs:
    """By id, for many threads at once. The oldest give way when there are too many, so a run
    whose end never comes is not kept for ever."""

    def __init__(self, max_open: int = MAX_OPEN, max_ended: int = MAX_ENDED) -> None:
        self._max_open = max_open
        self._max_ended = max_ended
        self._renew_lock()
        _all.add(self)
        self._open: OrderedDict[UUID | None, Run] = OrderedDict()
        self._ended: OrderedDict[UUID | None, Run] = OrderedDict()

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._open)

    def find(self, run_id: UUID | None) -> Run | None:
        """An open run, or the stand-in of one that ended not long ago."""
        if run_id is None:
            return None
        with self._lock:
            return self._open.get(run_id) or self._ended.get(run_id)

    def find_open(self, run_id: UUID | None) -> Run | None:
        with self._lock:
            return self._open.get(run_id)

    def add(self, run: Run) -> list[Run]:
        """Keep it; returns those that had to give way, also one of the same id."""
        with self._lock:
            before = self._open.pop(run.id, None)
            gone = [] if before is None else [before]
            self._open[run.id] = run
            if run.parent is not None:
                run.parent.children[run.id] = run
            while len(self._open) > self._max_open:
                gone.append(self._open.popitem(last=False)[1])
            for each in gone:
                _leave_parent(each)
            return gone

    def pop(self, run_id: UUID | None) -> Run | None:
        """Take out a run that ends. A child that is late still finds its parent."""
        with self._lock:
            run = self._open.pop(run_id, None)
            if run is not None:
                _leave_parent(run)
                self._ended[run_id] = _stand_in(run)
                if len(self._ended) > self._max_ended:
                    self._ended.popitem(last=False)
            return run

    def pop_within(self, run: Run, *, same_place: bool) -> list[Run]:
        """Take out what is below a run, the innermost first; or of that only what was called from
        the very thread or task that the run was called from."""
        with self._lock:
            found = [each for each in _below(run) if not same_place or each.place == run.place]
            for each in found:
                _leave_parent(each)
                self._open.pop(each.id, None)
            return found


_all: weakref.WeakSet[Runs] = weakref.WeakSet()


def _after_fork() -> None:
    # In a child, a lock may be held by a thread that is not there.
    for each in _all:
        each._renew_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _below(run: Run) -> list[Run]:
    return [each for child in reversed(run.children.values()) for each in (*_below(child), child)]


def _leave_parent(run: Run) -> None:
    if run.parent is not None and run.parent.children.get(run.id) is run:
        del run.parent.children[run.id]


def _stand_in(run: Run) -> Run:
    """Of an ended run: enough to be a parent, and nothing that it said."""
    shown = run.visible
    span = None if shown is None or shown.span is None else shown.span
    return Run(
        run.id,
        run.kind,
        None,
        span=None if span is None else NonRecordingSpan(span.get_span_context()),
        agent_name=run.agent_name,
    )
