"""Logging what went wrong, and not the same thing again and again."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Final

from audittrail.content import error_text

__all__ = ["Notices", "Reports"]

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


class Reports:
    """Logs faults of this package, with what they do not do: ``reassurance``. One lives as long as
    the process."""

    def __init__(self, log: logging.Logger, reassurance: str) -> None:
        self.notices = Notices(log)
        self._reassurance = reassurance
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.notices.after_fork)

    def __call__(
        self, what: str, error: BaseException, remedy: str = "Please report this."
    ) -> None:
        """Not more than once a minute for the same thing."""
        said = type(error).__name__
        if text := error_text(error):
            said = f"{said}: {text}"
        self.notices.warning(f"{what}: %s. {self._reassurance} {remedy}", said)
