"""Sending what waits before a process ends, and starting anew in a child.

Processors are watched weakly. Whatever way a process ends that runs code at all, they are shut
down: at the interpreter's exit, at the end of a child of ``multiprocessing`` or of billiard (which
Celery uses), which skip the former, and, if ``handle_sigterm`` was called, at SIGTERM.
"""

from __future__ import annotations

import _thread
import atexit
import contextlib
import logging
import os
import signal
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any, Final, Protocol

__all__ = ["Watched", "handle_sigterm", "shutdown_all", "uninterrupted", "watch"]

_log = logging.getLogger(__name__)
# Docker kills 10 seconds after SIGTERM; the exporter takes up to 5 and then writes its spool.
_SIGTERM_SECONDS: Final = 8.0
# After all finalizers of multiprocessing itself, which wait for its queues and children.
_LAST: Final = -100


class Watched(Protocol):
    """What has something to send before a process ends."""

    def after_fork(self) -> None: ...
    def force_flush(self, timeout_millis: float = ...) -> bool: ...
    def shutdown(self) -> None: ...


class _Hooks:
    """Set once in a process, and inherited by its children."""

    def __init__(self) -> None:
        self.set = False
        self.in_multiprocessing = False
        self.ending_by_sigterm = False
        self.busy = 0
        self.sigterm_waits = False


class _Uninterrupted:
    """Makes SIGTERM wait until the main thread has left the block.

    Its handler stops the main thread wherever that is. What the handler waits for must not be
    half done by the thread that it stopped.
    """

    def __enter__(self) -> None:
        if _in_main_thread():
            _hooks.busy += 1

    def __exit__(self, *_: object) -> None:
        if not _in_main_thread():
            return
        _hooks.busy = max(0, _hooks.busy - 1)
        if not _hooks.busy and _hooks.sigterm_waits:
            _hooks.sigterm_waits = False
            _end_by_sigterm()


def _in_main_thread() -> bool:
    return threading.get_ident() == threading.main_thread().ident


_watched: dict[int, weakref.ref[Watched]] = {}
_hooks = _Hooks()
_masks = threading.local()  # of the thread that forks, and in the child still of that one
uninterrupted: Final = _Uninterrupted()


def watch(processor: Watched) -> None:
    """Shut it down before the process ends, and make it start anew in children."""
    key, forget = id(processor), _watched.pop
    _watched[key] = weakref.ref(processor, lambda _: forget(key, None))
    if not _hooks.set:
        _hooks.set = True
        atexit.register(shutdown_all)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=_hold_sigterm, after_in_parent=_let_sigterm, after_in_child=_after_fork
            )
        # This may be a child of multiprocessing already, about to run or running.
        _tell_multiprocessing()
        _before_the_end_of_a_child()


def _all() -> list[Watched]:
    found = [reference() for reference in list(_watched.values())]
    return [each for each in found if each is not None]


def shutdown_all() -> None:
    with uninterrupted:
        for each in _all():
            try:
                each.shutdown()
            except Exception:
                _log.exception("Spans that waited at the end of the process may be lost")


def _hold_sigterm() -> None:
    """Python forgets signals that reach a child before its hooks run, which with no handler would
    have ended it: SIGTERM waits until then."""
    _masks.before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))


def _let_sigterm() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, _masks.before)


def _after_fork() -> None:
    try:
        for each in _all():
            try:
                each.after_fork()
            except Exception:
                _log.exception("This child of the process cannot send spans")
        _hooks.ending_by_sigterm = _hooks.sigterm_waits = False
        _hooks.busy = 0
        _tell_multiprocessing()
    finally:
        _let_sigterm()


def _tell_multiprocessing() -> None:
    """Before it runs a child it forgets all finalizers, and then calls what is registered here."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None and not _hooks.in_multiprocessing:
        util.register_after_fork(_hooks, lambda _: _before_the_end_of_a_child())
        _hooks.in_multiprocessing = True


def _before_the_end_of_a_child() -> None:
    """Children of multiprocessing end by ``os._exit``, after their finalizers."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.Finalize(None, shutdown_all, exitpriority=_LAST)
    _before_the_end_of_a_pool_worker()


def _before_the_end_of_a_pool_worker() -> None:
    """Workers of billiard's pool, and so of Celery, skip the finalizers, but call ``on_exit``."""
    process, pool = sys.modules.get("billiard.process"), sys.modules.get("billiard.pool")
    if process is None or pool is None:
        return
    worker: Any = getattr(process.current_process(), "_target", None)
    if not isinstance(worker, pool.Worker):
        return
    before: Callable[[int, int], object] | None = worker.on_exit

    def on_exit(pid: int, status: int) -> None:
        try:
            if before is not None:
                before(pid, status)
        finally:
            shutdown_all()

    worker.on_exit = on_exit


def handle_sigterm() -> None:
    """Send what waits when the process is told to end. A handler of the application's own is
    left alone, and one that it sets later replaces this one."""
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return
    try:
        signal.signal(signal.SIGTERM, _on_sigterm)
    except ValueError:  # not in the main interpreter
        _log.debug("SIGTERM is not handled here")


def _on_sigterm(signum: int, frame: object) -> None:
    if _hooks.busy and not _hooks.sigterm_waits:
        _hooks.sigterm_waits = True
        return
    _end_by_sigterm()


def _end_by_sigterm() -> None:
    """The interrupted thread may hold any lock, so another does the work while this one waits."""
    if os.getpid() == 1:
        # The kernel spares the first process of a container, so it lives on and needs all.
        _wait_for(_flush_all)
        return
    try:
        # A second SIGTERM is not made to wait.
        if not (_hooks.ending_by_sigterm or _hooks.sigterm_waits):
            _hooks.ending_by_sigterm = True
            _wait_for(shutdown_all)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)


def _flush_all() -> None:
    for each in _all():
        each.force_flush(_SIGTERM_SECONDS * 1e3)


def _wait_for(call: Callable[[], None]) -> None:
    # Starting a thread with `threading` takes locks of its own.
    done = _thread.allocate_lock()
    done.acquire()

    def work() -> None:
        try:
            call()
        finally:
            done.release()

    with contextlib.suppress(RuntimeError):
        _thread.start_new_thread(work, ())
        done.acquire(timeout=_SIGTERM_SECONDS)
