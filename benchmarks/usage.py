"""What a server and the processes that it started use: CPU, memory, disk."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil

__all__ = ["Usage", "disk_bytes"]

_EVERY_SECONDS: Final = 0.1
# What is still done after the last answer (judging, a checkpoint after a second of quiet) is over
# when this long no more than this part of a core was used.
_QUIET_SECONDS: Final = 2.0
_QUIET_CPU: Final = 0.08


class Usage:
    """Of a process and all below it."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self.peak_mib = 0.0
        """Of the memory of all of them, what they share counted for each."""

    def _family(self) -> list[psutil.Process]:
        return [self._root, *self._root.children(recursive=True)]

    def below(self) -> list[psutil.Process]:
        """The processes that it started, and those that these did."""
        return self._family()[1:] if self._root.is_running() else []

    @staticmethod
    def end(processes: list[psutil.Process]) -> None:
        """End those of these that still run."""
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
        _, left = psutil.wait_procs(processes, timeout=10)
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def cpu_seconds(self) -> float:
        """Until now, with that of processes that have ended."""
        used = 0.0
        for process in self._family():
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                used += times.user + times.system + times.children_user + times.children_system
        return used

    def memory_mib(self) -> float:
        total = 0
        for process in self._family():
            with contextlib.suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        return total / 2**20

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Keep ``peak_mib`` for the length of the block."""
        done = threading.Event()

        def watch() -> None:
            while not done.wait(_EVERY_SECONDS):
                with contextlib.suppress(psutil.NoSuchProcess):
                    self.peak_mib = max(self.peak_mib, self.memory_mib())

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def settle(self, most_seconds: float = 600) -> None:
        """Wait until nothing is done any more."""
        until = time.monotonic() + most_seconds
        since, used = time.monotonic(), self.cpu_seconds()
        while time.monotonic() < until:
            time.sleep(_QUIET_SECONDS / 4)
            now, used_now = time.monotonic(), self.cpu_seconds()
            if used_now - used > _QUIET_CPU * _QUIET_SECONDS:
                since, used = now, used_now
            elif now - since >= _QUIET_SECONDS:
                return


def disk_bytes(folder: Path, pattern: str = "*") -> int:
    """What the files of a folder and of the folders in it take of the disk."""
    return sum(found.stat().st_blocks * 512 for found in folder.rglob(pattern) if found.is_file())
