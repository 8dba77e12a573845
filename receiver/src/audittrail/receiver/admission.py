"""How many bytes of requests are held at once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from audittrail.errors import Overloaded

__all__ = ["Admission"]


class Admission:
    """A bound on the bytes of all bodies that are being received, decoded and stored. For the
    event loop's thread."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0

    @contextlib.contextmanager
    def holding(self) -> Iterator[Callable[[int], None]]:
        """Gives the function by which a request says how many bytes it holds by now; it raises
        Overloaded if that is more than fits. Alone, a request of any size may pass."""
        own = 0

        def hold(size: int) -> None:
            nonlocal own
            others = self._held - own
            if others and others + size > self._limit:
                raise Overloaded(
                    "The server has as much to do as it can hold; send it again later."
                )
            self._held = others + size
            own = size

        try:
            yield hold
        finally:
            self._held -= own
