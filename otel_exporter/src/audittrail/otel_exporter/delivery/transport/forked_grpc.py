"""Whether gRPC works in this process.

gRPC does its work in threads of its own, which a child process does not have: calls would hang
there, past their deadlines. With no channel left open gRPC stops its threads, and starts anew on
both sides of a fork; that is what deliveries do. Where other parts of an agent keep channels open,
gRPC may start its threads again in the child by itself, unless it was busy just then.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Final

__all__ = ["NOT_AFTER_FORK", "expect_rest", "is_usable"]

NOT_AFTER_FORK: Final = (
    "gRPC cannot be used in this process, which was forked while another part of the agent used "
    "gRPC. Set GRPC_ENABLE_FORK_SUPPORT=true before the agent starts, or "
    "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
)
_THREADS: Final = frozenset({"event_engine", "grpc_global_tim", "lifeguard", "grpc_shutdown"})
_TASKS: Final = Path("/proc/self/task")
_WAIT_SECONDS: Final = 0.25  # it takes 1 to 3 ms


class _State:
    until: float = 0.0
    at_work: bool = False
    broken: bool = False


def is_usable() -> bool:
    return not _State.broken


def expect_rest() -> None:
    """A channel was closed for a fork: gRPC is about to stop, unless others use it too."""
    _State.until = time.monotonic() + _WAIT_SECONDS


def _before_fork() -> None:
    if "grpc" not in sys.modules:
        return
    if not _TASKS.is_dir():  # not Linux: there is no way to look
        time.sleep(0.02)
        return
    while (at_work := _is_at_work()) and time.monotonic() < _State.until:
        time.sleep(0.0005)
    _State.at_work = at_work


def _in_child() -> None:
    """No thread of Python's is in a child yet; any other is one that gRPC started again."""
    if _State.at_work and len(list(_TASKS.iterdir())) == 1:
        _State.broken = True


def _is_at_work() -> bool:
    for task in _TASKS.iterdir():
        try:
            if (task / "comm").read_text().strip() in _THREADS:
                return True
        except OSError:  # it ended meanwhile
            continue
    return False


# Such hooks are called last first before a fork: those of deliveries, registered later, close
# their channels before this one looks.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_in_child)
