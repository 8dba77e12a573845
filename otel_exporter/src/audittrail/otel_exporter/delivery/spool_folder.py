"""The folder on disk in which one process keeps requests, one a file.

A file is named after when it was written, how many spans it has and a checksum of it. The process
that uses a folder holds the lock in it; that of a dead one is free to take.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # not a POSIX system: there is no spool then
    fcntl = None  # type: ignore[assignment]  # the one use of it looks first

__all__ = ["Entry", "Folder", "entries_in", "private_folder"]

_SUFFIX: Final = ".otlp"
_LOCK: Final = "lock"
_UNFINISHED: Final = ".new-"
_UNFINISHED_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class Entry:
    """A request on disk. ``number`` is the one it was handed over under, in this process."""

    folder: Path
    name: str
    size: int
    number: int = 0

    @property
    def path(self) -> Path:
        return self.folder / self.name

    @property
    def spans(self) -> int:
        return int(self.name.split("-")[1])

    def fits(self, body: bytes) -> bool:
        """Whether this is what was written."""
        return self.name == _name(self.name.split("-")[0], self.spans, body)


def private_folder(path: Path) -> None:
    """Make it, for this user alone; it is an error where it is another user's."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if found.st_uid != os.geteuid() or not path.is_dir() or path.is_symlink():
        raise PermissionError(f"{path} belongs to somebody else")
    if found.st_mode & 0o077:
        path.chmod(0o700)


def entries_in(folder: Path) -> list[Entry]:
    """Oldest first. Files of other names are left alone."""
    found: list[Entry] = []
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as files:
        for file in files:
            parts = file.name.removesuffix(_SUFFIX).split("-")
            if not file.name.endswith(_SUFFIX) or len(parts) != 3 or not parts[1].isdecimal():
                continue
            with contextlib.suppress(FileNotFoundError):
                found.append(Entry(folder, file.name, file.stat(follow_symlinks=False).st_size))
    return sorted(found, key=lambda entry: entry.name)


class Folder:
    """A folder whose lock this process holds."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock
        self._last = 0

    @classmethod
    def new(cls, within: Path) -> Folder:
        """Nobody sees it before it is locked."""
        name = f"{time.time_ns():020d}-{os.getpid()}-{secrets.token_hex(4)}"
        hidden = within / f"{_UNFINISHED}{name}"
        hidden.mkdir(mode=0o700)
        lock = _lock(hidden / _LOCK)
        assert lock is not None
        return cls(hidden.rename(within / name), lock)

    @classmethod
    def left_behind(cls, within: Path) -> Iterator[Folder]:
        """Take those of dead processes, oldest first."""
        for path in sorted(within.iterdir()):
            if path.name.startswith(_UNFINISHED):
                _tidy(path)
            elif (path / _LOCK).exists():
                with contextlib.suppress(OSError):
                    lock = _lock(path / _LOCK)
                    if lock is not None:
                        yield cls(path, lock)

    def write(self, body: bytes, spans: int, number: int) -> Entry:
        """It is on the disk when this returns, whole, or it is not there at all."""
        self._last = max(self._last + 1, time.time_ns())
        name = _name(f"{self._last:020d}", spans, body)
        unfinished = self.path / f"{_UNFINISHED}{name}"
        try:
            file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                rest = memoryview(body)
                while rest:
                    rest = rest[os.write(file, rest) :]
                os.fsync(file)
            finally:
                os.close(file)
            unfinished.rename(self.path / name)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        self._sync()
        return Entry(self.path, name, len(body), number)

    def _sync(self) -> None:
        """The name must outlast a loss of power as well; not all file systems can promise that."""
        with contextlib.suppress(OSError):
            file = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(file)
            finally:
                os.close(file)

    def close(self) -> None:
        """Leave it to whoever comes next; remove it where nothing is in it."""
        with contextlib.suppress(OSError):
            if not entries_in(self.path):
                for each in self.path.glob(f"{_UNFINISHED}*"):
                    each.unlink()
                (self.path / _LOCK).unlink()
                self.path.rmdir()
        self.forget()

    def forget(self) -> None:
        """Close the lock. A parent that has it open too keeps it locked."""
        with contextlib.suppress(OSError):
            os.close(self._lock)


def _name(when: str, spans: int, body: bytes) -> str:
    return f"{when}-{spans}-{zlib.crc32(body):08x}{_SUFFIX}"


def _lock(path: Path) -> int | None:
    """The descriptor of the lock, or None where another process holds it or removed it."""
    if fcntl is None:
        raise OSError("this system has no locks that a spool needs")
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(file).st_nlink:
            return file
    except BlockingIOError:
        pass
    except BaseException:
        os.close(file)
        raise
    os.close(file)
    return None


def _tidy(path: Path) -> None:
    """Remove what a process left that died while it made its folder."""
    with contextlib.suppress(OSError):
        if time.time() - path.stat().st_mtime > _UNFINISHED_SECONDS:
            (path / _LOCK).unlink(missing_ok=True)
            path.rmdir()
