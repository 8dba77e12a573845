"""The dashboard's own scripts and styles, each as one file that browsers may keep."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

__all__ = ["SCRIPTS", "STYLES", "Bundle"]

_ASSETS: Final = Path(__file__).parent / "assets"


class Bundle:
    """All files of one kind, in the order of their paths; files and folders of the names ``first``
    go before the others.

    Its name holds a hash of what is in it, so that a browser keeps it for ever and still gets a
    new one. Read again when a file has changed.
    """

    def __init__(self, suffix: str, media_type: str, *first: str) -> None:
        self.media_type = media_type
        self._suffix = suffix
        self._first = first
        self._seen: tuple[tuple[str, int], ...] = ()
        self._content = b""

    @property
    def content(self) -> bytes:
        self._refresh()
        return self._content

    @property
    def path(self) -> str:
        """Where pages ask for it."""
        self._refresh()
        return f"/app-{hashlib.sha256(self._content).hexdigest()[:16]}.{self._suffix}"

    def _rank(self, path: Path) -> int:
        names = {path.stem, path.parent.name}
        ranks = (rank for rank, name in enumerate(self._first) if name in names)
        return next(ranks, len(self._first))

    def _refresh(self) -> None:
        files = sorted(
            _ASSETS.rglob(f"*.{self._suffix}"),
            key=lambda path: (self._rank(path), path),
        )
        seen = tuple((str(path), path.stat().st_mtime_ns) for path in files)
        if seen != self._seen:
            self._content = b"\n".join(path.read_bytes() for path in files)
            self._seen = seen


SCRIPTS: Final = Bundle("js", "text/javascript; charset=utf-8", "dom", "core", "trace")
STYLES: Final = Bundle("css", "text/css; charset=utf-8", "tokens")
