"""The transport of a delivery: made when it is first needed, and anew in a child process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from audittrail.otel_exporter.delivery.transport import Transport
from audittrail.otel_exporter.settings import Settings

__all__ = ["Connection"]

_WAIT_SECONDS: Final = 1.0  # importing what a transport needs takes 0.1 s


class Connection:
    def __init__(self, settings: Settings, connect: Callable[[Settings], Transport]) -> None:
        self._settings = settings
        self._connect = connect
        # Held during a fork: what is imported by halves in a child is never whole there.
        self._connecting = threading.Lock()
        self._held = False
        self._transport: Transport | None = None

    def get(self) -> Transport:
        with self._connecting:
            if self._transport is None:
                self._transport = self._connect(self._settings)
            return self._transport

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def before_fork(self) -> None:
        self._held = self._connecting.acquire(timeout=_WAIT_SECONDS)
        if self._transport is not None:
            self._transport.before_fork()

    def after_fork(self) -> None:
        if self._transport is not None:
            self._transport.after_fork()
        if self._held:
            self._held = False
            self._connecting.release()
