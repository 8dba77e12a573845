"""Live events: what each commit changed, to whoever watches it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from audittrail.api.presenting import present_fact, present_trace
from audittrail.receiver.ids import as_sent
from audittrail.storage import TRACE_UUID, CommitEvent, Writer

__all__ = ["LiveHub", "Subscription"]

# What a client may fall behind by, in traces and in spans, before it is told to load anew.
_MAX_TRACES: Final = 1000
_MAX_SPANS: Final = 5000


class Subscription:
    """One client's view of the events of one owner, or of one trace of theirs.

    Events wait here until the client takes them. Those of one trace that wait together are made
    one, so a client that is a little slow gets fewer and larger messages.
    """

    def __init__(self, owner: str, trace_id: str | None, idle_ns: int) -> None:
        self.owner = owner
        self.trace_id = trace_id
        self.overrun = False
        self._idle_ns = idle_ns
        self._waiting: dict[str, CommitEvent] = {}
        self._spans = 0
        self._notes: dict[str, dict[str, Any]] = {}
        self._ready = asyncio.Event()

    def offer(self, event: CommitEvent) -> None:
        """Queue an event; for the event loop's thread."""
        if self.overrun or (self.trace_id is not None and event.trace_id != self.trace_id):
            return
        if self.trace_id is None:
            event = event._replace(spans=())
        before = self._waiting.pop(event.trace_id, None)
        if before is not None:
            event = _merge(before, event)
            self._spans -= len(before.spans)
        self._waiting[event.trace_id] = event
        self._spans += len(event.spans)
        if len(self._waiting) > _MAX_TRACES or self._spans > _MAX_SPANS:
            self.overrun = True
            self._waiting.clear()
        self._ready.set()

    def note(self, key: str, message: dict[str, Any]) -> None:
        """Queue a message; one with the same key that still waits is replaced."""
        if not self.overrun:
            self._notes[key] = message
            self._ready.set()

    async def take(self) -> list[dict[str, Any]]:
        """The messages that wait; waits for the first. None come after an overrun."""
        await self._ready.wait()
        self._ready.clear()
        events, self._waiting, self._spans = self._waiting, {}, 0
        notes, self._notes = self._notes, {}
        idle_before = time.time_ns() - self._idle_ns
        messages = [self._message(event, idle_before) for event in events.values()]
        return [*messages, *notes.values()]

    def _message(self, event: CommitEvent, idle_before: int) -> dict[str, Any]:
        trace_id = as_sent(event.trace_id, event.summary.id_form, TRACE_UUID)
        if event.deleted:
            return {"type": "deleted", "trace_id": trace_id, "seq": event.seq}
        message: dict[str, Any] = {
            "type": "commit",
            "trace_id": trace_id,
            "seq": event.seq,
            "server_time_ms": time.time_ns() / 1e6,
            "trace": present_trace(event.summary._asdict(), idle_before),
        }
        if event.judged:
            # The violations have to be asked for: what they are is not in the summary.
            message["judged"] = True
        if self.trace_id is not None:
            message["spans"] = [present_fact(span) for span in event.spans]
        return message


def _merge(before: CommitEvent, after: CommitEvent) -> CommitEvent:
    if after.deleted or before.deleted:
        return after
    spans = {span.span_id: span for span in (*before.spans, *after.spans)}
    return after._replace(spans=tuple(spans.values()), judged=before.judged or after.judged)


class LiveHub:
    """Hands the writer's commit events to the subscriptions of their owner."""

    def __init__(self, idle_ns: int) -> None:
        self._idle_ns = idle_ns
        self._by_owner: dict[str, set[Subscription]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def connect(self, writer: Writer) -> Callable[[], None]:
        """Listen to a writer, from within the event loop; returns how to stop."""
        self._loop = asyncio.get_running_loop()
        return writer.subscribe(self._on_commit)

    def _on_commit(self, events: Sequence[CommitEvent]) -> None:
        # The writer's thread: only what somebody watches goes any further.
        watched = [event for event in events if event.owner in self._by_owner]
        if watched and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._dispatch, watched)

    def _dispatch(self, events: Sequence[CommitEvent]) -> None:
        for event in events:
            for subscription in self._by_owner.get(event.owner, ()):
                subscription.offer(event)

    def tell(self, owner: str, trace_id: str, message: dict[str, Any]) -> None:
        """Give a message on a trace (by its hexadecimal id) to those who watch it; for the event
        loop's thread."""
        for subscription in self._by_owner.get(owner, ()):
            if subscription.trace_id == trace_id:
                subscription.note(str(message.get("run")), message)

    def subscribe(self, owner: str, trace_id: str | None) -> Subscription:
        subscription = Subscription(owner, trace_id, self._idle_ns)
        self._by_owner.setdefault(owner, set()).add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        watchers = self._by_owner.get(subscription.owner)
        if watchers is not None:
            watchers.discard(subscription)
            if not watchers:
                del self._by_owner[subscription.owner]

    def is_watched(self, owner: str) -> bool:
        return owner in self._by_owner

    @property
    def watchers(self) -> int:
        return sum(len(each) for each in self._by_owner.values())
