"""Logging what went wrong, and not the same thing again and again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

__all__ = ["Notices"]

_QUIET_SECONDS: Final = 60.0


class Notices:
    """Says a thing once a minute, and then how often it was so. A thing is a message before its
    arguments are put in."""

    def __init__(
        self,
        log: logging.Logger,
        quiet_seconds: float = _QUIET_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._clock = clock
        self._quiet = quiet_seconds
        self._lock = threading.RLock()  # a signal handler may come in between
        self._said: dict[str, tuple[float, int]] = {}

    def info(self, message: str, *arguments: object) -> None:
        self._say(logging.INFO, message, arguments)

    def warning(self, message: str, *arguments: object) -> None:
        self._say(logging.WARNING, message, arguments)

    def error(self, message: str, *arguments: object) -> None:
        self._say(logging.ERROR, message, arguments)

    def exception(self, message: str, *arguments: object) -> None:
        """With the traceback of the exception that is being handled."""
        self._say(logging.ERROR, message, arguments, traceback=True)

    def after_fork(self) -> None:
        """In a child, the lock may be held by a thread that is not there."""
        self._lock = threading.RLock()

    def _say(
        self, level: int, message: str, arguments: tuple[object, ...], *, traceback: bool = False
    ) -> None:
        now = self._clock()
        with self._lock:
            last, unsaid = self._said.get(message, (float("-inf"), 0))
            if now - last < self._quiet:
                self._said[message] = last, unsaid + 1
                return
            self._said[message] = now, 0
        if unsaid:
            message, arguments = f"{message} (and %d times before)", (*arguments, unsaid)
        self._log.log(level, message, *arguments, exc_info=traceback)
