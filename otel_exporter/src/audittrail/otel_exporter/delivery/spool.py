"""Requests on disk, in order, while the server cannot be reached."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from audittrail.otel_exporter.delivery.splitting import Request
from audittrail.otel_exporter.delivery.spool_folder import Entry, Folder, entries_in, private_folder
from audittrail.otel_exporter.notices import Notices
from audittrail.otel_exporter.settings import Settings

__all__ = ["Spool"]

_CORRUPT: Final = "corrupt"
# How long a look at what other processes keep is good for.
_LOOK_SECONDS: Final = 5.0
# How long to do without after the folder could not be made.
_WITHOUT_SECONDS: Final = 60.0


class Spool:
    """All requests of this process that wait on disk, after those that dead ones left.

    ``lost`` is told of each request that gives way to newer ones or cannot be read.
    """

    def __init__(
        self, settings: Settings, notices: Notices, lost: Callable[[Entry, str], None]
    ) -> None:
        base, self._max_bytes = settings.spool_dir, settings.spool_max_bytes
        self._home = base / _identity(settings) if base and self._max_bytes > 0 else None
        self._notices = notices
        self._lost = lost
        self._lock = threading.RLock()
        self._reset()

    def _reset(self) -> None:
        self._own: Folder | None = None
        self._folders: dict[Path, Folder] = {}
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self.spans = 0
        self._others: deque[Entry] = deque()
        self._looked = float("-inf")
        self._without_until = float("-inf")
        self._closed = False

    def __len__(self) -> int:
        return len(self._entries)

    def has_leftovers(self) -> bool:
        """Whether any process left something. This is all that is done before the first span."""
        if self._home is None:
            return False
        try:
            return any(path.is_dir() for path in self._home.iterdir() if path.name != _CORRUPT)
        except OSError:
            return False

    def adopt(self) -> None:
        """Take over what dead processes could not send."""
        with self._lock:
            if self._home is None or self._closed or not self._home.is_dir():
                return
            try:
                private_folder(self._home)
                for folder in Folder.left_behind(self._home):
                    entries = entries_in(folder.path)
                    if not entries:
                        folder.close()
                        continue
                    self._folders[folder.path] = folder
                    for entry in entries:
                        self._append(entry)
            except Exception as error:
                self._notices.warning(
                    "What waits in the spool %s cannot be taken over: %s", self._home, error
                )

    def add(self, request: Request, number: int) -> Entry | None:
        """Put it last, on disk; None where that is not possible."""
        with self._lock:
            if self._home is None or self._closed or time.monotonic() < self._without_until:
                return None
            try:
                folder = self._own or self._open(self._home)
            except OSError as error:
                self._without_until = time.monotonic() + _WITHOUT_SECONDS
                self._notices.warning(
                    "Spans cannot be kept on disk while the server is away: %s. They wait in "
                    "memory alone. Set AUDITTRAIL_SPOOL_DIR to a folder that can be written to, "
                    "or to nothing for no spool.",
                    error,
                )
                return None
            if not self._make_room(len(request.body)):
                return None
            try:
                entry = folder.write(request.body, request.spans, number)
            except OSError as error:
                self._notices.warning(
                    "Spans could not be written to the spool %s: %s", folder.path, error
                )
                return None
            self._append(entry)
            return entry

    def first(self) -> Entry | None:
        with self._lock:
            return self._entries[0] if self._entries else None

    def read(self, entry: Entry) -> bytes | None:
        """None where it is not to be had; it is out of the way then."""
        try:
            body = entry.path.read_bytes()
        except FileNotFoundError:
            self._give_up(entry, "another process needed the room")
            return None
        except OSError as error:
            self._set_aside(entry)
            self._give_up(entry, f"it cannot be read: {error}")
            return None
        if not entry.fits(body):
            self._set_aside(entry)
            self._give_up(entry, f"it is damaged; it is kept in a folder named {_CORRUPT}")
            return None
        return body

    def remove(self, entry: Entry) -> None:
        """It is settled."""
        with self._lock:
            with contextlib.suppress(OSError):
                entry.path.unlink(missing_ok=True)
            self._forget(entry)

    def close(self) -> None:
        """Leave what is there to the next process."""
        with self._lock:
            self._closed = True
            for folder in self._folders.values():
                folder.close()
            self._folders.clear()
            if self._home is not None:
                with contextlib.suppress(OSError):  # others may still use it
                    self._home.rmdir()

    def after_fork(self) -> None:
        """In a child: all of it is the parent's."""
        self._lock = threading.RLock()
        for folder in self._folders.values():
            folder.forget()
        self._reset()

    def _open(self, home: Path) -> Folder:
        home.parent.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder = _new_folder(home)
        except FileNotFoundError:  # another process removed it, empty, a moment ago
            folder = _new_folder(home)
        self._own = folder
        self._folders[folder.path] = folder
        return folder

    def _append(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._bytes += entry.size
        self.spans += entry.spans

    def _forget(self, entry: Entry) -> None:
        if not self._entries or self._entries[0] != entry:
            return
        self._entries.popleft()
        self._bytes -= entry.size
        self.spans -= entry.spans
        folder = self._folders.get(entry.folder)
        if folder is None or folder is self._own:
            return
        if not self._entries or self._entries[0].folder != entry.folder:
            del self._folders[entry.folder]
            folder.close()

    def _give_up(self, entry: Entry, reason: str) -> None:
        self.remove(entry)
        self._lost(entry, reason)

    def _set_aside(self, entry: Entry) -> None:
        assert self._home is not None
        with contextlib.suppress(OSError):
            private_folder(self._home / _CORRUPT)
            entry.path.rename(self._home / _CORRUPT / entry.name)

    def _make_room(self, size: int) -> bool:
        """The oldest give way, whoever wrote them."""
        if size > self._max_bytes:
            return False
        self._look()
        theirs = sum(entry.size for entry in self._others)
        while self._bytes + theirs + size > self._max_bytes:
            if self._others and (not self._entries or self._others[0].name < self._entries[0].name):
                oldest = self._others.popleft()
                theirs -= oldest.size
                with contextlib.suppress(OSError):
                    oldest.path.unlink(missing_ok=True)  # its owner sees that it is gone
            elif self._entries:
                self._give_up(self._entries[0], "the spool is full")
            else:
                return False
        return True

    def _look(self) -> None:
        """What other processes with the same key keep."""
        assert self._home is not None
        now = time.monotonic()
        if now - self._looked < _LOOK_SECONDS:
            return
        self._looked = now
        with contextlib.suppress(OSError):
            folders = [path for path in self._home.iterdir() if path not in self._folders]
            found = [entry for path in folders if path.is_dir() for entry in entries_in(path)]
            self._others = deque(sorted(found, key=lambda entry: entry.name))


def _new_folder(home: Path) -> Folder:
    private_folder(home.parent)
    private_folder(home)
    return Folder.new(home)


def _identity(settings: Settings) -> str:
    """A name for the receiver and the key: what was meant for one must never reach another."""
    parts = [settings.endpoint.protocol, settings.endpoint.address]
    parts += (f"{name}: {value}" for name, value in sorted(settings.headers))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
