"""Telling deliveries of a fork. They may be collected as if they were not known here."""

from __future__ import annotations

import contextlib
import logging
import os
import weakref
from typing import Protocol

# Its own hook must run after those of deliveries, so it is registered before them.
from audittrail.otel_exporter.delivery.transport import forked_grpc as forked_grpc

__all__ = ["forget", "watch"]

_log = logging.getLogger(__name__)


class Forked(Protocol):
    def before_fork(self) -> None: ...

    def after_fork(self) -> None:
        """In the process that was forked."""
        ...

    def after_fork_in_child(self) -> None: ...


_watched: dict[int, weakref.ref[Forked]] = {}


def watch(forked: Forked) -> None:
    key = id(forked)
    _watched[key] = weakref.ref(forked, lambda _: _watched.pop(key, None))


def forget(forked: Forked) -> None:
    _watched.pop(id(forked), None)


def _tell(name: str) -> None:
    for reference in list(_watched.values()):
        with contextlib.suppress(Exception):  # a fork must not fail for it
            if (forked := reference()) is not None:
                getattr(forked, name)()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: _tell("before_fork"),
        after_in_parent=lambda: _tell("after_fork"),
        after_in_child=lambda: _tell("after_fork_in_child"),
    )
