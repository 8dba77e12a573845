"""A limit on the time of one piece of work after another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["TimeLimit"]

_IDLE_SECONDS: Final = 5.0


class TimeLimit:
    """Calls ``expired`` when work takes longer than it may. One thread watches over all that is
    done, since a timer for each is a thread for each."""

    def __init__(self, expired: Callable[[], None]) -> None:
        self._expired = expired
        self._changed = threading.Condition()
        self._until: float | None = None
        self._watcher: threading.Thread | None = None
        self._wakes = 0.0

    @contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """The work of this block may take so long."""
        self.set(seconds)
        try:
            yield
        finally:
            self.set(None)

    def set(self, seconds: float | None) -> None:
        """From now on so long; None: the work is done."""
        with self._changed:
            if seconds is None:
                self._until = None
                return
            until = self._until = time.monotonic() + seconds
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, daemon=True)
                self._watcher.start()
            elif until < self._wakes:
                self._changed.notify()

    def _watch(self) -> None:
        """Runs in the watcher; ends when there was nothing to watch for a while."""
        idle_since = time.monotonic()
        with self._changed:
            while True:
                now = time.monotonic()
                if self._until is not None:
                    idle_since = now
                    if now >= self._until:
                        self._until = None
                        self._expired()
                elif now - idle_since >= _IDLE_SECONDS:
                    self._watcher = None
                    return
                self._wakes = now + _IDLE_SECONDS if self._until is None else self._until
                self._changed.wait(self._wakes - now)
